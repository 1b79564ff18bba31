"""The database's reading of "who could differ" and the engine's are one: over companies nobody would make up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, structs

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections.models import Subscription
from rollcall.directory import models as directory
from rollcall.engine import identity
from rollcall.engine.change import ACTING, Change, Kind
from rollcall.engine.match import Candidate
from rollcall.engine.plan import OWNED_FIELDS, make_plan
from rollcall.engine.scope import Condition, Everybody, Filter, Named, by_employee, condition, outside
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, Status
from rollcall.sync.plans import candidates
from rollcall.sync.plans.question import Question
from tests.accounts.people import two_companies
from tests.engine.applying import apply
from tests.engine.test_cases import Case, candidates_of
from tests.engine.test_properties import companies, employees, named_people, own_addresses
from tests.sync.stored import store_employees, store_links, store_members, subscribe, with_last_owner

pytestmark = pytest.mark.django_db
often = settings(
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

CUSTOM = st.sampled_from([UNSET, {}, {"grade": "A"}, {"grade": ""}, {"grade": None}, {"other": "A"}])
SCOPES = st.one_of(
    st.just(Everybody()),
    st.builds(
        lambda attribute, test, values, managers: Filter(
            conditions=(Condition(attribute=attribute, test=test, values=tuple(values)),),
            include_managers=managers,
        ),
        st.sampled_from(["work_location", "department", "custom.grade"]),
        st.sampled_from(["one_of", "none_of"]),
        st.lists(st.sampled_from([None, "", "Paris", "Sales", "A"]), min_size=1, max_size=2),
        st.booleans(),
    ),
)


@st.composite
def cases(draw: st.DrawFn, *, contested: bool) -> Case:
    """A company of the engine's tests, with attributes of its own and every kind of scope."""
    case: Case = draw(companies(contested=contested))
    snapshot = [structs.replace(one, custom=draw(CUSTOM)) for one in case.snapshot]
    known = {one.id for one in snapshot}
    return structs.replace(
        case,
        snapshot=snapshot,
        members=with_last_owner(case.members),
        links=[one for one in case.links if one.employee_id in known],
        settings=structs.replace(case.settings, scope=draw(SCOPES)),
    )


@pytest.fixture
def entity() -> Entity:
    return two_companies().alice_entity


@contextmanager
def stored(entity: Entity, case: Case, settled: set[str] | None = None) -> Iterator[Subscription]:
    """The case in the database until the block ends; ``settled``: who was brought in step with HR as it is."""
    with access.acting_for(entity.company_id):
        mark = transaction.savepoint()
        subscription = subscribe(entity, case.settings)
        digests = store_employees(
            subscription.connection,
            case.snapshot,
            banks=case.banks,
            vanished=case.vanished,
            unread=case.unread,
            absences=case.absences,
        )
        store_members(entity, case.members)
        in_step = {one: digest for one, digest in digests.items() if one in (settled or set())}
        store_links(entity, subscription.connection, case.links, in_step)
        yield subscription
        transaction.savepoint_rollback(mark)


def by_database(subscription: Subscription, case: Case, *, everybody: bool) -> list[Change]:
    """The plan made from the one query."""
    question = Question(subscription=subscription, settings=case.settings, now=case.now, everybody=everybody)
    candidates.prepare(question)

    def find(leads: bool) -> list[Candidate]:
        return [one.candidate for one in candidates.find(question, leads=leads)]

    return planned(find, case, candidates.renumbered(question))


def by_engine(case: Case) -> list[Change]:
    """The plan made from the engine's own join."""
    found = candidates_of(case)
    return planned(
        lambda leads: [one for one in found if one.leads or not leads],
        case,
        identity.renumbered(found, case.members, case.links),
    )


def planned(find: Any, case: Case, renumbered: bool) -> list[Change]:
    """The lines, with every field clearable, so that both readings are asked for the most."""
    return list(
        make_plan(
            find,
            case.settings,
            now=case.now,
            zone="Europe/Paris",
            clearable=OWNED_FIELDS,
            adopt=case.adopt,
            renumbered=lambda: renumbered,
        )
    )


