"""Many changes in one apply: statements follow chunks, line managers are written with the rest."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from rollcall.directory.models import Invitation, Member
from rollcall.engine.change import Kind, Why
from rollcall.events.models import Event
from rollcall.events.outbox import verify
from rollcall.sync.models import Line, LineState, Plan, PlanState
from rollcall.sync.runs.apply import apply
from rollcall.sync.runs.applying import CHUNK, SPAN
from rollcall.sync.runs.lease import lease
from tests.sync.flow import ALICE, Flow, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(flow: Flow) -> Flow:
    flow.go_live()
    return flow


def newcomer(number: int, boss: str | None = None) -> dict[str, Any]:
    """A line that invites somebody, whose line manager has this employee id."""
    name = f"New{number:05}"
    fields: dict[str, Mapping[str, str | None]] = {
        "email": {"after": f"{name}@acme.example"},
        "first_name": {"after": name},
        "last_name": {"after": "Comer"},
    }
    if boss is not None:
        fields["manager"] = {"after": "Boss", "ref": boss}
    return {"kind": Kind.CREATE, "why": Why.NEW_IN_SCOPE, "employee_id": f"new-{number}", "fields": fields}


def planned(live: Flow, lines: Sequence[Mapping[str, Any]]) -> Plan:
    """A plan of these lines that a person has approved."""
    used = live.subscription()

    def store() -> Plan:
        made = Plan.objects.create(
            company_id=live.company,
            entity=live.entity,
            subscription=used,
            state=PlanState.APPLYING,
            settings={},
            made_at=now(),
            counts={str(kind): sum(one["kind"] == kind for one in lines) for kind in Kind},
        )
        Line.objects.bulk_create(
            [
                Line(company_id=live.company, plan=made, number=number, state=LineState.WANTED, **one)
                for number, one in enumerate(lines, start=1)
            ],
            batch_size=1_000,
        )
        return made

    return live.get(store)  # type: ignore[no-any-return] # see get


def applied(live: Flow, lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Apply a plan of these lines; return the statements that took."""
    made = planned(live, lines)
    with lease(live.company, live.connection().pk) as token:
        assert token is not None
        with CaptureQueriesContext(database) as queries:
            apply(made, token, ALICE)
    assert live.get(lambda: Plan.objects.get(pk=made.pk).outcome["done"]) == len(lines)
    return [str(one["sql"]) for one in queries.captured_queries]


def test_rule9_a_chunk_takes_as_many_statements_for_many_people_as_for_few(live: Flow) -> None:
    few = applied(live, [newcomer(number) for number in range(150)])
    many = applied(live, [newcomer(number) for number in range(1_000, 1_600)])
    assert len(many) == len(few)


def test_rule2_every_line_is_applied_however_many_remarks_stand_between(live: Flow) -> None:
    made = planned(live, [newcomer(number) for number in range(5)])
    places = {2: 2 + SPAN, 3: 3 + SPAN, 4: 3 * SPAN, 5: 9 * SPAN}
    numbers = Line.objects.filter(plan=made)
    for number, place in reversed(places.items()):
        live.get(partial(numbers.filter(number=number).update, number=place))
    with lease(live.company, live.connection().pk) as token:
        assert token is not None
        apply(made, token, ALICE)
    assert live.get(lambda: Plan.objects.get(pk=made.pk).outcome["done"]) == 5


@pytest.mark.thorough
def test_m3_inv7_inv13_statements_follow_chunks_and_everybody_has_a_manager_an_entry_and_one_invitation(
    live: Flow,
) -> None:
    """M3: whoever leads comes first, also where the list has them last."""
    people = 3 * CHUNK + 10
    boss = {number: people - 1 - number // 20 for number in range(people - 400)}
    lines = [newcomer(one, f"new-{boss[one]}" if one in boss else None) for one in range(people)]
    before = live.get(Event.objects.count)
    one_chunk = applied(live, [newcomer(number) for number in range(people, people + 200)])
    taken = applied(live, lines)
    # the leaders are a chunk, their question and its transaction some statements more
    chunks = people // CHUNK + 2
    assert len(taken) <= chunks * len(one_chunk)
    assert not [one for one in taken if "UPDATE directory_member" in one]
    assert verify_of(live) is None
    members = live.members()
    assert {one: members[f"new-{one}"].manager_id for one in boss} == {
        one: members[f"new-{boss[one]}"].pk for one in boss
    }
    invited = live.get(lambda: list(Invitation.objects.values_list("member_id", flat=True)))
    assert len(invited) == len(set(invited)) and {members[f"new-{one}"].pk for one in range(people)} <= set(
        invited
    )
    assert live.get(Event.objects.count) - before == people + 200 + 2


def test_m3_a_line_manager_who_comes_in_the_same_batch_is_written_with_the_rest(live: Flow) -> None:
    known, somebody = next(iter(live.members(state="invited").items()))
    applied(live, [newcomer(1, "new-2"), newcomer(2, known), newcomer(3, "new-3"), newcomer(4, "nobody")])
    members = live.members()
    assert members["new-1"].manager_id == members["new-2"].pk
    assert members["new-2"].manager_id == somebody.pk
    # nobody leads themselves, and whoever is unknown leads nobody
    assert members["new-3"].manager_id is None and members["new-4"].manager_id is None


def test_m3_nobody_new_is_led_by_somebody_who_is_archived_in_the_same_batch(live: Flow) -> None:
    known, somebody = next(iter(live.members(state="invited").items()))
    leaver = {
        "kind": Kind.ARCHIVE,
        "why": Why.LEFT,
        "employee_id": known,
        "member_id": somebody.pk,
        "fields": {},
    }
    applied(live, [leaver, newcomer(1, known)])
    assert live.get(lambda: Member.objects.get(pk=somebody.pk).state) == "archived"
    assert live.members()["new-1"].manager_id is None


def verify_of(live: Flow) -> int | None:
    """The first broken entry of the company's audit log."""
    return live.get(lambda: verify(live.company))  # type: ignore[no-any-return] # see get
