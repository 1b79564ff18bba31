"""What settings being edited would mean, told before any plan is made."""

import pytest

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections.comparing import NAMES, Comparison, compare
from rollcall.connections.queries import employees_found, employees_named
from rollcall.engine.scope import Condition, Everybody, Filter, Named
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from tests.accounts.people import two_companies
from tests.sync.stored import store_employees, subscribe

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


def compared(entity: Entity, settings: Settings, confirmed: Settings | None) -> Comparison:
    with access.acting_for(entity.company_id):
        connection = subscribe(entity, Settings()).connection
        store_employees(connection, PEOPLE)
        return compare(connection.pk, settings, confirmed)


def ids(people: object) -> list[str]:
    return [one.id for one in people]  # type: ignore[attr-defined] # persons


def test_s33_before_anything_is_confirmed_only_the_choice_is_told(entity: Entity) -> None:
    assert compared(entity, office("Paris"), None) == Comparison(matching=1, employees=4, managers=0)


def test_it_names_who_comes_in_and_who_falls_out(entity: Entity) -> None:
    found = compared(entity, office("Paris", "Lille"), office("Paris", "Lyon"))
    assert (found.matching, found.coming, found.leaving) == (3, 2, 1)
    assert ids(found.come) == ["3", "4"] and ids(found.leave) == ["2"]
    assert found.leave[0].name == "Ben Alm"


def test_s45_managers_count_beside_those_who_match(entity: Entity) -> None:
    found = compared(entity, office("Paris", managers=True), office("Paris"))
    assert (found.matching, found.managers, found.coming, found.leaving) == (1, 2, 2, 0)


def test_s46_without_their_managers_these_fall_out(entity: Entity) -> None:
    found = compared(entity, office("Paris"), office("Paris", managers=True))
    assert (found.matching, found.managers, found.coming, found.leaving) == (1, 0, 0, 2)


def test_s35_exceptions_count_on_either_side(entity: Entity) -> None:
    """Ben is added, Cyd is kept out, and so is not a way up to Élodie any more."""
    named = (
        Named(employee_id="2", act="add", reason="x"),
        Named(employee_id="3", act="keep_out", reason="x"),
    )
    before = office("Paris", managers=True)
    after = Settings(scope=before.scope, exceptions=named)
    found = compared(entity, after, before)
    assert (found.matching, found.managers) == (2, 0)
    assert ids(found.come) == ["2"] and ids(found.leave) == ["3", "4"]


def test_at_most_some_people_are_named(entity: Entity) -> None:
    many = [Employee(id=f"m{one}", status=Status.ACTIVE, work_location="Nice") for one in range(NAMES + 5)]
    with access.acting_for(entity.company_id):
        connection = subscribe(entity, Settings()).connection
        store_employees(connection, [*PEOPLE, *many])
        found = compare(connection.pk, Settings(scope=Everybody()), office("Paris"))
    assert found.coming == NAMES + 5 + 3 and len(found.come) == NAMES


def test_people_are_found_by_name_without_accents_by_address_and_by_number(entity: Entity) -> None:
    people = [
        *PEOPLE,
        Employee(id="6", first_name="Zoé", work_email="zoe@co.example", employee_number="N-17"),
    ]
    with access.acting_for(entity.company_id):
        connection = subscribe(entity, Settings()).connection
        store_employees(connection, people, vanished=["2"])

        def found(text: str) -> list[str]:
            return [one.external_id for one in employees_found(connection.pk, text)]

        assert found("elodie evr") == ["4"]
        assert found("ZOE@co") == found("n-17") == ["6"]
        # neither who left nor who is not listed any more
        assert found("gone") == found("Alm") == found("nobody at all") == found("  ") == found("\0") == []
        assert set(employees_named(connection.pk, ["2", "5", "x"])) == {"2", "5"}
