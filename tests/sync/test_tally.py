"""Numbers counted once at the end of a run: the same as counted now, until the choice of an entity is another."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from django.db import connection as database
from hypothesis import given
from hypothesis import strategies as st

from rollcall.accounts.models import Entity
from rollcall.connections.belonging import brought_among, brought_in
from rollcall.connections.comparing import count
from rollcall.connections.models import Employee as Row
from rollcall.connections.models import Subscription, Tally
from rollcall.connections.queries import filter_values
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee
from rollcall.sync.why import tally
from rollcall.sync.why.between import PAGE, Group, Place, counts, people, places_of
from tests.sync.test_between import IDS, PEOPLE, SETTINGS, entity, place, shared, somebody
from tests.sync.test_candidates import often

__all__ = ["entity"]

pytestmark = pytest.mark.django_db


@pytest.mark.thorough
@often
@given(each=st.lists(SETTINGS, min_size=1, max_size=3), snapshot=PEOPLE)
def test_what_was_counted_is_what_would_be_counted_now(
    entity: Entity, each: list[Settings], snapshot: list[Employee]
) -> None:
    with shared(entity, each, snapshot) as connection:
        places, _unset = places_of(connection)
        tally.count(entity.company_id, connection.pk, moved=True)
        known, now = Tally.objects.get(connection=connection), counts(connection.pk, places)
        then = tally.counts_of(known, places)
        assert then is not None
        assert (then.employees, then.nowhere, then.several) == (now.employees, now.nowhere, now.several)
        assert dict(tally.values_of(known, connection.pk)) == dict(filter_values(connection.pk))
        for group in Group:
            assert tally.people_of(known, group) == list(people(connection.pk, places, group))
        for one in places:
            settings = one.settings
            assert tally.count_of(known, one.entity_id, settings) == count(connection.pk, settings)


@often
@given(settings=SETTINGS, snapshot=PEOPLE, only=st.lists(st.sampled_from(IDS), min_size=1, max_size=2))
def test_s45_a_few_people_are_brought_in_as_managers_whenever_everybody_is_looked_at(
    entity: Entity, settings: Settings, snapshot: list[Employee], only: list[str]
) -> None:
    """The short way of "why?" finds what the long way of a plan finds."""
    bosses = {one.manager_id for one in snapshot if one.id in only}
    with shared(entity, [settings], snapshot) as connection:
        whole = _ids(*brought_in(connection.pk, settings.scope, settings.exceptions))
        few = _ids(*brought_among(connection.pk, settings.scope, settings.exceptions, only))
    assert few == {one for one in whole if one in only or one in bosses}


def _ids(sql: str, params: Sequence[int | str | list[str]]) -> set[str]:
    with database.cursor() as cursor:
        cursor.execute(sql, params)
        return {row[0] for row in cursor.fetchall()}


def test_another_choice_is_counted_anew(entity: Entity) -> None:
    with shared(entity, [place("Paris")], [somebody(1, "Nantes"), somebody(2, "Paris")]) as connection:
        tally.count(entity.company_id, connection.pk, moved=True)
        known = Tally.objects.get(connection=connection)
        other = Place(entity_id=entity.pk, name="", settings=place("Lyon"))
        assert tally.counts_of(known, [other]) is None
        assert tally.count_of(known, entity.pk, other.settings) is None
        Subscription.objects.update(settings=msgspec.to_builtins(other.settings))
        tally.count(entity.company_id, connection.pk, moved=False)
        found = tally.counts_of(Tally.objects.get(connection=connection), places_of(connection)[0])
        assert found is not None and found.nowhere == 2


def test_an_hour_without_a_change_counts_nothing_and_a_new_day_does(entity: Entity) -> None:
    with shared(entity, [place("Paris")], [somebody(1, "Nantes")]) as connection:
        tally.count(entity.company_id, connection.pk, moved=True)
        Row.objects.all().delete()
        tally.count(entity.company_id, connection.pk, moved=False)
        known = Tally.objects.get(connection=connection)
        assert known.employees == 1
        known.counted_at -= timedelta(days=1)
        known.save()
        tally.count(entity.company_id, connection.pk, moved=False)
        assert Tally.objects.get(connection=connection).employees == 0


def test_a_list_that_is_longer_than_what_was_kept_goes_on_as_before(entity: Entity) -> None:
    crowd = [somebody(number, "Nantes") for number in range(PAGE * 2)]
    with shared(entity, [place("Paris")], crowd) as connection:
        tally.count(entity.company_id, connection.pk, moved=True)
        known, places = Tally.objects.get(connection=connection), places_of(connection)[0]
        known.people[Group.NOWHERE] = known.people[Group.NOWHERE][: PAGE + 5]
        first = tally.people_of(known, Group.NOWHERE)
        assert first is not None and first == list(people(connection.pk, places, Group.NOWHERE))
        after = first[PAGE - 1].row_id
        assert tally.people_of(known, Group.NOWHERE, after=after) is None
        assert tally.people_of(known, Group.NOWHERE, search="Ann0001") is None
