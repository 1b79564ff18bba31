"""The version of a title or contract that holds on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rollcall.connectors.effective import InForce

TODAY = date(2026, 11, 22)


def kept(versions: Sequence[tuple[object, str, dict[str, Any]]], *, settled: bool = True) -> object:
    found = InForce(TODAY)
    for begins, tie, version in versions:
        found.note("p1", begins, tie, version)
    if settled:
        found.settle()
    assert found.of("p2") is None
    return found.of("p1")


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize(
    ("begins", "holds"),
    [
        (["2026-01-01", "2026-11-22", "2026-11-23"], "2026-11-22"),
        (["2026-12-02", "2026-12-01"], "2026-12-01"),
        (["whenever", "2026-12-01"], "whenever"),
        (["whenever", "2020-01-01"], "2020-01-01"),
        ([{"not": "a day"}, "2020-01-01"], "2020-01-01"),
    ],
)
def test_the_latest_that_has_begun_holds_else_the_next(
    begins: list[object], holds: str, settled: bool
) -> None:
    versions = [(each, "t", {"title": str(each)}) for each in begins]
    assert kept(versions, settled=settled) == {"title": holds}
    assert kept(versions[::-1], settled=settled) == {"title": holds}


def test_of_two_of_one_day_the_greater_tie_holds() -> None:
    versions = [("2026-01-01", tie, {"title": tie}) for tie in ("a", "c", "b")]
    assert kept(versions) == {"title": "c"}


def test_a_version_keeps_its_keys_and_values_as_they_are() -> None:
    huge = {"title": "line\nbreak", "salary": 10**30, "level": None, "tags": [{"a": 1.5}]}
    assert kept([("2026-01-01", "t", {"title": "old"}), ("2026-02-01", "t", huge)]) == huge
    assert kept([("2026-01-01", "t", {})]) == {}
