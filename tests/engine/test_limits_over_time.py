"""Invariant 2: however removals are cut into runs, what is done without a person stays inside every window's limit."""

from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.limits import Breach, Headcount, Limits, Measure, Sight, Window, breaches, measures
from rollcall.engine.tally import Tally, total

SPANS: Final = {Window.DAY: timedelta(hours=24), Window.WEEK: timedelta(days=7)}

slices = st.lists(
    st.tuples(st.integers(min_value=1, max_value=30), st.integers(min_value=0, max_value=40)), max_size=40
)


def archive(count: int) -> Tally:
    counted = Tally()
    for _ in range(count):
        counted.add(Change(kind=Kind.ARCHIVE, employee_id="1", why=Why.LEFT))
    return counted


@pytest.mark.thorough
@given(people=st.integers(min_value=1, max_value=900), wishes=slices)
def test_rule6_rule7_inv2_no_slicing_of_removals_passes_the_limit_of_a_window(
    people: int, wishes: list[tuple[int, int]]
) -> None:
    """``wishes``: hours to the next run, and how many people it would archive."""
    limits, managed, now = Limits(), people, timedelta()
    done: list[tuple[timedelta, int]] = []
    for hours, count in wishes:
        now += timedelta(hours=hours)
        wish = min(count, managed)
        if not wish:
            continue
        before = Headcount(managed=managed, employees=people)
        sights = [Sight(before=before)]
        for window, span in SPANS.items():
            lately = total(archive(gone) for at, gone in done if at > now - span)
            sights.append(Sight(before=before, window=window, done=lately))
        if breaches(archive(wish), sights, limits):
            continue
        done.append((now, wish))
        managed -= wish
    assert managed > 0
    for window, span in SPANS.items():
        for end, _gone in done:
            inside = sum(gone for at, gone in done if end - span < at <= end)
            there = people - sum(gone for at, gone in done if at <= end - span)
            assert inside <= _most(there, window, limits)


def _most(people: int, window: Window, limits: Limits) -> int:
    sight = Sight(before=Headcount(managed=people, employees=people), window=window)
    found: list[Measure] = [one for one in measures(Tally(), sight, limits) if one.breach is Breach.ARCHIVED]
    (one,) = found
    return one.most
