"""API tokens and sessions."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from rollcall.accounts import tokens
from rollcall.accounts.access import acting_for
from rollcall.accounts.models import ApiToken, User
from rollcall.accounts.sessions import end_sessions
from tests.accounts.people import Two, two_companies

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(db: None) -> Two:
    return two_companies()


@pytest.fixture
def issued(two: Two) -> tuple[ApiToken, str]:
    with acting_for(two.alice_company.pk):
        return tokens.issue(company_id=two.alice_company.pk, name="Payroll", scopes=["plans:approve", "read"])


def test_n4_a_token_tells_who_calls_and_what_they_may(two: Two, issued: tuple[ApiToken, str]) -> None:
    """N4"""
    actor = tokens.verify(issued[1])
    assert actor is not None
    assert (actor.kind, actor.id, actor.label) == ("token", issued[0].pk, "Payroll")
    assert (actor.company_id, actor.entity_id) == (two.alice_company.pk, None)
    assert actor.scopes == ("read", "plans:approve")


def test_z3_n4_the_token_itself_is_nowhere_in_the_database(two: Two, issued: tuple[ApiToken, str]) -> None:
    """Z3, N4"""
    row, raw = issued
    assert raw.startswith("rc_")
    assert len(raw) == 3 + 43
    with acting_for(two.alice_company.pk), connection.cursor() as cursor:
        cursor.execute("select t::text from accounts_apitoken t where id = %s", [row.pk])
        stored = cursor.fetchone()
    assert stored is not None
    assert raw not in stored[0]
    assert raw[:8] in stored[0]


def test_n4_wrong_and_missing_tokens_are_nobody(issued: tuple[ApiToken, str]) -> None:
    """N4"""
    for raw in ("", "rc_", issued[1][:-1], issued[1] + "x", "\udcff", issued[0].token_hash):
        assert tokens.verify(raw) is None


def test_n4_an_expired_token_is_nobody(two: Two, issued: tuple[ApiToken, str]) -> None:
    """N4"""
    with acting_for(two.alice_company.pk):
        ApiToken.objects.update(expires_at=timezone.now() + timedelta(hours=1))
        assert tokens.verify(issued[1]) is not None
        ApiToken.objects.update(expires_at=timezone.now())
    assert tokens.verify(issued[1]) is None


def test_n4_a_revoked_token_is_nobody_at_once(two: Two, issued: tuple[ApiToken, str]) -> None:
    """N4"""
    with acting_for(two.alice_company.pk):
        assert tokens.revoke(issued[0])
        assert not tokens.revoke(issued[0])
    assert tokens.verify(issued[1]) is None


def test_z1_a_company_can_not_revoke_a_token_of_others(two: Two, issued: tuple[ApiToken, str]) -> None:
    """Z1"""
    with acting_for(two.charlie_company.pk):
        assert not tokens.revoke(issued[0])
    assert tokens.verify(issued[1]) is not None


def test_n4_the_last_use_is_noted_once_a_minute(two: Two, issued: tuple[ApiToken, str]) -> None:
    """N4"""
    with acting_for(two.alice_company.pk):
        tokens.verify(issued[1])
        first = ApiToken.objects.get().last_used_at
        tokens.verify(issued[1])
        assert ApiToken.objects.get().last_used_at == first
        assert first is not None
        ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
        tokens.verify(issued[1])
        again = ApiToken.objects.get().last_used_at
    assert again is not None
    assert again >= first


@pytest.mark.parametrize("scopes", [[], ["everything"], ["read", "everything"]])
def test_unknown_scopes_are_refused(two: Two, scopes: list[str]) -> None:
    with pytest.raises(ValueError, match="scopes"), acting_for(two.alice_company.pk):
        tokens.issue(company_id=two.alice_company.pk, name="x", scopes=scopes)


def test_z1_a_token_for_an_entity_of_others_is_refused(two: Two) -> None:
    """Z1"""
    with pytest.raises(ValueError, match="entity"), acting_for(two.alice_company.pk):
        tokens.issue(company_id=two.alice_company.pk, name="x", scopes=["read"], entity=two.charlie_entity)


def signed_in(client: Client) -> bool:
    """Tell whether the next request of this browser is somebody's."""
    request = HttpRequest()
    request.session = SessionStore(client.session.session_key)
    return get_user(request).is_authenticated


def test_z8_ended_sessions_belong_to_nobody(two: Two) -> None:
    """Z8: every session of that person, and of nobody else."""
    laptop, phone, other = Client(), Client(), Client()
    for client, user in ((laptop, two.alice), (phone, two.alice), (other, two.bob)):
        client.force_login(user)
    assert signed_in(laptop)
    end_sessions([two.alice.pk])
    assert not signed_in(laptop)
    assert not signed_in(phone)
    assert signed_in(other)


def test_addresses_are_folded(two: Two) -> None:
    assert User.objects.get_by_natural_key("  ALICE@Rollcall.example ").pk == two.alice.pk
    assert str(two.alice) == f"user {two.alice.pk}"
