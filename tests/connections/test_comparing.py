"""What settings being edited would mean, told before any plan is made."""

import hashlib
import re
from importlib import import_module

import pytest
from hypothesis import given
from msgspec import structs

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections.comparing import FEW, NAMES, Count, Difference, compare, count
from rollcall.connections.narrow import ROWS, SHORT
from rollcall.connections.queries import FEW_NAMED, employees_found, employees_named
from rollcall.engine.scope import ATTRIBUTES, Condition, Filter, Named, by_employee, outside
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from tests.accounts.people import two_companies
from tests.sync.stored import store_employees, subscribe
from tests.sync.test_between import PEOPLE as PEOPLE_OF_ALL_KINDS
from tests.sync.test_between import SETTINGS, by_engine, shared
from tests.sync.test_candidates import often

pytestmark = pytest.mark.django_db


def office(*places: str, managers: bool = False) -> Settings:
    one = Condition(attribute="work_location", test="one_of", values=places)
    return Settings(scope=Filter(conditions=(one,), include_managers=managers))


PEOPLE = [
    Employee(id="1", first_name="Ada", last_name="Bell", status=Status.ACTIVE, work_location="Paris", manager_id="3"),
    Employee(id="2", first_name="Ben", last_name="Alm", status=Status.ACTIVE, work_location="Lyon"),
    Employee(id="3", first_name="Cyd", last_name="Dale", status=Status.ACTIVE, work_location="Lille", manager_id="4"),
    Employee(id="4", first_name="Élodie", last_name="Évrard", status=Status.ACTIVE, work_location="Lille"),
    Employee(id="5", first_name="Gone", last_name="Paris", status=Status.INACTIVE, work_location="Paris"),
]  # fmt: skip


@pytest.fixture
def entity() -> Entity:
    return two_companies().alice_entity


def compared(entity: Entity, settings: Settings, confirmed: Settings) -> tuple[Count, Difference]:
    with access.acting_for(entity.company_id):
        connection = subscribe(entity, Settings()).connection
        store_employees(connection, PEOPLE)
        return count(connection.pk, settings), compare(connection.pk, settings, confirmed)


def ids(people: object) -> list[str]:
    return [one.id for one in people]  # type: ignore[attr-defined] # persons


def test_s45_somebody_who_left_brings_no_manager_in(entity: Entity) -> None:
    with access.acting_for(entity.company_id):
        connection = subscribe(entity, Settings()).connection
        store_employees(
            connection, [structs.replace(one, manager_id="4") for one in PEOPLE if one.id in "45"]
        )
        assert count(connection.pk, office("Paris", managers=True)) == Count(matching=0, employees=1)
        store_employees(connection, [structs.replace(PEOPLE[0], manager_id="4")])
        found = count(connection.pk, office("Paris", managers=True))
    assert found == Count(matching=1, employees=2, managers=1)


def test_s33_whom_a_choice_has_is_counted_without_leavers(entity: Entity) -> None:
    found, difference = compared(entity, office("Paris"), office("Paris"))
    assert found == Count(matching=1, employees=4, managers=0)
    assert difference == Difference()


def test_it_names_who_comes_in_and_who_falls_out(entity: Entity) -> None:
    found, difference = compared(entity, office("Paris", "Lille"), office("Paris", "Lyon"))
    assert (found.matching, difference.coming, difference.leaving) == (3, 2, 1)
    assert ids(difference.come) == ["3", "4"] and ids(difference.leave) == ["2"]
    assert difference.leave[0].name == "Ben Alm"


def test_s45_managers_count_beside_those_who_match(entity: Entity) -> None:
    found, difference = compared(entity, office("Paris", managers=True), office("Paris"))
    assert (found.matching, found.managers) == (1, 2)
    assert (difference.coming, difference.leaving) == (2, 0)


def test_s46_without_their_managers_these_fall_out(entity: Entity) -> None:
    found, difference = compared(entity, office("Paris"), office("Paris", managers=True))
    assert (found.matching, found.managers) == (1, 0)
    assert (difference.coming, difference.leaving) == (0, 2)


def test_s35_exceptions_count_on_either_side(entity: Entity) -> None:
    """Ben is added, Cyd is kept out, and so is not a way up to Élodie any more."""
    named = (
        Named(employee_id="2", act="add", reason="x"),
        Named(employee_id="3", act="keep_out", reason="x"),
    )
    before = office("Paris", managers=True)
    after = Settings(scope=before.scope, exceptions=named)
    found, difference = compared(entity, after, before)
    assert (found.matching, found.managers) == (2, 0)
    assert ids(difference.come) == ["2"] and ids(difference.leave) == ["3", "4"]


