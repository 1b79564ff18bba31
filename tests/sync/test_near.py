"""After a few changes a look is about those they touch, and it finds what a look at everybody finds."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections.models import Employee, Subscription
from rollcall.directory.models import Link, Member
from rollcall.engine.limits import Limits
from rollcall.engine.lookalike import ODD
from rollcall.engine.scope import Condition, Filter
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Status
from rollcall.sync.models import Doubt, Run, RunState
from rollcall.sync.runs.run import run_connection
from tests.accounts.people import two_companies
from tests.sync.flow import Flow
from tests.sync.near_story import PEOPLE, Story, decide

pytestmark = pytest.mark.django_db

STORIES = int(os.environ.get("NEAR_STORIES", "8"))
FIRST = int(os.environ.get("NEAR_FIRST", "0"))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(FIRST, FIRST + STORIES))
def test_inv5_rule10_whatever_happens_a_look_that_follows_the_changes_finds_what_a_look_at_everybody_does(
    seed: int,
) -> None:
    """Shared and swapped addresses, chains and loops of managers, rehires, absences, decisions, erased people."""
    story = Story(two_companies().alice_entity, seed)
    for _ in range(14):
        story.step()
    assert story.narrowed


@pytest.fixture
def story() -> Story:
    """A company in which nothing is left to be done."""
    return Story(two_companies().alice_entity, 5)


def _within(story: Story, do: Callable[[], object]) -> None:
    with access.acting_for(story.company):
        do()


def test_inv5_after_one_change_few_are_asked_about(story: Story) -> None:
    _within(story, lambda: story.change("7", job_title="Baker"))
    found, whom = story.look(narrow=True)
    assert found and whom is not None
    assert "7" in whom.employees and len(whom.employees) < PEOPLE / 2
    with access.acting_for(story.company):
        below = set(story.rows().filter(manager_id="7").values_list("external_id", flat=True))
    assert set(whom.touched) == {"7"} | below


PARIS = Condition(attribute="work_location", test="one_of", values=("Paris",))
WITH_MANAGERS = Settings(scope=Filter(conditions=(PARIS,), include_managers=True), archive_inactive=True)
# 1 reports to 2, who reports to 3; 4 to 5; all others to nobody. Those in Lyon come in as managers alone.
OFFICE: dict[str, dict[str, Any]] = {
    "1": {"work_location": "Paris", "manager_id": "2"},
    "2": {"work_location": "Lyon", "manager_id": "3"},
    "3": {"work_location": "Lyon"},
    "4": {"work_location": "Paris", "manager_id": "5"},
    "5": {"work_location": "Lyon"},
    "6": {"work_location": "Paris", "status": Status.INACTIVE},
    "7": {"work_location": "Lyon", "manager_id": "8"},
    "8": {"work_location": "Lyon"},
    "9": {"work_location": "Paris"},
}


def _member_of(number: str) -> Any:
    return Member.objects.filter(link__employee_id=number)


def _named_by_hand(story: Story) -> None:
    address = "p6@co.example"
    _member_of("9").update(email=address, email_key=address)


TIES: dict[str, tuple[Callable[[Story], object], set[str]]] = {
    "the record": (lambda it: it.change("9", job_title="Baker"), {"9"}),
    "somebody new": (lambda it: it.change("10", work_location="Paris", status=Status.ACTIVE), {"10"}),
    "the link": (lambda _: Link.objects.filter(employee_id="9").update(managed=False), {"9"}),
    "the link's former number": (
        lambda _: Link.objects.filter(employee_id="9").update(employee_id="99"),
        {"9"},
    ),
    "the link that went": (lambda _: Link.objects.filter(employee_id="9").delete(), {"9"}),
    "the member": (lambda _: _member_of("9").update(state="archived"), {"9"}),
    "the member's manager": (lambda _: _member_of("1").update(manager_id=None), {"1"}),
    "a member's address": (_named_by_hand, {"6"}),
    "the manager's record": (lambda it: it.change("5", status=Status.INACTIVE), {"4", "5"}),
    "the manager's record that went": (lambda it: it.rows("5").delete(), {"4"}),
    "the manager's link": (lambda _: Link.objects.filter(employee_id="5").delete(), {"4", "5"}),
    "the manager's member": (lambda _: _member_of("5").update(state="archived"), {"4", "5"}),
    "another manager": (lambda it: it.change("1", manager_id="7"), {"1", "2", "3", "7", "8"}),
    "a manager's other manager": (lambda it: it.change("2", manager_id="7"), {"2", "3", "7", "8"}),
    "no manager": (lambda it: it.change("1", manager_id=None), {"1", "2", "3"}),
    "another place": (lambda it: it.change("1", work_location="Lyon"), {"1", "2", "3"}),
    "the record that went": (lambda it: it.rows("1").delete(), {"2", "3"}),
}


@pytest.mark.parametrize("tie", TIES)
def test_inv5_rule10_whoever_becomes_a_candidate_by_one_tie_is_asked_about(tie: str) -> None:
    """Take a tie out of ``near``, or a former value out of the marks, and one of these goes red."""
    story = Story(two_companies().alice_entity, 0, settings=WITH_MANAGERS, people=_people())
    assert story.candidates(narrow=True) == story.candidates(narrow=False) == set()
    do, expected = TIES[tie]
    _within(story, lambda: do(story))
    assert story.candidates(narrow=True) == story.candidates(narrow=False) == expected


def test_rule10_whoever_waits_is_told_of_again_when_something_else_changes() -> None:
    story = Story(two_companies().alice_entity, 0, settings=WITH_MANAGERS, people=_people())
    _within(story, lambda: story.change("9", work_email="p1@co.example"))
    for _ in range(2):
        story.run()
    _within(story, lambda: story.change("4", job_title="Baker"))
    assert story.candidates(narrow=True) == story.candidates(narrow=False) == {"4", "9"}


def test_rule6_rule7_members_archived_by_hand_since_the_last_look_leave_less_room() -> None:
    """Nine were counted, two are left: one of them may not go by itself, though one of nine might."""
    everybody = {str(number): {"status": Status.ACTIVE} for number in range(1, 10)}
    story = Story(two_companies().alice_entity, 0, settings=Settings(archive_inactive=True), people=everybody)
    # as at midnight
    _within(story, lambda: Run.objects.update(levels={}))
    story.run()
    gone = Member.objects.exclude(link__employee_id__in=("1", "2"))
    _within(story, lambda: gone.update(state="archived", archived_by_hand=True))
    _within(story, lambda: story.change("1", status=Status.INACTIVE))
    found, whom = story.look(narrow=True)
    assert whom is not None
    assert [one["breach"] for one in found[0][3]] == ["archived"]


def test_rule6_a_plan_far_from_every_limit_counts_nobody() -> None:
    people = {str(number): {"status": Status.ACTIVE} for number in range(1, 30)}
    settings = Settings(archive_inactive=True, limits=Limits(created_floor=30))
    story = Story(two_companies().alice_entity, 0, settings=settings, people=people)
    # as at midnight
    _within(story, lambda: Run.objects.update(levels={}))
    story.run()
    _within(story, lambda: story.change("1", status=Status.INACTIVE))
    assert story.look(narrow=True)[0] is not None
    assert story.counted == 1


def _people() -> dict[str, dict[str, Any]]:
    return {one: {"status": Status.ACTIVE, **fields} for one, fields in OFFICE.items()}


def _late(story: Story) -> None:
    """A mark whose number was taken before the last look, and which is seen only now."""
    Doubt.objects.create(pk=0, company_id=story.company, entity_id=story.entity.pk, employees=[])


def _other_version(story: Story) -> None:
    _levels(story, code="0.0.0")


def _levels(story: Story, **values: Any) -> None:
    run = Run.objects.latest("pk")
    run.levels = {one: {**known, **values} for one, known in run.levels.items()}
    run.save(update_fields=["levels"])


DOUBTS: dict[str, Callable[[Story], object]] = {
    "settings": lambda _: Subscription.objects.update(version=9),
    "a pause": lambda _: Subscription.objects.update(paused_since=timezone.now()),
    "the zone of the entity": lambda _: Entity.objects.update(time_zone="Pacific/Auckland"),
    "a mark that came late": _late,
    "a mark that went": lambda _: Doubt.objects.order_by("pk")[0].delete(),
    "a mark without names": lambda it: Doubt.objects.create(company_id=it.company, entity_id=it.entity.pk),
    "a run that failed": lambda _: Run.objects.update(state=RunState.FAILED),
    "another version": _other_version,
    "another day": lambda it: _levels(it, until="2026-01-01T00:00:00Z"),
    "an older clock": lambda it: _levels(it, looked="2099-01-01T00:00:00Z"),
    "too many who wait": lambda it: _levels(it, waiting=None),
    "no run before": lambda _: Run.objects.all().delete(),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_rule10_in_any_doubt_everybody_is_looked_at(story: Story, doubt: str) -> None:
    assert story.look(narrow=True)[1] is not None
    _within(story, lambda: DOUBTS[doubt](story))
    assert story.look(narrow=True)[1] is None


def _marks_of(story: Story, do: Callable[[], object]) -> list[tuple[Any, Any, Any]]:
    with access.acting_for(story.company):
        before = Doubt.objects.latest("pk").pk
        do()
        rows = Doubt.objects.filter(pk__gt=before).order_by("pk")
        return list(rows.values_list("employees", "managers", "members"))


def test_rule10_marks_name_whom_a_statement_has_written_with_the_ties_they_had(story: Story) -> None:
    with access.acting_for(story.company):
        story.change("7", manager_id="2")
        link = Link.objects.get(employee_id="7")
    assert _marks_of(story, lambda: story.change("7", manager_id="3")) == [(["7"], ["2"], [])]
    assert _marks_of(story, lambda: story.rows("7").delete()) == [(["7"], ["3"], [])]
    moved = Link.objects.filter(pk=link.pk)
    assert _marks_of(story, lambda: moved.update(employee_id="99")) == [(["7", "99"], [], [])]
    assert _marks_of(story, moved.delete) == [(["99"], [], [])]
    member = Member.objects.filter(pk=link.member_id)
    assert _marks_of(story, lambda: member.update(state="archived")) == [([], [], [link.member_id])]


def test_rule10_what_makes_nobody_a_candidate_names_nobody(story: Story) -> None:
    assert _marks_of(story, lambda: decide(story)) == [([], [], [])]


def test_rule10_a_statement_that_writes_many_rows_is_about_anybody(story: Story) -> None:
    with access.acting_for(story.company):
        row = story.rows("7").get()
        many = [Employee(**{**_values(row), "external_id": f"x{number}"}) for number in range(1_001)]
    marks = _marks_of(story, lambda: Employee.objects.bulk_create(many))
    assert marks == [(None, None, None)]
    assert _marks_of(story, lambda: story.rows().filter(external_id__startswith="x").delete()) == marks


def _values(row: Employee) -> dict[str, Any]:
    fields = (one for one in Employee._meta.concrete_fields if not one.primary_key and not one.generated)
    return {one.attname: getattr(row, one.attname) for one in fields}


@pytest.mark.django_db(transaction=True)
def test_inv5_after_a_hire_one_run_acts_one_finds_nothing_more_and_then_all_is_quiet(flow: Flow) -> None:
    """None of them looks at everybody."""
    flow.go_live(Settings(archive_inactive=True))
    for _ in range(3):
        assert flow.run(full=False).error == ""
    flow.control("hire", n=1)
    sent = []
    for _ in range(3):
        with CaptureQueriesContext(database) as one:
            assert run_connection(flow.company, flow.connection().pk, trigger="clock") is not None
        sent.append([query["sql"] for query in one if not query["sql"].startswith(("BEGIN", "COMMIT"))])
    looks = [[sql for sql in one if "applied_digest <> e.digest" in sql] for one in sent]
    assert [len(one) for one in looks] == [1, 1, 0]
    assert all("e.external_id = ANY" in sql for one in looks for sql in one)


def test_i4_odd_addresses_are_looked_up_whatever_the_number_of_members(story: Story) -> None:
    """I4: the index in migration 0011 is for the expression of the engine; change it there too."""
    with access.acting_for(story.company), database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            "EXPLAIN SELECT email_key FROM directory_member"
            " WHERE entity_id = %s AND state <> 'archived' AND email_key ~ %s",
            [story.entity.pk, ODD],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "member_odd_address" in plan, plan
