"""Numbers that go on from the last count by a few people's step: whatever is written, they are those of a new count."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from rollcall.accounts.models import Entity
from rollcall.connections.models import Connection, Subscription, Tally
from rollcall.connections.models import Employee as Row
from rollcall.connections.queries import MANY_VALUES
from rollcall.connections.rows import VALUE_COLUMNS, Columns
from rollcall.engine.scope import Condition, Everybody, Filter, Named, Scope
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from rollcall.sync.why import stepping, tally
from rollcall.sync.why.between import places_of
from rollcall.sync.why.stepping import Before
from tests.sync.flow import Flow
from tests.sync.test_between import entity, place, shared, somebody

__all__ = ["entity"]

pytestmark = pytest.mark.django_db

STORIES = int(os.environ.get("STEPPING_STORIES", "25"))
FIRST = int(os.environ.get("STEPPING_FIRST", "0"))
PEOPLE = 9


class Story:
    """A mirror to which anything may happen, told by reads or not, and the numbers kept of it."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self.connection, self.chance = connection, random.Random(seed)
        self.stepped = 0

    def anybody(self) -> Employee:
        pick = self.chance.choice
        own: list[dict[str, str | None]] = [{}, {"grade": "A"}, {"grade": ""}, {"other": None}]
        own.append({"grade": "B", "other": "x"})
        return Employee(
            id=str(self.chance.randint(1, PEOPLE)),
            first_name=pick(["Ada", "Ben", "Cleo"]),
            last_name=pick(["Bell", "Ames"]),
            status=pick([Status.ACTIVE] * 4 + [Status.INACTIVE, Status.ON_LEAVE]),
            start_date=pick([None, date(2025, 1, 1), date(2099, 1, 1)]),
            end_date=pick([None, None, date(2099, 2, 1), date(2026, 1, 1)]),
            manager_id=pick([None, "99", *map(str, range(1, PEOPLE + 1))]),
            work_location=pick([None, "", "Paris", "Paris", "Lyon"]),
            department=pick([None, "Sales"]),
            custom=self.chance.choice(own),
        )

    def put(self, one: Employee) -> None:
        """Write a row as a merge does."""
        values, digest = Columns(company_id=self.connection.company_id, connection_id=self.connection.pk).of(
            one
        )
        given = dict(zip(VALUE_COLUMNS, values, strict=True))
        given["custom"] = msgspec.json.decode(given["custom"] or b"null")
        now = timezone.now()
        Row.objects.update_or_create(
            connection=self.connection,
            external_id=one.id,
            defaults={
                "company_id": self.connection.company_id,
                "digest": digest,
                "record_digest": digest.encode(),
                "changed_at": now,
                "first_seen_at": now,
                "absent_since": None,
                **given,
            },
        )

    def beside(self) -> None:
        """Somebody is written whom no read has told of, or nobody."""
        what = self.chance.choice(["nothing"] * 12 + ["row", "gone", "absent", "back", "settings"])
        mine = Row.objects.filter(connection=self.connection, external_id=str(self.chance.randint(1, PEOPLE)))
        if what == "row":
            self.put(self.anybody())
        elif what == "gone":
            mine.delete()
        elif what == "absent":
            mine.update(absent_since=timezone.now(), absent_runs=1)
        elif what == "back":
            mine.update(absent_since=None, absent_runs=0)
        elif what == "settings":
            settings = msgspec.to_builtins(place(self.chance.choice(["Paris", "Lyon"])))
            Subscription.objects.filter(connection=self.connection).update(settings=settings)

    def step(self) -> None:
        """A read that tells of a few, and the numbers after it."""
        people = [self.anybody() for _ in range(self.chance.choice([0, 1, 1, 2, 3]))]
        self.beside()
        with staged(people):
            was = tally.about_to_read(self.connection)
            self.beside()
            for one in people:
                self.put(one)
        self.beside()
        self.stepped += self.count(was)

    def count(self, was: Before | None) -> bool:
        """Count as a run does; tell whether that was a step, and that nobody can tell it from a count."""
        with counting() as everybody:
            tally.count(self.connection.company_id, self.connection.pk, moved=True, was=was)
        kept = told(self.connection)
        assert kept == fresh(self.connection)
        return not everybody


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that count everybody."""
    sent: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "GROUPING SETS" in sql or "FILTER (WHERE n = 0)" in sql:
            sent.append(sql)
        return execute(sql, params, many, context)

    with database.execute_wrapper(watch):
        yield sent


@contextmanager
def staged(people: Sequence[Employee]) -> Iterator[None]:
    """What a read has put aside before its merge; nothing, when it found nobody to look at."""
    with database.cursor() as cursor:
        if people:
            cursor.execute("CREATE TEMPORARY TABLE stage (external_id text, manager_id text)")
            rows = [(one.id, one.manager_id if isinstance(one.manager_id, str) else None) for one in people]
            cursor.executemany("INSERT INTO stage VALUES (%s, %s)", rows)
        yield
        cursor.execute("DROP TABLE IF EXISTS stage")


def told(connection: Connection) -> dict[str, Any]:
    """All that is kept, but when it was counted."""
    row = Tally.objects.filter(connection=connection).values().get()
    return {name: value for name, value in row.items() if name not in ("id", "counted_at")}


def fresh(connection: Connection) -> dict[str, Any]:
    """The same, counted anew; what is kept stays as it was."""
    mark = transaction.savepoint()
    Tally.objects.filter(connection=connection).delete()
    tally.count(connection.company_id, connection.pk, moved=True)
    found = told(connection)
    transaction.savepoint_rollback(mark)
    return found


def choices(chance: random.Random) -> list[Settings]:
    def one() -> Settings:
        paris = Condition(attribute="work_location", test="one_of", values=("Paris",))
        grade = Condition(attribute="custom.grade", test="none_of", values=("A", None))
        scopes: list[Scope] = [
            Everybody(),
            Filter(conditions=(paris,)),
            Filter(conditions=(paris,), include_managers=True),
            Filter(conditions=(grade,), include_managers=True),
        ]
        named = Named(
            employee_id=str(chance.randint(1, PEOPLE)), act=chance.choice(("add", "keep_out")), reason="So"
        )
        return Settings(scope=chance.choice(scopes), exceptions=(named,) if chance.random() < 0.4 else ())

    return [one() for _ in range(chance.choice([1, 1, 2, 3]))]


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(FIRST, FIRST + STORIES))
def test_rule10_whatever_is_written_numbers_that_go_on_are_those_of_a_new_count(
    entity: Entity, seed: int
) -> None:
    """Attributes, days, managers above managers, absences, people erased, and rows written beside the read."""
    chance = random.Random(seed)
    with shared(entity, choices(chance), []) as connection:
        story = Story(connection, seed)
        for _ in range(PEOPLE):
            story.put(story.anybody())
        story.count(None)
        for _ in range(14):
            story.step()
        assert story.stepped


def _one_change(connection: Connection, one: Employee) -> bool:
    story = Story(connection, 0)
    with staged([one]):
        was = tally.about_to_read(connection)
        story.put(one)
    return story.count(was)


def test_after_a_read_of_one_person_nobody_else_is_counted(entity: Entity) -> None:
    with shared(entity, [place("Paris", include_managers=True)], []) as connection:
        story = Story(connection, 0)
        for number, where in enumerate(["Nantes", "Paris", "Nantes", "Paris"]):
            story.put(somebody(number, where, manager_id="0002"))
        story.count(None)
        assert _one_change(connection, somebody(3, "Lyon"))
        # somebody comes in as a manager, then the last one goes who brought another one in
        assert _one_change(connection, somebody(1, "Paris", manager_id="0000"))
        assert _one_change(connection, somebody(1, "Paris"))
        assert told(connection)["nowhere"] == 3


def test_rule10_in_any_doubt_everybody_is_counted(entity: Entity) -> None:
    with shared(entity, [place("Paris")], [somebody(1, "Nantes"), somebody(2, "Paris")]) as connection:
        story = Story(connection, 0)
        story.count(None)
        assert _one_change(connection, somebody(1, "Paris"))
        Row.objects.filter(external_id="0002").update(work_location="Lyon")
        assert not _one_change(connection, somebody(1, "Lyon"))
        Tally.objects.update(counted_at=timezone.now() - timedelta(days=1))
        assert not _one_change(connection, somebody(1, "Paris"))
        Subscription.objects.update(settings=msgspec.to_builtins(place("Lyon")))
        assert not _one_change(connection, somebody(1, "Lyon"))


def test_s45_a_plan_says_how_many_are_chosen_as_they_were_counted_or_counts_itself(entity: Entity) -> None:
    chosen = place("Paris", include_managers=True)
    people = [somebody(1, "Paris", manager_id="0002"), somebody(2, "Lyon"), somebody(3, "Lyon")]
    with shared(entity, [chosen], people) as connection:
        tally.count(entity.company_id, connection.pk, moved=True)
        assert tally.chosen_now(connection.pk, entity.pk, chosen) == 2
        assert tally.chosen_now(connection.pk, entity.pk, place("Paris")) is None
        Tally.objects.update(counted_at=timezone.now() - timedelta(days=1))
        assert tally.chosen_now(connection.pk, entity.pk, chosen) is None
        tally.count(entity.company_id, connection.pk, moved=True)
        Row.objects.filter(external_id="0003").update(work_location="Paris")
        assert tally.chosen_now(connection.pk, entity.pk, chosen) is None


@pytest.mark.thorough
def test_an_attribute_of_too_many_values_is_counted_anew_before_it_has_few(entity: Entity) -> None:
    def one(number: int, badge: str) -> Employee:
        return msgspec.structs.replace(somebody(number, "Paris"), custom={"badge": badge})

    crowd = [one(number, f"b{number}") for number in range(MANY_VALUES + 2)]
    with shared(entity, [place("Paris")], crowd) as connection:
        Story(connection, 0).count(None)
        assert told(connection)["crowded"] == {"custom.badge": MANY_VALUES + 2}
        assert _stepped_only(connection, one(0, "b1"))
        assert told(connection)["crowded"] == {"custom.badge": MANY_VALUES + 1}
        assert not _one_change(connection, one(2, "b1"))
        assert told(connection)["crowded"] == {}
        assert _one_change(connection, one(3, "b1"))
        assert not _one_change(connection, one(3, "b3")) or told(connection)["crowded"] == {}


def _stepped_only(connection: Connection, one: Employee) -> bool:
    with staged([one]):
        was = tally.about_to_read(connection)
        Story(connection, 0).put(one)
    with counting() as everybody:
        tally.count(connection.company_id, connection.pk, moved=True, was=was)
    return not everybody


@pytest.mark.thorough
def test_a_list_of_more_people_than_are_kept_stays_the_beginning_of_all(entity: Entity) -> None:
    crowd = [somebody(number, "Nantes") for number in range(stepping.MOST_NAMED + 3)]
    with shared(entity, [place("Paris")], crowd) as connection:
        Story(connection, 0).count(None)
        for one in (
            somebody(0, "Paris"),
            msgspec.structs.replace(somebody(7, "Nantes"), first_name="Zoe", last_name="Z"),
            msgspec.structs.replace(somebody(8, "Nantes"), first_name="Aa", last_name="A"),
            somebody(0, "Nantes"),
        ):
            assert _stepped_only(connection, one)
            kept, now = told(connection), fresh(connection)
            known, whole = (each.pop("people")["nowhere"] for each in (kept, now))
            assert kept == now
            assert known == whole[: len(known)] and len(known) > stepping.MOST_NAMED - 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("full", [True, False])
def test_inv5_a_run_after_a_few_changes_counts_only_them(flow: Flow, full: bool) -> None:
    """What the run keeps, and what its plan says, is what a new count says."""
    flow.go_live(Settings(archive_inactive=True))
    for _ in range(3):
        assert flow.run().error == ""
    person = sorted(flow.people_of())[5]
    flow.control("change", ids=[person], fields={"job_title": "Baker of Figures"})
    flow.control("hire", n=1)
    with counting() as everybody:
        assert flow.run(full=full).error == ""
    assert not everybody
    kept = flow.get(lambda: told(flow.connection()))
    assert kept == flow.get(lambda: _fresh(flow.connection()))
    assert ["Baker of Figures", 1] in dict(kept["values"])["job_title"]


def _fresh(connection: Connection) -> dict[str, Any]:
    with transaction.atomic():
        found = fresh(connection)
    assert places_of(connection)[0]
    return found
