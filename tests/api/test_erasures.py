"""Erasing over the API: a scope of its own that only owners give, and a list that says nothing of who it was."""

from typing import Any

import pytest
from django.utils import timezone

from rollcall.accounts import access, tokens
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role
from rollcall.directory.models import Member, Tombstone
from tests.accounts.people import Two
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


def archived(two: Two) -> int:
    with access.acting_for(two.alice_company.pk):
        return Member.objects.create(
            company=two.alice_company,
            entity=two.alice_entity,
            state="archived",
            email="zelda@acme.example",
            email_key="zelda@acme.example",
            first_name="Zelda",
            last_name="Quux",
            created_at=timezone.now(),
        ).pk


def caller(two: Two, **more: Any) -> Caller:
    with access.acting_for(two.alice_company.pk):
        _, raw = tokens.issue(
            company_id=two.alice_company.pk, name="Eraser", scopes=["read", "members:erase"], **more
        )
    return Caller(raw)


def test_z7_a_token_of_an_owner_erases_and_the_list_does_not_say_whom(two: Two) -> None:
    member, eraser = archived(two), caller(two, created_by=two.alice)
    base = f"/entities/{two.alice_entity.pk}"
    no_reason = eraser("POST", f"{base}/members/{member}/erase", {"reason": ""})
    assert (no_reason.status_code, no_reason.json()["code"]) == (422, "reason_needed")
    done = eraser("POST", f"{base}/members/{member}/erase", {"reason": "letter of Zelda Quux"})
    assert done.status_code == 200 and done.json()["reason"] == "letter of"
    assert eraser("POST", f"{base}/members/{member}/erase", {"reason": "x"}).status_code == 404
    listed = eraser.get(f"{base}/erasures")["items"]
    assert [one["id"] for one in listed] == [done.json()["id"]] and "elda" not in str(listed)
    again = eraser("POST", f"{base}/erasures/{listed[0]['id']}/allow-again")
    assert again.status_code == 200 and again.json()["lifted_by"] == "Eraser"
    twice = eraser("POST", f"{base}/erasures/{listed[0]['id']}/allow-again")
    assert (twice.status_code, twice.json()["code"]) == (409, "lifted")


def test_z7_a_token_erases_only_while_its_maker_owns_the_entity(two: Two) -> None:
    member, eraser = archived(two), caller(two, created_by=two.alice)
    grant_role(two.alice_entity, two.alice, Role.ADMIN)
    answer = eraser("POST", f"/entities/{two.alice_entity.pk}/members/{member}/erase", {"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "owners_only")
    with access.acting_for(two.alice_company.pk):
        assert not Tombstone.objects.exists()


def test_z1_z7_another_companys_member_is_not_found(two: Two) -> None:
    member = archived(two)
    with access.acting_for(two.charlie_company.pk):
        _, raw = tokens.issue(
            company_id=two.charlie_company.pk, name="x", scopes=["members:erase"], created_by=two.charlie
        )
    answer = Caller(raw)("POST", f"/entities/{two.charlie_entity.pk}/members/{member}/erase", {"reason": "x"})
    assert answer.status_code == 404