@often
@given(one=SETTINGS, other=SETTINGS, snapshot=PEOPLE_OF_ALL_KINDS)
def test_s33_s45_the_numbers_are_those_of_the_engine(
    entity: Entity, one: Settings, other: Settings, snapshot: list[Employee]
) -> None:
    """Who is chosen, brought in, comes and leaves: by SQL as by the rules that a plan is made from."""
    here = {person.id for person in snapshot if person.status is not Status.INACTIVE}
    chosen = {p.id for p in snapshot if outside(one.scope, by_employee(one.exceptions), p) is None} & here
    now, was = (by_engine(settings, snapshot) & here for settings in (one, other))
    with shared(entity, [one], snapshot) as connection:
        found, difference = count(connection.pk, one), compare(connection.pk, one, other)
    assert found == Count(matching=len(chosen), employees=len(here), managers=len(now - chosen))
    assert {person.id for person in difference.come} == now - was
    assert {person.id for person in difference.leave} == was - now
    assert (difference.coming, difference.leaving) == (len(now - was), len(was - now))


def test_s33_texts_too_long_for_an_index_are_counted_too(entity: Entity) -> None:
    """An entry of an index has 2,704 bytes; a text may have 500 letters, and nothing of a mirror may fail for it."""
    noise = [hashlib.sha512(str(number).encode()).hexdigest() * 4 for number in range(8)]
    values = dict(zip(ATTRIBUTES, (text[:500] for text in noise), strict=True))
    long = structs.replace(Employee(id="long", status=Status.ACTIVE, manager_id="4"), **values)
    place = str(values["work_location"])
    with access.acting_for(entity.company_id):
        connection = subscribe(entity, Settings()).connection
        store_employees(connection, [*PEOPLE, long])
        found = count(connection.pk, office(place, "Lille", managers=True))
        alone = count(connection.pk, office(place, managers=True))
        difference = compare(connection.pk, office(place, managers=True), office("Lyon"))
    assert found == Count(matching=3, employees=5) and alone == Count(matching=1, employees=5, managers=1)
    assert ids(difference.come) == ["4", "long"]


def test_s33_counting_asks_an_index_for_all_that_it_has() -> None:
    """Word for word: an index for some people is used where a question has its condition, and its columns alone."""
    made, rest = import_module("rollcall.connections.migrations.0017_choice").Migration.operations[0].sql
    assert made.endswith(f" WHERE {SHORT}") and rest.endswith(f" WHERE NOT ({SHORT})")
    asked = set(re.findall(r"[a-z_]+", ROWS.partition("SELECT")[2].partition("FROM")[0])) - {"custom"}
    assert asked <= set(re.findall(r"[a-z_]+", made.partition("(")[2].partition(" WHERE")[0]))


@pytest.mark.parametrize("many", [NAMES + 5, FEW + 5])
def test_the_first_by_name_are_named_of_few_and_of_many(entity: Entity, many: int) -> None:
    crowd = [
        Employee(
            id=f"m{one}", last_name=f"N{one % 97:02}-{one:04}", status=Status.ACTIVE, work_location="Nice"
        )
        for one in range(many)
    ]
    with access.acting_for(entity.company_id):
        connection = subscribe(entity, Settings()).connection
        store_employees(connection, [*PEOPLE, *crowd])
        found = compare(connection.pk, office("Nice"), office("Lyon"))
    assert (found.coming, found.leaving) == (many, 1)
    first = sorted(crowd, key=lambda one: str(one.last_name))[:NAMES]
    assert ids(found.come) == [one.id for one in first] and ids(found.leave) == ["2"]


@pytest.mark.parametrize("few", [0, 1, FEW_NAMED])
def test_people_are_found_by_name_without_accents_by_address_and_by_number(entity: Entity, few: int) -> None:
    """One by one, or among everybody where more than a few have the name."""
    people = [
        *PEOPLE,
        Employee(id="6", first_name="Zoé", work_email="zoe@co.example", employee_number="N-17"),
    ]
    with access.acting_for(entity.company_id):
        connection = subscribe(entity, Settings()).connection
        store_employees(connection, people, vanished=["2"])

        def found(text: str) -> list[str]:
            return [one.external_id for one in employees_found(connection.pk, text, few=few)]

        assert found("elodie evr") == ["4"]
        assert found("ZOE@co") == found("n-17") == ["6"]
        # neither who left nor who is not listed any more
        assert found("gone") == found("Alm") == found("nobody at all") == found("  ") == found("\0") == []
        assert found("l") == ["1", "3", "4", "6"]
        assert set(employees_named(connection.pk, ["2", "5", "x"])) == {"2", "5"}
