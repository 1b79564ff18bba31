"""The lists that programs ask for hundreds of times a second: as documented to the byte, in three statements."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection as database
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts import access, tokens
from rollcall.accounts.models import ApiToken
from rollcall.api.events import EventAnswer
from rollcall.api.members import Base, ListedMember
from rollcall.api.runs import RunAnswer
from rollcall.api.wire import Listed, by_place
from rollcall.connections.models import Employee as Row
from rollcall.connections.models import Subscription
from rollcall.directory.models import Link, Member
from rollcall.engine.snapshot import DELIVERABLE, Employee
from tests.accounts.people import Two, two_companies
from tests.api.conftest import Caller, token


def addresses(two: Two) -> dict[str, Any]:
    """The type of an item of each list, by the list's address."""
    with access.acting_for(two.alice_company.pk):
        connection = Subscription.objects.get(entity=two.alice_entity).connection_id
    at = f"/entities/{two.alice_entity.pk}"
    return {
        f"{at}/members": Listed[ListedMember],
        f"{at}/employees": Listed[Employee],
        f"/connections/{connection}/runs": Listed[RunAnswer],
        "/events": Listed[EventAnswer],
    }


def test_lists_are_written_as_the_document_says_to_the_byte(two: Two, alice: Caller) -> None:
    for address, kind in addresses(two).items():
        answer = alice("GET", address, limit=3)
        found = msgspec.json.decode(answer.content, type=kind)
        assert found.items, address
        assert msgspec.json.encode(found) == answer.content, address


def test_each_list_needs_three_statements_at_most(two: Two, alice: Caller) -> None:
    for address in addresses(two):
        alice.get(address)  # notes the use of the token
        with CaptureQueriesContext(database) as seen:
            alice.get(address, limit=100)
        sent = [
            one["sql"]
            for one in seen
            if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
        ]
        assert len(sent) <= 3, (address, sent)


def test_s57_s60_members_in_the_list_are_those_of_the_table(two: Two, alice: Caller) -> None:
    """S57-S60: each column, and the HR status of somebody managed, no longer managed, and added by hand."""
    with access.acting_for(two.alice_company.pk):
        first, second = Link.objects.order_by("member_id")[:2]
        Link.objects.filter(pk=second.pk).update(managed=False)
        Member.objects.filter(pk=first.member_id).update(
            bank_mask='a "quoted" •••• \u202e1234', suspended_at=timezone.now().replace(microsecond=0)
        )
        rows = list(Member.objects.filter(entity=two.alice_entity).order_by("pk"))
        managed = dict(Link.objects.values_list("member_id", "managed"))
    status = {True: "managed", False: "released", None: "manual"}
    wanted = [
        ListedMember(
            **{name: getattr(row, name) for name in Base.__struct_fields__ if name != "hr_status"},
            hr_status=status[managed.get(row.pk)],
        )
        for row in rows
    ]
    assert {one.hr_status for one in wanted} == set(status.values())
    answer = alice("GET", f"/entities/{two.alice_entity.pk}/members", limit=100)
    assert answer.content == msgspec.json.encode(Listed(wanted, None))


def test_rule3_what_a_tool_did_not_deliver_is_left_out_of_the_list_of_employees(
    two: Two, alice: Caller
) -> None:
    """Rule 3: left out, null and a value are three things."""
    with access.acting_for(two.alice_company.pk):
        row = Row.objects.order_by("external_id")[0]
        mask = row.delivered & ~(1 << DELIVERABLE.index("team")) | 1 << DELIVERABLE.index("cost_center")
        Row.objects.filter(pk=row.pk).update(delivered=mask, cost_center=None, custom={"badge": "é"})
    found = alice.get(f"/entities/{two.alice_entity.pk}/employees", limit=1)["items"][0]
    assert "team" not in found
    assert found["cost_center"] is None
    assert found["last_name"] == row.last_name
    assert "bank_account" not in found


def test_an_entity_of_nobody_is_told_from_one_without_members(
    two: Two, alice: Caller, charlie: Caller
) -> None:
    """Z1"""
    assert charlie.get(f"/entities/{two.charlie_entity.pk}/members") == {"items": [], "next": None}
    assert charlie("GET", f"/entities/{two.alice_entity.pk}/members").status_code == 404
    assert token(two.charlie_entity, bound=True)("GET", "/entities/987654/members").status_code == 404


def test_a_type_with_other_fields_can_not_be_written_by_place() -> None:
    with pytest.raises(ValueError, match="other fields"):
        by_place(ListedMember, ("id", "state"))


@pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
def test_n4_a_token_that_ended_opens_nothing_from_that_moment_on(two: Two, alice: Caller, end: str) -> None:
    """N4: nothing of a token is remembered between two requests, and for a dead one the wall stays closed."""
    address = f"/entities/{two.alice_entity.pk}/members"
    assert alice("GET", address).status_code == 200
    with access.acting_for(two.alice_company.pk):
        ApiToken.objects.update(**{end: timezone.now() - timedelta(seconds=1)})
    assert alice("GET", address).status_code == 401
    raw = alice.headers["Authorization"].removeprefix("Bearer ")
    with access.acting_for(two.charlie_company.pk), transaction.atomic():
        assert tokens.enter(raw) is None
        assert not ApiToken.objects.exists()
        assert settings_now() == ["", "", ""]


def settings_now() -> Sequence[str]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('rollcall.' || name, true) FROM unnest(ARRAY['company', 'duty', 'presented']) name"
        )
        return [row[0] for row in cursor.fetchall()]


def test_z1_a_token_opens_its_own_company_and_closes_what_was_open(two: Two, alice: Caller) -> None:
    """Z1, Z2"""
    raw = alice.headers["Authorization"].removeprefix("Bearer ")
    with access.acting_for(two.charlie_company.pk), access.on_duty("count"):
        actor = tokens.enter(raw)
        assert actor is not None
        assert settings_now() == [str(two.alice_company.pk), "", ""]


@pytest.mark.django_db(transaction=True)
def test_n4_nobody_waits_for_the_request_that_notes_the_use_of_a_token() -> None:
    """N4: a long request of the same token holds the row until it ends."""
    two = two_companies()
    with access.acting_for(two.alice_company.pk):
        row, raw = tokens.issue(company_id=two.alice_company.pk, name="load", scopes=["read"])
    noted, go_on, found = threading.Event(), threading.Event(), []

    def long_request() -> None:
        with transaction.atomic():
            tokens.enter(raw)
            noted.set()
            go_on.wait(20)
        connections.close_all()

    def short_request() -> None:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            found.append(tokens.enter(raw))
        connections.close_all()

    long = threading.Thread(target=long_request)
    long.start()
    assert noted.wait(20)
    short = threading.Thread(target=short_request)
    short.start()
    short.join(20)
    go_on.set()
    long.join(20)
    assert found and found[0] is not None and found[0].id == row.pk


def test_pages_keep_their_layers_and_the_api_reads_no_session(two: Two, alice: Caller) -> None:
    alice.client.force_login(two.alice)
    with CaptureQueriesContext(database) as seen:
        alice.get(f"/entities/{two.alice_entity.pk}/members")
    assert not [one for one in seen if "django_session" in one["sql"]]
    assert alice.client.get("/account/login/").status_code in (200, 302)
    bad = alice.client.get("/api/v1/tools", headers={"host": "elsewhere.example", **alice.headers})
    assert bad.status_code == 400
