"""Take one person out of the mirror, and of the files that people are read from; for good.

Everything here runs inside the caller's transaction, which acts for one company.
"""

import csv
import io
from collections.abc import Collection, Sequence
from typing import Final

from django.db import connection as database

from rollcall.accounts import access
from rollcall.connections import source_files
from rollcall.connections.models import Connection, Employee, ReadPage, SourceFile, Subscription, Tally
from rollcall.connectors.csv_file.errors import FileRefused
from rollcall.connectors.csv_file.layout import Layout
from rollcall.connectors.csv_file.reading import Sheet, rows
from rollcall.engine.snapshot import fold_email

_OWN: Final = ("employee_number", "work_email", "personal_email")


def hold(connection_ids: Collection[int]) -> None:
    """Make runs of these connections wait before they write the mirror, plan or apply, until this transaction ends."""
    list(
        Connection.objects.select_for_update().filter(pk__in=connection_ids).order_by("pk").values_list("pk")
    )
    used = Subscription.objects.select_for_update().filter(connection_id__in=connection_ids)
    list(used.order_by("pk").values_list("pk"))


def words_of(connection_id: int, employee_id: str) -> tuple[list[str], list[str]]:
    """Return the addresses and the names by which the mirror knows an employee."""
    row = Employee.objects.filter(connection_id=connection_id, external_id=employee_id).first()
    if row is None:
        return [], []
    emails = [one for one in (row.work_email, row.personal_email) if one]
    last = row.last_name or ""
    firsts = [one for one in (row.first_name, row.preferred_name) if one]
    return emails, [f"{first} {last}".strip() for first in firsts]


def forget_employee(connection_id: int, employee_id: str) -> None:
    """Delete the mirror row and what is kept beside it; other people's rows stay as they are.

    The pages of the last read stay known without the person, so that nobody else on them seems to be absent.
    """
    row = Employee.objects.filter(connection_id=connection_id, external_id=employee_id).first()
    with database.cursor() as cursor:
        if row is not None:
            cursor.execute(
                "UPDATE connections_readpage SET employees = array_remove(employees, %s), records = ''"
                " WHERE connection_id = %s AND %s = ANY(employees)",
                [row.pk, connection_id, row.pk],
            )
            row.delete()
    # Counted anew by the next run; until then pages count for themselves.
    Tally.objects.filter(connection_id=connection_id).delete()
    connection = Connection.objects.get(pk=connection_id)
    connection.set_aside = [one for one in connection.set_aside if one.get("id") != employee_id]
    connection.employees = Employee.objects.filter(connection_id=connection_id, absent_since=None).count()
    connection.save(update_fields=["set_aside", "employees"])


def read_again(connection_ids: Collection[int]) -> None:
    """Let the next run read everybody in full; a run at work stops, since it has passed somebody over."""
    ReadPage.objects.filter(connection_id__in=connection_ids).delete()
    Connection.objects.filter(pk__in=connection_ids).update(full_read_at=None, lease=None)


def forget_in_files(company_id: int, employee_ids: Collection[str], emails: Collection[str]) -> int:
    """Take a person's rows out of the newest file, and drop what else is kept of files that hold them.

    That there was a file, when, and its digest stay. Returns how many files were changed.
    """
    changed = 0
    with access.acting_for(company_id):
        held = SourceFile.objects.select_for_update().exclude(content=b"").filter(company_id=company_id)
        newest: dict[int, int] = {}
        for file in held.order_by("-uploaded_at", "-pk"):
            first = (
                file.connection_id is not None and newest.setdefault(file.connection_id, file.pk) == file.pk
            )
            changed += _forget_in_file(file, employee_ids, emails, newest=first)
    return changed


def _forget_in_file(
    file: SourceFile, employee_ids: Collection[str], emails: Collection[str], *, newest: bool
) -> bool:
    layout = source_files.layout_of(file.connection) if file.connection is not None else None
    try:
        sheet = _opened(source_files.content_of(file), layout)
        kept, touched = _without(sheet, layout, employee_ids, {fold_email(one) for one in emails})
    except FileRefused:
        # No table, so that nobody can be looked for in it. It is read by nobody either.
        SourceFile.objects.filter(pk=file.pk).update(content=b"", name="", header=[])
        return True
    if not touched:
        return False
    if file.connection_id is None:
        file.delete()
    elif newest:
        source_files.replace_content(file, _written(sheet, kept))
    else:
        SourceFile.objects.filter(pk=file.pk).update(content=b"", name="", header=[])
    return True


def _opened(content: bytes, layout: Layout | None) -> Sheet:
    if layout is None:
        return source_files.open_sheet(content)
    return source_files.open_sheet(content, encoding=layout.encoding, separator=layout.separator)


def _without(
    sheet: Sheet, layout: Layout | None, employee_ids: Collection[str], keys: Collection[str]
) -> tuple[list[Sequence[str]], bool]:
    """Return the rows of others, in which the addresses are blank, and whether anything differs from before.

    A row is the person's by number or by an address of its own: that of a line manager makes it nobody's.
    """
    named = layout.columns if layout else {}
    columns = {source_files.folded(named[name]): name for name in _OWN if name in named}
    places = [
        (at, columns[key])
        for at, one in enumerate(sheet.header)
        if (key := source_files.folded(one)) in columns
    ]
    kept: list[Sequence[str]] = []
    touched = False
    for row in rows(sheet):
        cells = row.cells
        if any(at < len(cells) and _is_theirs(cells[at], name, employee_ids, keys) for at, name in places):
            touched = True
            continue
        blank = ["" if fold_email(cell) in keys else cell for cell in cells]
        touched = touched or blank != cells
        kept.append(blank)
    return kept, touched


def _is_theirs(cell: str, name: str, employee_ids: Collection[str], keys: Collection[str]) -> bool:
    return cell.strip() in employee_ids if name == "employee_number" else fold_email(cell) in keys


def _written(sheet: Sheet, kept: Sequence[Sequence[str]]) -> bytes:
    """Return a file with the same header in the same separator and, as far as it tells one, encoding."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=sheet.separator)
    writer.writerow(sheet.header)
    writer.writerows(kept)
    return sheet.content[: sheet.skip] + text.getvalue().encode(sheet.codec)
