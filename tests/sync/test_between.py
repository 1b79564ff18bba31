"""People between entities: the database counts and lists exactly those whom the engine would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from rollcall.accounts import access
from rollcall.accounts.companies import create_entity
from rollcall.accounts.models import Entity
from rollcall.connections.models import Connection, Subscription
from rollcall.engine.match import managers_of
from rollcall.engine.scope import Condition, Everybody, Filter, Named, by_employee, outside
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from rollcall.sync.why.between import PAGE, Group, counts, inside_of, people, people_found, places_of
from tests.accounts.people import two_companies
from tests.sync.stored import store_employees, subscribe
from tests.sync.test_candidates import SCOPES, often

pytestmark = pytest.mark.django_db

IDS = [str(number) for number in range(1, 7)]
EXCEPTIONS = st.lists(
    st.builds(
        Named, employee_id=st.sampled_from(IDS), act=st.sampled_from(["add", "keep_out"]), reason=st.just("r")
    ),
    max_size=2,
    unique_by=lambda one: one.employee_id,
).map(tuple)
SETTINGS = st.builds(Settings, scope=SCOPES, exceptions=EXCEPTIONS)
PEOPLE = st.lists(
    st.builds(
        Employee,
        id=st.sampled_from(IDS),
        status=st.sampled_from([Status.ACTIVE, Status.ON_LEAVE, Status.INACTIVE]),
        manager_id=st.sampled_from([None, "99", *IDS]),
        work_location=st.sampled_from([None, "Paris", "Lyon"]),
        department=st.sampled_from([None, "Sales", "Legal"]),
    ),
    unique_by=lambda one: one.id,
    max_size=6,
)


@pytest.fixture
def entity() -> Entity:
    return two_companies().alice_entity


@contextmanager
def shared(entity: Entity, each: list[Settings], snapshot: list[Employee]) -> Iterator[Connection]:
    """A connection that as many entities use as there are settings, until the block ends."""
    with access.acting_for(entity.company_id):
        mark = transaction.savepoint()
        connection = subscribe(entity, each[0]).connection
        for number, settings in enumerate(each[1:]):
            other = create_entity(entity.company, f"Other {number}")
            add(other, connection, settings)
        store_employees(connection, snapshot)
        yield connection
        transaction.savepoint_rollback(mark)


def add(entity: Entity, connection: Connection, settings: Settings | None) -> None:
    Subscription.objects.create(
        company_id=entity.company_id,
        entity=entity,
        connection=connection,
        settings=msgspec.to_builtins(settings) if settings else None,
        version=1,
    )


def by_engine(settings: Settings, snapshot: list[Employee]) -> frozenset[str]:
    by_id, named = {one.id: one for one in snapshot}, by_employee(settings.exceptions)
    brought = managers_of(settings.scope, by_id, named)
    return brought | {one.id for one in snapshot if outside(settings.scope, named, one) is None}


@pytest.mark.thorough
@often
@given(each=st.lists(SETTINGS, min_size=1, max_size=3), snapshot=PEOPLE)
def test_the_lists_are_those_of_the_engine(
    entity: Entity, each: list[Settings], snapshot: list[Employee]
) -> None:
    """Product decision 6: filters, managers brought in, people named by hand, in every entity at once."""
    with shared(entity, each, snapshot) as connection:
        places, unset = places_of(connection)
        assert unset == 0
        inside = {place.entity_id: by_engine(place.settings, snapshot) for place in places}
        here = [one.id for one in snapshot if one.status is not Status.INACTIVE]
        wanted = {one: {place for place, ids in inside.items() if one in ids} for one in here}
        found = {
            group: {one.employee.id: set(one.inside) for one in people(connection.pk, places, group)}
            for group in Group
        }
        assert found[Group.NOWHERE] == {one: ids for one, ids in wanted.items() if not ids}
        assert found[Group.SEVERAL] == {one: ids for one, ids in wanted.items() if len(ids) > 1}
        numbers = counts(connection.pk, places)
        assert (numbers.employees, numbers.nowhere, numbers.several) == (
            len(here),
            len(found[Group.NOWHERE]),
            len(found[Group.SEVERAL]),
        )
        for one in snapshot:
            assert set(inside_of(connection.pk, one.id, places)) == {
                place for place, ids in inside.items() if one.id in ids
            }


def place(*where: str, **more: Any) -> Settings:
    return Settings(
        scope=Filter(conditions=(Condition(attribute="work_location", test="one_of", values=where),), **more)
    )


def somebody(number: int, where: str, **more: Any) -> Employee:
    return Employee(
        id=f"{number:04}",
        first_name=f"Ann{number:04}",
        last_name="Same" if number % 2 else f"L{number:04}",
        status=Status.ACTIVE,
        work_location=where,
        **more,
    )


def test_pages_show_everybody_once_and_in_order(entity: Entity) -> None:
    crowd = [somebody(number, "Nantes") for number in range(PAGE * 2 + 10)]
    with shared(entity, [place("Paris")], crowd) as connection:
        places, _ = places_of(connection)
        seen: list[str] = []
        after = 0
        while page := list(people(connection.pk, places, Group.NOWHERE, after=after))[:PAGE]:
            seen += [one.employee.id for one in page]
            after = page[-1].row_id
        whole = [one.employee.id for one in people(connection.pk, places, Group.NOWHERE, size=None)]
        assert seen == whole and len(set(seen)) == len(crowd)


def test_the_search_narrows_a_list(entity: Entity) -> None:
    crowd = [somebody(1, "Nantes"), somebody(2, "Nantes")]
    with shared(entity, [place("Paris")], crowd) as connection:
        places, _ = places_of(connection)
        found = people(connection.pk, places, Group.NOWHERE, search="ann0002")
        assert [one.employee.id for one in found] == ["0002"]


@pytest.mark.parametrize("looked", [(300, 2_000), (3, 4)])
def test_decision6_a_search_by_names_first_finds_whom_a_search_of_everybody_finds(
    entity: Entity, looked: tuple[int, int]
) -> None:
    """S45, S35: managers brought in, people kept out and added by hand, page by page, also beyond those looked at."""
    where = ("Paris", "Lyon", "Nantes", "Rome")
    crowd = [
        somebody(number, where[number % 4], manager_id=f"{number // 3:04}" if number else None)
        for number in range(60)
    ]
    named = (
        Named(employee_id="0007", act="keep_out", reason="r"),
        Named(employee_id="0003", act="add", reason="r"),
    )
    first = structs.replace(place("Paris", include_managers=True), exceptions=named)
    with shared(entity, [first, place("Lyon", "Paris", include_managers=True)], crowd) as connection:
        places, _ = places_of(connection)
        for group in Group:
            for search in ("ann", "ann same", "0012", "nobody"):
                whole = [one.row_id for one in people(connection.pk, places, group, search=search, size=None)]
                seen: list[int] = []
                while page := people_found(
                    connection.pk, places, group, search, after=seen[-1] if seen else 0, size=5, looked=looked
                ):
                    assert len(page) <= 6
                    seen += [one.row_id for one in page[:5]]
                assert seen == whole, (group, search)
                assert whole or search != "ann"


def test_an_entity_without_confirmed_settings_has_nobody_and_is_counted(entity: Entity) -> None:
    """S27"""
    with shared(entity, [Settings(scope=Everybody())], [somebody(1, "Paris")]) as connection:
        add(create_entity(entity.company, "New"), connection, None)
        places, unset = places_of(connection)
        assert [one.name for one in places] == ["Alice's entity"] and unset == 1
        assert counts(connection.pk, places).several == 0


def test_who_vanished_or_left_is_not_between(entity: Entity) -> None:
    gone = structs.replace(somebody(1, "Nantes"), status=Status.INACTIVE)
    with shared(entity, [place("Paris")], [gone]) as connection:
        store_employees(connection, [somebody(2, "Nantes")], vanished=["0002"])
        places, _ = places_of(connection)
        assert list(people(connection.pk, places, Group.NOWHERE)) == []


def test_the_statements_do_not_grow_with_people_or_entities(entity: Entity) -> None:
    lengths = set()
    for size in (1, 3):
        each = [place(f"Place {number}", include_managers=True) for number in range(size)]
        crowd = [somebody(number, "Nantes") for number in range(size * 20)]
        with shared(entity, each, crowd) as connection, CaptureQueriesContext(database) as queries:
            places, _ = places_of(connection)
            counts(connection.pk, places)
            list(people(connection.pk, places, Group.NOWHERE))
        lengths.add(len(queries))
    assert len(lengths) == 1


def test_s45_a_manager_kept_out_by_name_brings_nobody_further_up_in(entity: Entity) -> None:
    """S35 beats S45, in the lists and for one person alike."""
    crowd = [
        somebody(1, "Paris", manager_id="0002"),
        somebody(2, "Nantes", manager_id="0003"),
        somebody(3, "Nantes"),
    ]
    kept = Named(employee_id="0002", act="keep_out", reason="r")
    for exceptions, wanted in (((), []), ((kept,), ["0003", "0002"])):
        settings = structs.replace(place("Paris", include_managers=True), exceptions=exceptions)
        with shared(entity, [settings], crowd) as connection:
            places, _ = places_of(connection)
            found = [one.employee.id for one in people(connection.pk, places, Group.NOWHERE)]
            assert sorted(found) == sorted(wanted)
            for one in crowd:
                assert (inside_of(connection.pk, one.id, places) == ()) == (one.id in wanted)
