"""The list of members as the database gives it: search, order, pages, numbers, and where details come from."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.connections.models import Employee
from rollcall.directory import actions, history, listing, numbers
from rollcall.directory.listing import Filters
from rollcall.directory.models import Link, Member
from rollcall.directory.queries import HrStatus, why_no_manager
from rollcall.engine.change import Kind, Why
from rollcall.engine.roster import Role, State
from tests.directory.test_actions import apply, line, now_is
from tests.web.crew import Crew, crew, link, person

pytestmark = pytest.mark.django_db

HAND = Actor(kind="user", id=1, label="Alice Owner")


@pytest.fixture
def them() -> Iterator[Crew]:
    made = crew()
    with access.acting_for(made.two.alice_company.pk):
        yield made


def names(them: Crew, state: State = State.ACTIVE, **filters: object) -> list[str]:
    found = listing.page(them.two.alice_entity.pk, state, Filters(**filters))  # type: ignore[arg-type] # a test's
    return [one.first_name for one in found.rows]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("emile", ["Émile"]),
        ("ÉMILE zola", ["Émile"]),
        ("zola emi", ["Émile"]),
        ("strasse", ["Jörg"]),
        ("oerdsted", []),
        ("ordsted", ["Søren"]),
        ("иван", ["ИВАН"]),
        ("%", []),
        ("_", []),
        ("\\", []),
    ],
)
def test_search_finds_any_part_of_a_name_without_accents_or_capitals(
    them: Crew, asked: str, found: list[str]
) -> None:
    people = (("Émile", "ZOLA"), ("Jörg", "Straße"), ("Søren", "Ørdsted"), ("ИВАН", "Петров"))
    for first, last in people:
        person(them.two.alice_entity, first, last_name=last)
    assert names(them, search=asked) == found


def test_names_are_in_the_order_people_expect_whatever_their_accents(them: Crew) -> None:
    for last in ("Zoé", "Émile", "eric", "Ébert", "van den Berg", "Fabre"):
        person(them.two.alice_entity, "T", last_name=last)
    rows = listing.page(them.two.alice_entity.pk, State.ACTIVE, Filters()).rows
    found = [one.last_name for one in rows if one.first_name == "T"]
    assert found == ["Ébert", "Émile", "eric", "Fabre", "van den Berg", "Zoé"]


def test_pages_go_forth_and_back_and_stand_still_while_people_are_added(them: Crew) -> None:
    entity = them.two.alice_entity
    for number in range(listing.PAGE * 2 + 7):
        person(entity, f"P{number:03}", last_name="Same" if number % 3 else f"L{number:03}")
    pages = [listing.page(entity.pk, State.ACTIVE, Filters())]
    while pages[-1].later:
        pages.append(listing.page(entity.pk, State.ACTIVE, Filters(), after=pages[-1].last))
    seen = [one.pk for page in pages for one in page.rows]
    assert len(seen) == len(set(seen)) == listing.PAGE * 2 + 12 and [p.earlier for p in pages] == [0, 1, 1]
    person(entity, "Aaa", last_name="Aaa")
    back = listing.page(entity.pk, State.ACTIVE, Filters(), before=pages[2].first)
    assert [one.pk for one in back.rows] == [one.pk for one in pages[1].rows]
    assert back.earlier and back.later
    first = listing.page(entity.pk, State.ACTIVE, Filters(), before=back.first)
    assert [one.pk for one in first.rows] == [one.pk for one in pages[0].rows] and first.earlier


def test_every_filter_narrows(them: Crew) -> None:
    Member.objects.filter(pk=them.bob.pk).update(
        work_location="Lille", suspended_at=timezone.now(), bank_mask="FR", role="controller"
    )
    assert (
        names(them, location="Lille") == names(them, suspended=True) == names(them, bank_open=True) == ["Bob"]
    )
    assert names(them, role=Role.CONTROLLER) == ["Bob"] and names(them, role=Role.OWNER) == ["Alice"]
    assert names(them, status=HrStatus.MANAGED) == ["Maya"]
    assert names(them, status=HrStatus.RELEASED) == ["Rune"]
    assert sorted(names(them, status=HrStatus.MANUAL)) == ["Alice", "Bob", "Hanna"]
    assert numbers.of_list(them.two.alice_entity.pk)[1] == ["Lille"]


def test_the_numbers_count_whom_the_tool_manages_but_no_archived_member(them: Crew) -> None:
    link(them.archived, them.connection)
    Member.objects.filter(pk=them.bob.pk).update(suspended_at=timezone.now(), bank_mask="FR")
    found = numbers.counts(them.two.alice_entity.pk)
    assert found.by_state == {"invited": 0, "active": 5, "archived": 1}
    assert (found.managed, found.suspended, found.bank_open, found.present) == (1, 1, 1, 5)


def test_each_detail_names_who_set_it_last(them: Crew) -> None:
    apply(them, line(1, Kind.UPDATE, them.manual, "m1", job_title=(None, "Pilot"), team=(None, "Air")))
    Link.objects.filter(member=them.manual).delete()
    actions.edit(now_is(them.manual), {"team": "Sea"}, actor=HAND, now=timezone.now())
    found = history.sources(now_is(them.manual))
    assert found["job_title"].from_hr and not found["team"].from_hr
    assert found["team"].actor_label == "Alice Owner" and "department" not in found


def test_history_is_newest_first_and_paged(them: Crew) -> None:
    for number in range(history.PAGE + 3):
        actions.edit(now_is(them.manual), {"team": f"T{number}"}, actor=HAND, now=timezone.now())
    first, more = history.events_of(them.manual)
    rest, end = history.events_of(them.manual, before=first[-1].pk)
    assert (len(first), more, len(rest), end) == (history.PAGE, True, 3, False)
    assert first[0].data["fields"]["team"][1] == f"T{history.PAGE + 2}" and first[-1].pk > rest[0].pk


def test_d7_a_missing_line_manager_has_a_reason(them: Crew) -> None:
    at = timezone.now()
    fixed = {
        "connection": them.connection,
        "company": them.two.alice_company,
        "record_digest": b"",
        "digest": "",
    }
    tie = link(them.manual, them.connection)
    one = Employee.objects.create(
        external_id=tie.employee_id, manager_id="b", first_seen_at=at, changed_at=at, **fixed
    )
    assert why_no_manager(tie) == (Why.MANAGER_UNKNOWN, {"manager": "b"})
    Employee.objects.create(external_id="b", first_name="Ana", first_seen_at=at, changed_at=at, **fixed)
    assert why_no_manager(tie) == (Why.MANAGER_NO_MEMBER, {"manager": "Ana"})
    one.manager_id = one.external_id
    one.save()
    assert why_no_manager(tie) == (Why.MANAGER_SELF, {})
    one.manager_id = None
    one.save()
    assert why_no_manager(tie) is None and why_no_manager(None) is None


def test_people_of_the_same_name_and_address_are_all_shown_across_pages(them: Crew) -> None:
    for _ in range(listing.PAGE + 5):
        person(them.two.alice_entity, "Twin", state="archived")
    Member.objects.filter(first_name="Twin").update(email="twin@acme.example", email_key="twin@acme.example")
    entity, state, asked = them.two.alice_entity.pk, State.ARCHIVED, Filters(search="twin")
    first = listing.page(entity, state, asked)
    second = listing.page(entity, state, asked, after=first.last)
    assert len({one.pk for one in (*first.rows, *second.rows)}) == listing.PAGE + 5


@pytest.mark.thorough
def test_a_table_just_filled_is_not_read_once_for_each_member(them: Crew) -> None:
    """Before its first ANALYZE PostgreSQL takes a table for nearly empty, and the work must not grow by the square.

    With a filter by HR status it still may, until autovacuum has come by: within a minute of the first people.
    """
    many, entity = 1_500, them.two.alice_entity
    people = Member.objects.bulk_create(
        Member(
            company=entity.company,
            entity=entity,
            state=State.INVITED,
            email=f"new{n}@acme.example",
            email_key=f"new{n}@acme.example",
            first_name="New",
            last_name=str(n),
            created_at=timezone.now(),
        )
        for n in range(many)
    )
    Link.objects.bulk_create(
        Link(
            company=entity.company,
            entity=entity,
            member=one,
            connection=them.connection,
            employee_id=f"new{one.pk}",
            changed_at=timezone.now(),
        )
        for one in people
    )
    with CaptureQueriesContext(database) as seen:
        listing.page(entity.pk, State.INVITED, Filters())
    for one in seen.captured_queries:
        with database.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + one["sql"].replace("%", "%%"))
            plan = "\n".join(row[0] for row in cursor.fetchall())
        compared = sum(int(found) for found in re.findall(r"Rows Removed by Join Filter: (\d+)", plan))
        pages = max((int(found) for found in re.findall(r"shared hit=(\d+)", plan)), default=0)
        # the rows of one page against everybody at most, never everybody against everybody
        assert compared < (listing.PAGE + 10) * many, plan
        assert pages < 12 * many, plan
