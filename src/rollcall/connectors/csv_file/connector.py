"""A CSV file as a connector: the same pages of records as from any HR tool, out of bytes instead of a network.

Tool facts: none; the rules for files are those of docs/how-to/use-csv-files.md.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from itertools import islice
from typing import Final

import msgspec
from msgspec import Struct, field

from rollcall.connectors.base import EVERYTHING, Access, Connector, Delta, Page, Wanted
from rollcall.connectors.csv_file import mapping
from rollcall.connectors.csv_file.declaration import CSV
from rollcall.connectors.csv_file.errors import (
    BadLayout,
    DoubledColumn,
    DoubledKey,
    EmptyFile,
    MissingColumn,
    MostRowsBroken,
    NotChosen,
)
from rollcall.connectors.csv_file.layout import FIELDS, NEEDED, Layout
from rollcall.connectors.csv_file.problems import Problem, Reason
from rollcall.connectors.csv_file.reading import Row, folded, open_sheet, rows
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import Employee

PAGE: Final = 500
_LINES_SHOWN: Final = 5
_MANAGER: Final = ("manager_id", "manager_email")


class Person(Struct, frozen=True, kw_only=True):
    """A row that can be used: the cells by field, and the line it begins in."""

    line: int
    number: str
    cells: Mapping[str, str]


class _Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a page hands on. ``read`` stands for how it was read, so that a new layout reads everybody again."""

    read: str
    number: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
    # a row that cannot be used, by its line
    broken: str = ""


class _Index(Struct, kw_only=True):
    """What one pass over the file tells: who is in it, and how managers are found."""

    people: int = 0
    broken: int = 0
    first_broken: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    # employee number or folded e-mail address -> key; None where two people have it
    keys: dict[str, str | None] = field(default_factory=dict)


