"""Tables of the documentation that are made from the names of tests: which test shows which requirement.

A test says what it shows by the ids its name begins with (`test_s39_s40_saving_opens_a_preview`), or by the id of a
parameter set (`id="S16-personio"`). `write()` renews `docs/reference/behaviours.md`; `scripts/tables` calls it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

ROOT: Final = Path(__file__).parents[1]
BEHAVIOURS: Final = ROOT / "docs/reference/behaviours.md"
_PRODUCT: Final = ROOT / "docs/product.md"
_BROWSER: Final = "tests/journeys"
_NAMED: Final = re.compile(r"^test((?:_[sd]\d+)+)_")
_PARAMETER: Final = re.compile(r"^([SD]\d+)-")
_ROW: Final = re.compile(r"(?<![\w.(])S(\d+)(?:[-/]S(\d+))?\s")


class Shown(Struct, frozen=True, kw_only=True):
    """A test and what it shows; `languages` of a walk that is done in each of them."""

    place: str
    test: str
    ids: frozenset[str]
    languages: tuple[str, ...] = ()

    @property
    def in_browser(self) -> bool:
        """Tell whether it drives a real browser."""
        return self.place.startswith(_BROWSER)


def requirements() -> dict[str, str]:
    """Return id -> sentence for S1..S66 and, as D1..D16, the decisions, both read from docs/product.md."""
    product = _PRODUCT.read_text(encoding="utf-8")
    wanted = product.split("## 2. Requirements")[1].split("\n## 3.")[0]
    flat = " ".join(re.sub(r"\*\*[^*]+\*\*", "", wanted).split())
    marks = list(_ROW.finditer(flat))
    found: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        sentence = flat[mark.end() : following.start() if following else None].strip(" ·:.,")
        first, last = int(mark[1]), int(mark[2] or mark[1])
        # "S26/S28" names two, "S31-S34" all between; S26 and S28 stand around S27, which has words of its own
        numbers = (first, last) if "/" in mark[0] else range(first, last + 1)
        found |= {f"S{number}": sentence for number in numbers}
    found = {row: found[row] for row in sorted(found, key=lambda row: int(row[1:]))}
    decided = product.split("## 3. Decisions")[1].split("\n## ")[0]
    for one in re.finditer(r"(?m)^(\d+)\. (.+(?:\n   .+)*)", decided):
        found[f"D{one[1]}"] = " ".join(one[2].replace("**", "").split())
    return found


def tests() -> Iterator[Shown]:
    """Yield every test that names what it shows, in order of file and line."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
        walks = {one.name: _languages(one) for one in functions}
        for one in functions:
            ids = _ids(one)
            if ids:
                spoken = [walks[arg.arg] for arg in one.args.args if walks.get(arg.arg)]
                yield Shown(
                    place=str(file.relative_to(ROOT)),
                    test=one.name,
                    ids=ids,
                    languages=spoken[0] if spoken else (),
                )


def _ids(test: ast.FunctionDef) -> frozenset[str]:
    named = _NAMED.match(test.name)
    ids = {part.upper() for part in named[1].strip("_").split("_")} if named else set()
    for node in (node for decorator in test.decorator_list for node in ast.walk(decorator)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            ids |= set(_PARAMETER.findall(node.value))
    return frozenset(ids)


def _languages(fixture: ast.FunctionDef) -> tuple[str, ...]:
    """Return the languages a fixture goes through: `params=["en", "fr"]`."""
    for node in (node for decorator in fixture.decorator_list for node in ast.walk(decorator)):
        if isinstance(node, ast.keyword) and node.arg == "params":
            values = [one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
            if values and set(values) <= {"en", "fr"}:
                return tuple(str(value) for value in values)
    return ()


def behaviours() -> str:
    """Return the page: each requirement with the tests that show it, those in a browser first."""
    shown = list(tests())
    lines = [
        "# Which test shows which behaviour",
        "",
        "Made by `scripts/tables` from the names of the tests. The ids are those of [the product](../product.md);",
        "D stands for its decisions. Tests in `tests/journeys` drive a browser, others speak HTTP or SQL.",
        "",
    ]
    open_rows = [row for row in requirements() if not any(row in one.ids for one in shown)]
    lines += [f"Open rows: {', '.join(open_rows) or 'none'}.", ""]
    for title, letter in (("Requirements", "S"), ("Decisions", "D")):
        lines += [f"## {title}", "", "| id | behaviour | in a browser | without |", "|---|---|---|---|"]
        for row, sentence in requirements().items():
            if row.startswith(letter):
                mine = [one for one in shown if row in one.ids]
                with_browser = _cell([one for one in mine if one.in_browser])
                without = _cell([one for one in mine if not one.in_browser])
                lines.append(f"| {row} | {sentence.replace('|', '&#124;')} | {with_browser} | {without} |")
        lines.append("")
    return "\n".join(lines)


def _cell(found: list[Shown]) -> str:
    return "<br>".join(_link(one) for one in found)


def _link(one: Shown) -> str:
    words = one.test.removeprefix("test_")
    spoken = f" ({', '.join(one.languages)})" if one.languages else ""
    return f"[{words}](../../{one.place}){spoken}"


def write() -> None:
    """Renew the page."""
    BEHAVIOURS.write_text(behaviours(), encoding="utf-8")


if __name__ == "__main__":
    write()
