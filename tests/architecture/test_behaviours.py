"""The table of behaviours is what the names of the tests say, and every requirement is shown in a real browser."""

from tests import tables
from tests.shown import named_tests


def test_the_table_is_in_step_with_the_names_of_the_tests() -> None:
    """If this fails, run scripts/tables."""
    assert tables.BEHAVIOURS.read_text(encoding="utf-8") == tables.behaviours()


def test_every_requirement_is_shown_in_a_browser_and_every_decision_somewhere() -> None:
    shown = list(named_tests())
    in_browser = {row for one in shown if one.in_browser for row in one.ids}
    anywhere = {row for one in shown for row in one.ids}
    rows = tables.requirements()
    assert [row for row in rows if row.startswith("S") and row not in in_browser] == []
    assert [row for row in rows if row not in anywhere] == []
    assert len(rows) == 65 + 16  # S50 is not used
