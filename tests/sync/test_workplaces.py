"""The places that a search of a plan knows are those of everybody, whatever was counted and written since."""

import pytest
from django.utils import timezone
from msgspec.structs import replace

from rollcall.accounts.models import Entity
from rollcall.connections.models import Connection, Subscription, Tally
from rollcall.connections.models import Employee as Row
from rollcall.connections.queries import MANY_VALUES
from rollcall.engine.snapshot import Status
from rollcall.sync.models import Run
from rollcall.sync.plans.workplaces import workplaces
from tests.sync.test_between import entity, place, shared, somebody
from tests.sync.test_stepping import PEOPLE, Story, staged

__all__ = ["entity"]

pytestmark = pytest.mark.django_db


def _every(connection: Connection) -> tuple[set[str], set[str]]:
    """The same, by looking at each row."""
    rows = Row.objects.filter(connection=connection).values_list("work_location", "department")
    locations, departments = zip(*rows, strict=True) if rows else ((), ())
    return {one for one in locations if one}, {one for one in departments if one}


def _known(connection: Connection) -> tuple[set[str], set[str]]:
    locations, departments = workplaces(connection.pk)
    assert (len(locations), len(departments)) == (len({*locations}), len({*departments}))
    return {*locations}, {*departments}


def _place_of_a_count(connection: Connection) -> bool:
    """Whether what was counted is believed: a place that nobody has is put there."""
    Tally.objects.filter(connection=connection).update(values=[["work_location", [["Nowhere", 1]]]])
    return "Nowhere" in _known(connection)[0]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_written_all_places_are_known(entity: Entity, seed: int) -> None:
    with shared(entity, [place("Paris")], []) as connection:
        story = Story(connection, seed)
        for _ in range(PEOPLE):
            story.put(story.anybody())
        for _ in range(12):
            assert _known(connection) == _every(connection)
            if story.chance.random() < 0.5:
                story.count(None)
                assert _known(connection) == _every(connection)
            one = story.anybody()
            with staged([one]):
                story.put(one)
            story.beside()


def test_a_count_is_believed_until_somebody_writes_the_mirror(entity: Entity) -> None:
    people = [somebody(1, "Paris"), replace(somebody(2, "Lyon"), status=Status.INACTIVE)]
    with shared(entity, [place("Paris")], people) as connection:
        Story(connection, 0).count(None)
        assert _known(connection)[0] == {"Paris", "Lyon"}
        assert _place_of_a_count(connection)
        Row.objects.filter(connection=connection, external_id=people[0].id).update(work_location="Lille")
        assert _known(connection)[0] == {"Lille", "Lyon"}


def test_other_settings_leave_a_count_as_it_is_and_a_run_does_not(entity: Entity) -> None:
    with shared(entity, [place("Paris")], [somebody(1, "Paris")]) as connection:
        Story(connection, 0).count(None)
        Subscription.objects.filter(connection=connection).update(version=2, settings={})
        assert _place_of_a_count(connection)
        run = Run(
            company_id=entity.company_id, connection=connection, trigger="clock", started_at=timezone.now()
        )
        run.save()
        assert not _place_of_a_count(connection)
        Story(connection, 0).count(None)
        assert _place_of_a_count(connection)
        Tally.objects.update(marks="")
        assert not _place_of_a_count(connection)


def test_places_of_more_departments_than_are_counted_and_of_long_names_are_known(entity: Entity) -> None:
    people = [somebody(n, "Paris", department=f"d{n}") for n in range(MANY_VALUES + 1)]
    for number, status in enumerate((Status.ACTIVE, Status.INACTIVE), start=2_000):
        people.append(replace(somebody(number, f"{number}" * 800), status=status))
    with shared(entity, [place("Paris")], people) as connection:
        Story(connection, 0).count(None)
        assert _known(connection) == _every(connection)
        assert not _place_of_a_count(connection)
