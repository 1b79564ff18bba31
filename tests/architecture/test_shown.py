"""The tables of faults and behaviours are what the names of the tests say, and have no gap that does not say why."""

from tests import tables
from tests.shown import named_tests


def test_the_table_of_faults_is_in_step_with_the_names_of_the_tests() -> None:
    """If this fails, run scripts/tables."""
    assert tables.FAULTS.read_text(encoding="utf-8") == tables.faults()


def test_the_table_of_behaviours_is_in_step_with_the_names_of_the_tests() -> None:
    """If this fails, run scripts/tables."""
    assert tables.BEHAVIOURS.read_text(encoding="utf-8") == tables.behaviours()


def test_every_row_of_the_fault_catalogue_is_shown_by_a_test_or_says_why_not() -> None:
    assert [row for row in tables.open_faults() if row not in tables.NOT_BUILT] == []
    assert tables.NOT_BUILT.keys() <= tables.catalogue().keys()


def test_every_row_of_the_catalogue_is_known_and_no_test_shows_one_that_is_not_there() -> None:
    """13 of transport, 7 A, 8 P, 9 E, 12 I, 9 V, 6 M, 3 settings, 9 C, 9 O, 7 H, 6 F, 6 N, 8 Z; rules, invariants."""
    rows = tables.catalogue()
    assert len(rows) == 13 + 7 + 8 + 9 + 12 + 9 + 6 + 3 + 9 + 9 + 7 + 6 + 6 + 8 + 10 + 20
    known = rows.keys() | tables.requirements().keys()
    assert [(one.test, sorted(one.ids - known)) for one in named_tests() if one.ids - known] == []


def test_every_requirement_is_shown_in_a_browser_and_every_decision_somewhere() -> None:
    shown = named_tests()
    in_browser = {row for one in shown if one.in_browser for row in one.ids}
    anywhere = {row for one in shown for row in one.ids}
    rows = tables.requirements()
    assert [row for row in rows if row.startswith("S") and row not in in_browser] == []
    assert [row for row in rows if row not in anywhere] == []
    assert len(rows) == 65 + 16  # S50 is not used