@pytest.mark.thorough
@often
@given(case=st.one_of(cases(contested=True), cases(contested=False)))
def test_i2_i6_m1_m2_m3_both_readings_of_everybody_give_the_same_plan(entity: Entity, case: Case) -> None:
    """I2, I6, M1-M3, S30-S46: shared addresses, loops, leavers, hand-made members, filters, empties."""
    with stored(entity, case) as subscription:
        assert by_database(subscription, case, everybody=True) == by_engine(case)


@pytest.mark.thorough
@often
@given(
    data=st.data(),
    case=st.one_of(cases(contested=True), cases(contested=False)),
    days=st.sampled_from([0, 0, 1, 20]),
)
def test_an_hourly_run_misses_no_change_that_looking_at_everybody_finds(
    entity: Entity, data: st.DataObject, case: Case, days: int
) -> None:
    """Somebody moves in HR, or only the time goes by, after everybody was brought in step."""
    case = structs.replace(case, adopt=False)
    found, links = apply(by_engine(case), case.members, case.links)
    case = structs.replace(case, members=with_last_owner(found), links=links)
    noted = {line.employee_id for line in by_engine(case)}
    settled = {one.id for one in case.snapshot} - noted
    moved = data.draw(st.sets(st.sampled_from([one.id for one in case.snapshot]))) if case.snapshot else set()
    snapshot = [
        data.draw(employees(one.id, [one.work_email, *own_addresses(one.id)])) if one.id in moved else one
        for one in case.snapshot
    ]
    case = structs.replace(case, snapshot=snapshot, now=case.now + timedelta(days=days))
    with stored(entity, case, settled - moved) as subscription:
        quick = by_database(subscription, case, everybody=False)
        assert [line for line in quick if line.kind in ACTING] == [
            line for line in by_engine(case) if line.kind in ACTING
        ]


def test_v4_a_time_zone_nobody_knows_does_not_stop_the_others(entity: Entity) -> None:
    """V4"""
    person = Employee(id="1", work_email="1@co.example", end_date=date(2026, 3, 1), time_zone="Mars/Sea")
    case = Case(snapshot=[person], plan=[])
    with stored(entity, case) as subscription:
        assert by_database(subscription, case, everybody=False) == by_engine(case)


@often
@given(
    scope=SCOPES,
    exceptions=named_people(list("0123")),
    people=st.lists(
        st.tuples(
            st.sampled_from([UNSET, None, "", "Paris", "A"]),
            st.sampled_from([UNSET, None, "", "Sales"]),
            CUSTOM,
        ),
        max_size=6,
    ),
)
def test_the_database_and_the_engine_read_a_filter_alike(
    entity: Entity, scope: Any, exceptions: tuple[Named, ...], people: list[Any]
) -> None:
    """S30-S35: also for values that are empty, not delivered, or of the customer's own, and people named by hand."""
    snapshot = [
        Employee(id=str(number), status=Status.ACTIVE, work_location=place, department=unit, custom=custom)
        for number, (place, unit, custom) in enumerate(people)
    ]
    sql, params = condition(scope, "e", exceptions)
    named = by_employee(exceptions)
    given: list[Any] = params
    with stored(entity, Case(snapshot=snapshot, plan=[])), database.cursor() as cursor:
        cursor.execute(f"SELECT e.external_id FROM connections_employee e WHERE {sql}", given)
        inside = {row[0] for row in cursor.fetchall()}
    assert inside == {one.id for one in snapshot if outside(scope, named, one) is None}


def test_nothing_of_a_trial_stays(entity: Entity) -> None:
    """The properties above are worth nothing if one company is seen by the next."""
    case = Case(snapshot=[Employee(id="1", work_email="1@co.example")], plan=[])
    with stored(entity, case) as subscription:
        assert by_engine(case) == by_database(subscription, case, everybody=True) != []
    with access.acting_for(entity.company_id):
        assert not directory.Member.objects.exists() and not Subscription.objects.exists()


def test_a_filter_by_an_attribute_of_the_customers_own_lets_its_people_in(entity: Entity) -> None:
    """S31"""
    person = Employee(id="1", work_email="1@co.example", status=Status.ACTIVE, custom={"grade": "A"})
    grade = Condition(attribute="custom.grade", test="one_of", values=("A",))
    wanted = Settings(scope=Filter(conditions=(grade,)))
    case = Case(snapshot=[person], settings=wanted, plan=[])
    with stored(entity, case) as subscription:
        (line,) = by_database(subscription, case, everybody=False)
        assert line.kind is Kind.CREATE
