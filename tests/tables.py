"""Tables of the documentation that are made from the names of tests: which test shows which requirement or fault.

`tests/shown.py` reads the names. `write()` renews `docs/reference/behaviours.md` and `docs/reference/faults.md`;
`scripts/tables` calls it.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from tests.shown import ROOT, Shown, named_tests

BEHAVIOURS: Final = ROOT / "docs/reference/behaviours.md"
FAULTS: Final = ROOT / "docs/reference/faults.md"
_PRODUCT: Final = ROOT / "docs/product.md"
_CATALOGUE: Final = ROOT / "docs/reference/fault-catalogue.md"
_ROW: Final = re.compile(r"(?<![\w.(])S(\d+)(?:[-/]S(\d+))?\s")


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


def behaviours() -> str:
    """Return the page: each requirement with the tests that show it, those in a browser first."""
    shown = list(named_tests())
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


NOT_BUILT: Final[Mapping[str, str]] = {
    "O3": "Rollcall calls no webhooks of others yet",
    "O4": "Rollcall calls no webhooks of others yet",
    "O5": "Rollcall calls no webhooks of others yet",
    "O7": "Rollcall is no SCIM client that writes yet",
    "O8": "Rollcall tells no other software of its members yet",
    "O9": "Rollcall writes members nowhere else yet",
    "N1": "Rollcall is no SCIM server yet",
    "N2": "Rollcall is no SCIM server yet",
    "N3": "Rollcall is no SCIM server yet",
    "N5": "Rollcall is no SCIM server yet",
    "N6": "Rollcall is no SCIM server yet",
}
"""Rows of the catalogue that no test shows, each with its reason."""


class Fault(Struct, frozen=True, kw_only=True):
    """A row of the fault catalogue: what happens, and what Rollcall does then. Rules and invariants have no second."""

    id: str
    part: str
    happens: str
    expected: str = ""


def catalogue() -> dict[str, Fault]:
    """Return id -> row, as docs/reference/fault-catalogue.md has them; its S1-S3 are called SET1-SET3."""
    found: dict[str, Fault] = {}
    part, numbered = "", ""
    for line in _CATALOGUE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            part = re.sub(r"^[A-Z]\. ", "", line.removeprefix("## "))
            numbered = {"Ten rules": "RULE", "Invariant": "INV"}.get(part[:9], "")
        row = re.match(r"\| ([A-Z])(\d+) \| (.*) \| (.*) \|$", line)
        sentence = re.match(r"(\d+)\. (.*)$", line)
        if row:
            fault = ("SET" if row[1] == "S" else row[1]) + row[2]
            found[fault] = Fault(id=fault, part=part, happens=row[3], expected=row[4])
        elif sentence and numbered:
            fault = numbered + sentence[1]
            found[fault] = Fault(id=fault, part=part, happens=sentence[2].replace("**", ""))
    return found


def open_faults() -> list[str]:
    """Return the ids of rows that no test shows; a test that is known to fail shows nothing."""
    shown = {row for one in named_tests() for row in one.ids if not one.expected_to_fail}
    return [row for row in catalogue() if row not in shown]


def faults() -> str:
    """Return the page: each row of the fault catalogue with the tests that show it."""
    shown, rows, missing = list(named_tests()), catalogue(), open_faults()
    lines = [*_ABOUT_FAULTS, f"{len(rows) - len(missing)} of {len(rows)} rows are shown by tests.", ""]
    lines += ["## Open rows", ""]
    lines += [
        f"* **{row}** {rows[row].happens.rstrip(chr(46))}: {NOT_BUILT.get(row, 'no test yet')}."
        for row in missing
    ]
    part = ""
    for row in rows.values():
        if row.part != part:
            part = row.part
            lines += ["", f"## {part}", "", "| id | what happens | expected | tests |", "|---|---|---|---|"]
        mine = "<br>".join(_kind(one) for one in shown if row.id in one.ids) or NOT_BUILT.get(
            row.id, "none yet"
        )
        lines.append(f"| {row.id} | {row.happens} | {row.expected} | {mine} |")
    return "\n".join([*lines, ""])


_ABOUT_FAULTS: Final = (
    "# Which test shows which fault",
    "",
    "Made by `scripts/tables` from the names of the tests: `test_p1_inv4_...` shows row P1 and invariant 4 of",
    "[the fault catalogue](fault-catalogue.md). Its rows S1-S3 are called SET1-SET3 here, for S1-S66 are requirements",
    "of [the product](../product.md). Tests without a mark are quick ones that `scripts/check` runs; *thorough* ones,",
    "those in a *browser* and those that start a *whole process* are run by `scripts/test`. *Known to fail* marks a",
    "test of something that is missing; it counts for nothing. `.json` are cases of the engine.",
    "",
)


def _kind(one: Shown) -> str:
    words = ["browser"] if one.in_browser else ["whole process"] if one.process else []
    words = words or (["thorough"] if one.thorough else [])
    words += ["known to fail"] if one.expected_to_fail else []
    return _link(one) + (f" *{', '.join(words)}*" if words else "")


def write() -> None:
    """Renew the pages."""
    BEHAVIOURS.write_text(behaviours(), encoding="utf-8")
    FAULTS.write_text(faults(), encoding="utf-8")


if __name__ == "__main__":
    write()
