"""The guides in docs/connect are what the declarations and the translations say today."""

from pathlib import Path

import pytest

from rollcall.project.guides import written

DOCS = Path(__file__).parents[2] / "docs/connect"


@pytest.mark.parametrize("name", sorted(written()))
def test_a_guide_is_in_step_with_its_tool(name: str) -> None:
    """S66; if this fails, run scripts/guides."""
    assert (DOCS / name).read_text(encoding="utf-8") == written()[name]


def test_no_guide_is_left_of_a_tool_that_is_gone() -> None:
    assert {str(one.relative_to(DOCS)) for one in DOCS.glob("*/*.md")} == set(written())
