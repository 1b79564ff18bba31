"""Settings > API tokens: made with the least, shown once, revoked at once, and never for more than one looks after."""

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from rollcall.accounts import tokens
from rollcall.accounts.access import acting_for
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import ApiToken, Entity, Role, User
from rollcall.events.models import Event
from tests.web.crew import Crew, browser, crew

pytestmark = pytest.mark.django_db

LIST = "/settings/tokens/"
NEW = f"{LIST}new/"


@pytest.fixture
def them() -> Crew:
    return crew()


def _number(client: Client) -> str:
    found = re.search(r'name="form" value="([^"]+)"', client.get(NEW).content.decode())
    assert found is not None
    return found[1]


def _form(client: Client, entity: Entity | str, **values: object) -> dict[str, object]:
    where = entity if isinstance(entity, str) else str(entity.pk)
    asked = {"name": "Payroll", "scopes": ["read"], "entity": where, "ends": "90"}
    return {"form": _number(client), **asked, **values}


def _made(client: Client, entity: Entity | str, **values: object) -> str:
    answer = client.post(NEW, _form(client, entity, **values))
    assert answer.status_code == 201, answer.content.decode()
    found = re.search(r'value="(rc_[^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]


def _rows(them: Crew) -> list[ApiToken]:
    with acting_for(them.two.alice_company.pk):
        return list(ApiToken.objects.order_by("pk"))


def _admin(them: Crew, entity: Entity) -> User:
    user = User.objects.create_user("dora@acme.example", "x", full_name="Dora")
    grant_role(entity, user, Role.ADMIN)
    return user


def test_a_token_is_shown_in_the_answer_and_works(them: Crew) -> None:
    raw = _made(browser(them.two.alice), them.two.alice_entity, scopes=["read", "plans:approve"])
    actor = tokens.verify(raw)
    assert actor is not None
    assert (actor.scopes, actor.entity_id) == (("read", "plans:approve"), them.two.alice_entity.pk)
    (row,) = _rows(them)
    assert row.created_by_id == them.two.alice.pk
    assert row.expires_at is not None and timedelta(89) < row.expires_at - timezone.now() <= timedelta(90)


def test_a_token_stands_in_no_second_page_no_session_no_event_and_no_log(
    them: Crew, caplog: pytest.LogCaptureFixture
) -> None:
    client = browser(them.two.alice)
    with caplog.at_level(logging.DEBUG):
        raw = _made(client, them.two.alice_entity)
        page = client.get(LIST).content.decode()
    secret = raw.removeprefix(tokens.PREFIX)[5:]
    stored = " ".join(str(one.get_decoded()) for one in Session.objects.all())
    with acting_for(them.two.alice_company.pk):
        told = " ".join(str(one.data) for one in Event.objects.all())
    assert "Payroll" in page and "Payroll" in told
    assert all(secret not in place for place in (page, stored, told, caplog.text))


def test_the_answer_with_the_token_is_not_kept_by_any_cache(them: Crew) -> None:
    client = browser(them.two.alice)
    answer = client.post(NEW, _form(client, them.two.alice_entity))
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_same_form_sent_twice_makes_one_token_and_says_so(them: Crew) -> None:
    client = browser(them.two.alice)
    form = _form(client, them.two.alice_entity)
    assert client.post(NEW, form).status_code == 201
    again = client.post(NEW, form, follow=True).content.decode()
    assert "no second token was made" in again and "rc_" in again
    assert len(_rows(them)) == 1


def test_two_tabs_make_a_token_each(them: Crew) -> None:
    client = browser(them.two.alice)
    first, second = _form(client, them.two.alice_entity), _form(client, them.two.alice_entity)
    assert [client.post(NEW, form).status_code for form in (first, second)] == [201, 201]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"scopes": []}, "at least one thing"),
        ({"scopes": ["everything"]}, "everything"),
        ({"ends": "day"}, "Choose the last day."),
        ({"ends": "day", "day": "2020-01-01"}, "This day is over"),
        ({"ends": "day", "day": "2999-01-01"}, "within ten years"),
        ({"ends": "day", "day": "soon"}, "Choose a day such as"),
        ({"ends": "never"}, "needs this tick"),
        ({"ends": "1000000"}, "1000000"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(them: Crew, values: dict[str, object], said: str) -> None:
    client = browser(them.two.alice)
    answer = client.post(NEW, _form(client, them.two.alice_entity, **values))
    assert answer.status_code == 422
    assert said in answer.content.decode() and "No token was made yet" in answer.content.decode()
    assert _rows(them) == []


def test_a_corrected_form_still_makes_its_token(them: Crew) -> None:
    client = browser(them.two.alice)
    wrong = _form(client, them.two.alice_entity, scopes=[])
    assert client.post(NEW, wrong).status_code == 422
    assert client.post(NEW, wrong | {"scopes": ["read"]}).status_code == 201


def test_the_last_day_ends_at_midnight_of_the_entity(them: Crew) -> None:
    _made(browser(them.two.alice), them.two.alice_entity, ends="day", day="2027-06-30")
    assert _rows(them)[0].expires_at == datetime(2027, 6, 30, 22, tzinfo=UTC)  # Paris in summer


def test_a_token_without_an_end_needs_a_tick(them: Crew) -> None:
    _made(browser(them.two.alice), them.two.alice_entity, ends="never", sure="on")
    assert _rows(them)[0].expires_at is None


def test_only_who_looks_after_every_entity_makes_a_token_for_all(them: Crew) -> None:
    alice = browser(them.two.alice)
    assert 'value="all"' in alice.get(NEW).content.decode()
    _made(alice, "all")
    create_entity(them.two.alice_company, "Second")
    assert 'value="all"' not in alice.get(NEW).content.decode()
    assert alice.post(NEW, _form(alice, "all")).status_code == 422


def test_nobody_makes_a_token_for_an_entity_of_others(them: Crew) -> None:
    """S8."""
    second = create_entity(them.two.alice_company, "Second")
    client = browser(_admin(them, second))
    assert client.post(NEW, _form(client, them.two.alice_entity)).status_code == 422
    assert client.post(NEW, _form(client, them.two.charlie_entity)).status_code == 422
    assert _rows(them) == []


def test_a_revoked_token_opens_nothing_from_then_on(them: Crew) -> None:
    client = browser(them.two.alice)
    raw = _made(client, them.two.alice_entity)
    address = f"{LIST}{_rows(them)[0].pk}/revoke/"
    assert "gets no answer from this moment on" in client.get(address).content.decode()
    assert tokens.verify(raw) is not None
    assert "is revoked" in client.post(address, follow=True).content.decode()
    assert tokens.verify(raw) is None
    assert "revoked before" in client.post(address, follow=True).content.decode()


def test_both_ends_of_a_token_are_in_the_audit_log(them: Crew) -> None:
    client = browser(them.two.alice)
    _made(client, them.two.alice_entity)
    client.post(f"{LIST}{_rows(them)[0].pk}/revoke/")
    with acting_for(them.two.alice_company.pk):
        told = [(one.kind, one.actor_label, one.data["name"]) for one in Event.objects.order_by("pk")]
    assert told == [("token.issued", "Alice", "Payroll"), ("token.revoked", "Alice", "Payroll")]


def test_an_admin_of_one_entity_sees_no_token_of_another_and_revokes_none_of_the_company(them: Crew) -> None:
    """S8."""
    _made(browser(them.two.alice), them.two.alice_entity, name="Here")
    _made(browser(them.two.alice), "all", name="Everywhere")
    here, everywhere = _rows(them)
    dora = browser(_admin(them, create_entity(them.two.alice_company, "Second")))
    page = dora.get(LIST).content.decode()
    assert "Everywhere" in page and ">Here<" not in page
    assert dora.post(f"{LIST}{here.pk}/revoke/").status_code == 404
    assert dora.post(f"{LIST}{everywhere.pk}/revoke/").status_code == 403
    assert all(one.revoked_at is None for one in _rows(them))


def test_an_admin_of_an_entity_makes_a_token_for_it(them: Crew) -> None:
    dora = browser(_admin(them, them.two.alice_entity))
    assert tokens.verify(_made(dora, them.two.alice_entity)) is not None


def test_without_tokens_the_page_says_what_to_do(them: Crew) -> None:
    page = browser(them.two.alice).get(LIST).content.decode()
    assert "No token works at present" in page and NEW in page


def test_a_name_of_marks_and_strange_letters_is_shown_as_it_is(them: Crew) -> None:
    client = browser(them.two.alice)
    _made(client, them.two.alice_entity, name="<b>🦄</b> שלום")
    assert "&lt;b&gt;🦄&lt;/b&gt; שלום" in client.get(LIST).content.decode()
