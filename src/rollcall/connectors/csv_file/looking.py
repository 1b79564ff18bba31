"""A whole file at a glance, for the preview before it is read and for the report beside it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from rollcall.connectors.csv_file.connector import CsvFile, Person
from rollcall.connectors.csv_file.layout import DATES
from rollcall.connectors.csv_file.mapping import orders, status_of, tidied
from rollcall.connectors.csv_file.problems import Problem
from rollcall.connectors.csv_file.reading import folded
from rollcall.engine.snapshot import Employee, Status

MOST_TOLD: Final = 200
"""Problems that are told one by one; all are counted."""

_MOST_WORDS: Final = 50


class Word(Struct, frozen=True, kw_only=True):
    """One word of the status column: as first written, how often, and what it is taken for."""

    word: str
    folded: str
    count: int
    status: Status


class Look(Struct, frozen=True, kw_only=True):
    """What is in a file, read by a layout."""

    encoding: str
    certain: bool
    separator: str
    header: Sequence[str]
    # rows that can be used, and those that cannot
    people: int
    broken: int
    # rows that cannot be used, and values that are set aside or look wrong, in order of the file
    problems: Sequence[Problem]
    doubts: Sequence[Problem]
    doubtful: int
    words: Sequence[Word]
    first: Sequence[Employee]
    # the days of the file can be read in the order of the layout
    days_fit: bool


def look(connector: CsvFile, *, first: int = 20) -> Look:
    """Return what is in the file and its ``first`` people. Raises ``FileRefused``."""
    connector.test()
    problems, doubts, people = list[Problem](), list[Problem](), list[Employee]()
    words, counts = dict[str, str](), Counter[str]()
    broken = doubtful = 0
    fit, columns = True, _columns(connector)
    for one in connector.judged():
        if not isinstance(one, Person):
            broken += 1
            problems += [one] if broken <= MOST_TOLD else []
            continue
        employee, wrong = connector.read(one)
        doubtful += len(wrong)
        doubts += [Problem(one.line, columns[name], why) for name, why in wrong][: MOST_TOLD - len(doubts)]
        people += [employee] if len(people) < first else []
        fit = fit and all(_fits(connector, one.cells[name]) for name in DATES if name in one.cells)
        word = tidied(one.cells.get("status", ""))
        if word and (folded(word) in words or len(words) < _MOST_WORDS):
            words.setdefault(folded(word), word)
            counts[folded(word)] += 1
    layout, sheet = connector.layout, connector.sheet
    return Look(
        encoding=sheet.encoding,
        certain=sheet.certain,
        separator=sheet.separator,
        header=sheet.header,
        people=connector.test().people or 0,
        broken=broken,
        problems=problems,
        doubts=doubts,
        doubtful=doubtful,
        words=[
            Word(word=words[key], folded=key, count=count, status=status_of(key, layout.statuses))
            for key, count in counts.most_common()
        ],
        first=people,
        days_fit=fit,
    )


def _columns(connector: CsvFile) -> Mapping[str, str]:
    """Return field -> name of its column, those of the customer's own and a manager found by address included."""
    layout = connector.layout
    found = {**layout.columns, **{f"custom.{name}": one for name, one in layout.custom.items()}}
    found.setdefault("manager_id", found.get("manager_email", ""))
    return found


def _fits(connector: CsvFile, cell: str) -> bool:
    return connector.layout.dates in orders(cell)
