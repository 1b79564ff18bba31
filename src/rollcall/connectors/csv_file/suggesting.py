"""What the columns of a file most likely are, for an admin to look at. Nothing is read by a suggestion alone."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from rollcall.connectors.csv_file.errors import DatesOpen, NotChosen
from rollcall.connectors.csv_file.layout import DATES, ENCODINGS, NEEDED, Encoding, Key, Layout, Order
from rollcall.connectors.csv_file.mapping import number_of, orders
from rollcall.connectors.csv_file.names import BY_NAME, LAST_NAME_BESIDE_A_FIRST, MANAGER
from rollcall.connectors.csv_file.reading import Row, Sheet, folded, rows

_EVERY_ORDER: Final[tuple[Order, ...]] = ("iso", "dmy", "mdy")


class Suggestion(Struct, frozen=True, kw_only=True):
    """A layout, and whether somebody has to say in which order its days are written."""

    layout: Layout
    # the days of the file fit several orders, or none
    dates_open: bool


def suggest(sheet: Sheet, known: Layout | None = None) -> Suggestion:
    """Return a layout for the file: the one known so far where its columns are there, else by names and values."""
    columns = _columns(sheet, known)
    manager = _manager(sheet, columns)
    if manager:
        columns[manager[0]] = manager[1]
    found = _orders(sheet, columns)
    order: Order | None = next(iter(found)) if len(found) == 1 else None
    if known is not None:
        order = known.dates if known.dates in found else order
        layout = msgspec.structs.replace(
            known,
            columns=columns,
            custom={name: one for name, one in known.custom.items() if _position(sheet, one) is not None},
            dates=order or known.dates,
            encoding=_legacy(sheet) or known.encoding,
            separator=sheet.separator,
        )
        return Suggestion(layout=layout, dates_open=order is None)
    if len(found) == len(_EVERY_ORDER):
        # no day at all, or only days that begin with the year
        order = "iso"
    layout = Layout(
        columns=columns,
        dates=order or "iso",
        key=_key(sheet, columns),
        encoding=_legacy(sheet) or "windows-1252",
        separator=sheet.separator,
    )
    return Suggestion(layout=layout, dates_open=order is None)


def alone(sheet: Sheet) -> Layout:
    """Return a layout to read the file by without asking anybody. Raises ``DatesOpen`` or ``NotChosen``."""
    found = suggest(sheet)
    needed = {*NEEDED, found.layout.key} - found.layout.columns.keys()
    if needed:
        raise NotChosen("columns", fields=", ".join(sorted(needed)))
    if found.dates_open:
        raise DatesOpen("several orders fit")
    return found.layout


def _legacy(sheet: Sheet) -> Encoding | None:
    return next((one for one in ENCODINGS if one == sheet.encoding), None)


def _position(sheet: Sheet, name: str) -> int | None:
    wanted = folded(name)
    return next((at for at, one in enumerate(sheet.header) if folded(one) == wanted), None)


def _columns(sheet: Sheet, known: Layout | None) -> dict[str, str]:
    found: dict[str, str] = {}
    wished = known.columns if known is not None else {}
    for field, column in wished.items():
        at = _position(sheet, column)
        if at is not None:
            found[field] = sheet.header[at]
    # what was never read stays unread; what was renamed is looked for
    taken = {*found.values(), *(known.custom.values() if known is not None else ())}
    for name in sheet.header:
        named = BY_NAME.get(folded(name))
        if named is not None and name not in taken and (known is None or named in wished):
            found.setdefault(named, name)
    if "first_name" in found and "last_name" not in found:
        spare = (name for name in sheet.header if folded(name) in LAST_NAME_BESIDE_A_FIRST)
        last = next(spare, None)
        if last is not None:
            found["last_name"] = last
    return found


def _cells(sheet: Sheet, name: str) -> Iterator[str]:
    """Yield the cells of a column that are not blank."""
    at = sheet.header.index(name)
    for row in _whole(sheet):
        cell = row.cells[at].strip()
        if cell:
            yield cell


def _whole(sheet: Sheet) -> Iterator[Row]:
    return (row for row in rows(sheet) if len(row.cells) == len(sheet.header))


def _manager(sheet: Sheet, columns: dict[str, str]) -> tuple[str, str] | None:
    """Return what a column that is only called "Manager" holds, judged by its cells; names are no use."""
    if {"manager_id", "manager_email"} & columns.keys():
        return None
    name = next((one for one in sheet.header if folded(one) in MANAGER), None)
    cells = set(_cells(sheet, name)) if name is not None else set()
    if name is None or not cells:
        return None
    if all("@" in cell for cell in cells):
        return "manager_email", name
    if "employee_number" in columns and cells <= set(_cells(sheet, columns["employee_number"])):
        return "manager_id", name
    return None


def _orders(sheet: Sheet, columns: dict[str, str]) -> frozenset[Order]:
    """Return the orders in which all days of the file can be read."""
    found: frozenset[Order] = frozenset(_EVERY_ORDER)
    for name in DATES:
        if name in columns:
            for cell in _cells(sheet, columns[name]):
                found &= orders(cell)
    return found


def _key(sheet: Sheet, columns: dict[str, str]) -> Key:
    """Return the employee number if everybody has one of their own, else the e-mail address."""
    if "employee_number" not in columns:
        return "work_email"
    return "employee_number" if _tells_apart(sheet, columns["employee_number"]) else "work_email"


def _tells_apart(sheet: Sheet, name: str) -> bool:
    at, seen, count = sheet.header.index(name), set[str](), 0
    for row in _whole(sheet):
        number, _reason = number_of(row.cells[at], "employee_number")
        if not number:
            return False
        seen.add(number)
        count += 1
    return len(seen) == count


def samples(sheet: Sheet, most: int) -> Sequence[Sequence[str]]:
    """Return, for each column, up to ``most`` different values from the first rows."""
    found: list[dict[str, None]] = [{} for _name in sheet.header]
    for count, row in enumerate(_whole(sheet)):
        for one, cell in zip(found, row.cells, strict=True):
            if cell.strip() and len(one) < most:
                one.setdefault(cell.strip()[:60])
        if count >= 200:
            break
    return [list(one) for one in found]
