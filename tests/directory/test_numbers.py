"""Numbers of members that the database keeps are those that counting gives, whatever changed them."""

from collections.abc import Callable, Iterator
from functools import partial

import psycopg
import pytest
from django.db import connection as database
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.companies import create_entity
from rollcall.connections.models import Connection
from rollcall.directory import numbers
from rollcall.directory.headcount import headcount, managed_kept
from rollcall.directory.models import Count, Link, Member
from rollcall.engine.roster import State
from tests.web.crew import Crew, crew, link, person

pytestmark = pytest.mark.django_db

_TABLES = ("directory_member", "directory_link", "directory_count")


@pytest.fixture
def them() -> Iterator[Crew]:
    made = crew()
    with access.acting_for(made.two.alice_company.pk):
        yield made


def _counted(entity: int) -> tuple[dict[str, int], int, int]:
    members = Member.objects.filter(entity_id=entity)
    living = members.exclude(state=State.ARCHIVED)
    return (
        {state.value: members.filter(state=state).count() for state in State},
        living.filter(link__managed=True).count(),
        living.filter(bank_mask__isnull=False, bank_confirmed_at=None).count(),
    )


def _kept(entity: int) -> tuple[dict[str, int], int, int]:
    found = numbers.counts(entity)
    return found.by_state, found.managed, found.bank_open


def _steps(them: Crew) -> list[Callable[[], object]]:
    entity, members, links = them.two.alice_entity, Member.objects.all(), Link.objects.all()
    new = [person(entity, f"New {n}", state=State.INVITED) for n in range(3)]
    return [
        lambda: [link(one, them.connection) for one in new],
        lambda: members.filter(pk__in=[one.pk for one in new[:2]]).update(state=State.ACTIVE, bank_mask="FR"),
        lambda: members.update(bank_confirmed_at=timezone.now()),
        lambda: members.update(job_title="Pilot"),
        lambda: members.filter(pk=new[0].pk).update(state=State.ARCHIVED, bank_confirmed_at=None),
        lambda: links.filter(member=new[1]).update(managed=False),
        lambda: links.filter(member=new[2]).delete(),
        lambda: members.filter(pk=new[2].pk).delete(),
        lambda: members.update(state=State.INVITED),
    ]


def test_every_way_of_changing_members_is_counted(them: Crew) -> None:
    entity = them.two.alice_entity.pk
    assert _kept(entity) == _counted(entity)
    for step in _steps(them):
        step()
        assert _kept(entity) == _counted(entity)


def test_the_kept_headcount_is_the_counted_one(them: Crew) -> None:
    company, here, used = them.two.alice_company, them.two.alice_entity.pk, them.connection.pk
    second = create_entity(company, "Second")
    link(person(second, "Elsewhere", state=State.ACTIVE), them.connection)
    steps = _steps(them)
    # the last ones leave links to other connections behind, whose numbers are kept together with these
    steps += [
        partial(_link_to_another, them, tool, managed) for tool, managed in (("hibob", False), ("deel", True))
    ]
    for step in steps:
        step()
        for entity in (here, None):
            counted = headcount(entity, used, (), fields=False)
            assert managed_kept(company.pk, entity, used) == counted.managed


def _link_to_another(them: Crew, tool: str, managed: bool) -> None:
    company = them.two.alice_company
    found = Connection.objects.create(company=company, tool=tool, state="connected", address=tool)
    for one in Member.objects.filter(entity=them.two.alice_entity):
        Link.objects.create(
            company_id=one.company_id,
            entity_id=one.entity_id,
            member=one,
            connection=found,
            employee_id=f"x{one.pk}",
            managed=managed,
            changed_at=timezone.now(),
        )


def test_a_change_that_counts_nowhere_leaves_no_step(them: Crew) -> None:
    before = Count.objects.count()
    Member.objects.update(job_title="Pilot")
    Member.objects.filter(pk=0).update(state=State.ARCHIVED)
    assert Count.objects.count() == before


def test_adding_up_many_steps_changes_no_number(them: Crew) -> None:
    entity = them.two.alice_entity
    for number in range(30):
        person(entity, f"New {number}", state=State.INVITED)
    before = _kept(entity.pk)
    assert before == _counted(entity.pk) and Count.objects.filter(entity=entity).count() > 30
    assert numbers.add_up() == 1 and numbers.add_up() == 0
    assert _kept(entity.pk) == before and Count.objects.filter(entity=entity).count() == 1


@pytest.mark.django_db(transaction=True)
def test_members_from_before_are_counted_when_the_numbers_are_brought_in(
    owner_connection: psycopg.Connection,
) -> None:
    made = crew()
    disk = MigrationLoader(None).disk_migrations
    (migration,) = [one for key, one in disk.items() if key == ("directory", "0006_counts")]
    with access.acting_for(made.two.alice_company.pk):
        link(made.bob, made.connection)
        before = _kept(made.two.alice_entity.pk)
    with owner_connection.transaction():
        owner_connection.execute("TRUNCATE directory_count")
        # The migration puts up this table's wall after it has filled it.
        owner_connection.execute("ALTER TABLE directory_count NO FORCE ROW LEVEL SECURITY")
        for operation in migration.operations:
            if isinstance(operation, RunSQL) and "TRIGGER" in str(operation.sql):
                owner_connection.execute(str(operation.reverse_sql))
                owner_connection.execute(str(operation.sql))
        owner_connection.execute("ALTER TABLE directory_count FORCE ROW LEVEL SECURITY")
    with access.acting_for(made.two.alice_company.pk):
        assert _kept(made.two.alice_entity.pk) == before == _counted(made.two.alice_entity.pk)
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname = ANY(%s)", [list(_TABLES)]
            )
            assert cursor.fetchone() == (True,)
