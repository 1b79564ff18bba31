"""The list of guards is in step with the code and with the page made from it; scripts/mutants tries each of them."""

import ast
from pathlib import Path

import pytest

from tests import mutants
from tests.guards import GUARDS, Mutant


@pytest.mark.parametrize("one", GUARDS, ids=lambda one: one.guard)
def test_each_guard_stands_where_the_list_says(one: Mutant) -> None:
    assert mutants.missing(one) == ""
    assert one.new != one.old


@pytest.mark.parametrize("one", GUARDS, ids=lambda one: one.guard)
def test_the_test_that_watches_it_is_there(one: Mutant) -> None:
    place, _, name = one.test.partition("::")
    file, _, case = place.partition(" -k ")
    tree = ast.parse((mutants.ROOT / file).read_text(encoding="utf-8"))
    if case:
        assert list(Path(mutants.ROOT / file).parent.glob(f"cases/*/{case}.json"))
    else:
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_page_of_the_guards_is_in_step() -> None:
    """If this fails, run .venv/bin/python -m tests.mutants --table."""
    assert mutants.TABLE.read_text(encoding="utf-8") == mutants.table()


def test_no_guard_is_listed_twice() -> None:
    assert len({(one.file, one.old, one.new) for one in GUARDS}) == len(GUARDS) >= 18
