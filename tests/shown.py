"""Which test shows what: read from the names of tests, without running them.

A test says what it shows by the ids its name begins with (`test_s39_s40_saving_opens_a_preview`), by the id of a
parameter set (`id="S16-personio"`), or, as a case of the engine, by its list `shows`. Ids are `S1`..`S66` and `D1`..
of the product; `T1`.., `SET1`.., `RULE1`.. and `INV1`.. of the fault catalogue.
"""

import ast
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

ROOT: Final = Path(__file__).parents[1]
_BROWSER: Final = "tests/journeys"
_ID: Final = r"(?:set|rule|inv|[a-z])\d{1,2}"
_NAMED: Final = re.compile(rf"^test((?:_{_ID})+)_")
_PROCESSES: Final = ("subprocess", "multiprocessing")
_SLOW: Final = {"thorough", "journey"}
_PARAMETER: Final = re.compile(r"^((?:[A-Z]\d{1,2}-)+)")


class Shown(Struct, frozen=True, kw_only=True):
    """A test and what it shows; `languages` of a walk that is done in each of them."""

    place: str
    test: str
    ids: frozenset[str]
    languages: tuple[str, ...] = ()
    # left out by scripts/check, run by scripts/test
    thorough: bool = False
    # starts whole processes, as the command `rollcall` does
    process: bool = False
    # known to fail: it shows what is missing
    expected_to_fail: bool = False

    @property
    def in_browser(self) -> bool:
        """Tell whether it drives a real browser."""
        return self.place.startswith(_BROWSER)


@functools.cache
def named_tests() -> tuple[Shown, ...]:
    """Return every test that names what it shows, in order of file and line; then the cases of the engine."""
    return tuple(_named_tests())


def _named_tests() -> Iterator[Shown]:
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
        walks = {one.name: _languages(one) for one in functions}
        of_all = _marks(one for one in tree.body if isinstance(one, ast.Assign))
        place = str(file.relative_to(ROOT))
        processes = _starts_processes(tree)
        for one in functions:
            ids = _ids(one)
            if ids:
                spoken = [walks[arg.arg] for arg in one.args.args if walks.get(arg.arg)]
                marks = of_all | _marks(one.decorator_list)
                yield Shown(
                    place=place,
                    test=one.name,
                    ids=ids,
                    languages=spoken[0] if spoken else (),
                    thorough=bool(marks & _SLOW),
                    process=processes and bool(marks & _SLOW),
                    expected_to_fail="xfail" in marks,
                )
    yield from _cases()


def _cases() -> Iterator[Shown]:
    for file in sorted((ROOT / "tests/engine/cases").rglob("*.json")):
        ids = json.loads(file.read_text(encoding="utf-8")).get("shows", [])
        if ids:
            place = str(file.relative_to(ROOT))
            yield Shown(place=place, test=file.stem, ids=frozenset(_of_case(one) for one in ids))


def _of_case(written: str) -> str:
    """Return the id for how a case writes it: "rule 4", "invariant 5", "product 3.8", "S2 of the faults"."""
    for words, letters in (("rule ", "RULE"), ("invariant ", "INV"), ("product 3.", "D")):
        if written.startswith(words):
            return letters + written.removeprefix(words)
    return written.removesuffix(" of the faults").replace("S", "SET") if " of " in written else written


def _ids(test: ast.FunctionDef) -> frozenset[str]:
    named = _NAMED.match(test.name)
    ids = {part.upper() for part in named[1].strip("_").split("_")} if named else set()
    for node in (node for decorator in test.decorator_list for node in ast.walk(decorator)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = _PARAMETER.match(node.value)
            ids |= set(found[1].strip("-").split("-")) if found else set()
    return frozenset(ids)


def _marks(parts: Iterator[ast.Assign] | list[ast.expr]) -> frozenset[str]:
    """Return the names of the pytest marks among decorators, or in the file's `pytestmark`."""
    found = set()
    for part in parts:
        # a mark of one set of parameters is not one of the test
        whole = part.func if isinstance(part, ast.Call) else part
        for node in ast.walk(whole):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
                found |= {node.attr} if node.value.attr == "mark" else set()
    return frozenset(found)


def _starts_processes(tree: ast.Module) -> bool:
    """Tell whether the file, or a file of tests that it takes from, can start processes."""
    for one in tree.body:
        if isinstance(one, ast.Import) and any(name.name in _PROCESSES for name in one.names):
            return True
        if isinstance(one, ast.ImportFrom) and one.module:
            if one.module in _PROCESSES:
                return True
            file = ROOT / f"{one.module.replace('.', '/')}.py"
            if one.module.startswith("tests.") and file.is_file():
                text = file.read_text(encoding="utf-8")
                if any(f"import {name}" in text for name in _PROCESSES):
                    return True
    return False


def _languages(fixture: ast.FunctionDef) -> tuple[str, ...]:
    """Return the languages a fixture goes through: `params=["en", "fr"]`."""
    for node in (node for decorator in fixture.decorator_list for node in ast.walk(decorator)):
        if isinstance(node, ast.keyword) and node.arg == "params":
            values = [one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
            if values and set(values) <= {"en", "fr"}:
                return tuple(str(value) for value in values)
    return ()