class CsvFile(Connector):
    """One file, as its layout says. Raises ``FileRefused`` when made, if there is no table in it."""

    tool = CSV
    # somebody has taken every page
    read_whole = False

    def __init__(self, content: bytes, layout: Layout, wanted: Wanted = EVERYTHING) -> None:
        """Recognise the file and find its columns; no row is looked at yet."""
        self.wanted = wanted
        self.layout = _checked(layout)
        self.lists_everybody = layout.everybody
        self.sheet = open_sheet(content, encoding=layout.encoding, separator=layout.separator)
        self._places = {
            name: self._place(column)
            for name, column in (
                *layout.columns.items(),
                *((f"{mapping.CUSTOM}{name}", column) for name, column in layout.custom.items()),
            )
            if name.partition(".")[0] not in wanted.leave_out
        }
        self._read = hashlib.blake2b(
            msgspec.json.encode((layout, sorted(self._places)), order="sorted"), digest_size=8
        ).hexdigest()

    def _place(self, column: str) -> int:
        wanted = folded(column)
        places = [at for at, name in enumerate(self.sheet.header) if folded(name) == wanted and name]
        if not places:
            raise MissingColumn("column", column=column)
        if len(places) > 1:
            raise DoubledColumn("column", column=column)
        return places[0]

    def judged(self) -> Iterator[Person | Problem]:
        """Yield every row in order: as a person, or why it cannot be used. Raises ``BrokenQuotes``."""
        width, key = len(self.sheet.header), self._places[self.layout.key]
        column = self.sheet.header[key]
        for row in rows(self.sheet):
            if len(row.cells) != width:
                reason = Reason.SHORT if len(row.cells) < width else Reason.LONG
                yield Problem(row.line, "", reason)
                continue
            number, missing = mapping.number_of(row.cells[key], self.layout.key)
            if missing is not None:
                yield Problem(row.line, column, missing)
            else:
                yield Person(line=row.line, number=number, cells=self._cells(row))

    def _cells(self, row: Row) -> dict[str, str]:
        return {name: row.cells[at] for name, at in self._places.items()}

    @cached_property
    def _index(self) -> _Index:
        """Look through the whole file once. Raises ``FileRefused`` for what stops it."""
        found, doubled = _Index(), list[tuple[int, int]]()
        for one in self.judged():
            if isinstance(one, Problem):
                found.broken += 1
                found.first_broken = found.first_broken or one.line
                continue
            found.people += 1
            known = found.lines.setdefault(one.number, one.line)
            if known != one.line:
                doubled.append((known, one.line))
            self._remember(found.keys, one)
        if not found.people and not found.broken:
            raise EmptyFile("no rows")
        if found.broken > found.people:
            raise MostRowsBroken(
                "rows",
                broken=str(found.broken),
                rows=str(found.broken + found.people),
                line=str(found.first_broken),
            )
        if doubled:
            lines = ", ".join(f"{first} + {second}" for first, second in doubled[:_LINES_SHOWN])
            more = ", …" if len(doubled) > _LINES_SHOWN else ""
            raise DoubledKey("key", column=self.layout.columns[self.layout.key], lines=lines + more)
        return found

    def _remember(self, keys: dict[str, str | None], person: Person) -> None:
        if not self._places.keys() & set(_MANAGER):
            return
        for name in ("employee_number", "work_email"):
            if name in person.cells:
                known, _reason = mapping.number_of(person.cells[name], name)
                if known:
                    keys[known] = person.number if keys.get(known, person.number) == person.number else None

    def _person(self, one: Person) -> dict[str, str]:
        """Return the cells with the line manager as the key of theirs: files name managers in several ways."""
        cells = dict(one.cells)
        if not self._places.keys() & set(_MANAGER):
            return cells
        told = [
            mapping.number_of(cells[name], key)[0]
            for name, key in (("manager_id", "employee_number"), ("manager_email", "work_email"))
            if name in cells
        ]
        written = any(mapping.tidied(cells.get(name, "")) for name in _MANAGER)
        if written and not any(told):
            # not readable: the mapping sets it aside
            return cells
        keys = (self._index.keys.get(one) for one in told if one)
        found = next((key for key in keys if key), None)
        # Somebody whom a list of everybody does not have is named as they are; a list of changes proves nothing.
        unknown = next((one for one in told if one), "") if self.layout.everybody else ""
        if found or unknown or not written:
            cells["manager_id"] = found or unknown
        else:
            cells.pop("manager_id", None)
        return cells

    def read(self, one: Person) -> tuple[Employee, mapping.Doubts]:
        """Return a row as an employee, and each field whose value is doubtful with the reason."""
        return mapping.employee(one.number, self._person(one), self.layout)

    def test(self) -> Access:
        """Look through the whole file. Raises ``FileRefused``."""
        return Access(people=self._index.people)

    def pages(self) -> Iterator[Page]:
        """Yield every row; those that cannot be used as records that say so. Raises ``FileRefused``."""
        self.test()
        found = self._records()
        while part := list(islice(found, PAGE)):
            yield Page(b"\n".join(part), _same(part))
        self.read_whole = True

    def _records(self) -> Iterator[bytes]:
        for one in self.judged():
            if isinstance(one, Problem):
                yield msgspec.json.encode(_Record(read=self._read, broken=f"{one.line} {one.reason}"))
            else:
                yield msgspec.json.encode(
                    _Record(read=self._read, number=one.number, cells=self._person(one))
                )

    def changes(self, since: datetime) -> Delta:
        """Files have no such question; a file of changes is read by ``pages``."""
        raise NotImplementedError

    def employee(self, record: bytes) -> Employee:
        """Map one record. Raises ``UnreadableRecord`` naming the line of a row that cannot be used."""
        found = msgspec.json.decode(record, type=_Record)
        if found.broken:
            raise UnreadableRecord(f"line {found.broken}")
        return mapping.employee(found.number, found.cells, self.layout)[0]


def _same(records: Sequence[bytes]) -> Callable[[], Sequence[bytes]]:
    return partial(tuple, records)


def _checked(layout: Layout) -> Layout:
    """Return the layout. Raises ``BadLayout`` for fields that do not exist, ``NotChosen`` for needed ones."""
    unknown = sorted(set(layout.columns) - set(FIELDS))
    if unknown:
        raise BadLayout("unknown field", what=", ".join(unknown))
    missing = sorted({*NEEDED, layout.key} - set(layout.columns))
    if missing:
        raise NotChosen("needed field", fields=", ".join(missing))
    return layout
