"""Files that people are read from: kept sealed, compared with the ones before, opened as a connector.

A file first *waits* for whoever uploaded it, then it is *kept* with a connection. The rooms above speak to CSV files
through this module alone.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec
from django.utils import timezone
from msgspec import Struct

from rollcall.accounts import access, secrets
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.connections.models import Connection, SourceFile
from rollcall.connectors import catalogue
from rollcall.connectors.csv_file.connector import CsvFile
from rollcall.connectors.csv_file.errors import DatesOpen, FileRefused, NoFile, TooLarge
from rollcall.connectors.csv_file.layout import (
    DATES,
    ENCODINGS,
    FIELDS,
    NEEDED,
    SEPARATORS,
    Layout,
)
from rollcall.connectors.csv_file.looking import Look, look
from rollcall.connectors.csv_file.mapping import status_of
from rollcall.connectors.csv_file.problems import SENTENCES, Problem
from rollcall.connectors.csv_file.reading import MOST_BYTES, Sheet, folded, open_sheet
from rollcall.connectors.csv_file.suggesting import Suggestion, alone, samples, suggest
from rollcall.engine.snapshot import Status

__all__ = [
    "DATES",
    "ENCODINGS",
    "FIELDS",
    "MOST_BYTES",
    "NEEDED",
    "PROBLEMS",
    "SEPARATORS",
    "TOOL",
    "Comparison",
    "DatesOpen",
    "FileRefused",
    "Layout",
    "Look",
    "NoFile",
    "Problem",
    "Sheet",
    "Status",
    "Suggestion",
    "alone",
    "compare",
    "content_of",
    "display_name",
    "erase",
    "folded",
    "forget_waiting",
    "keep",
    "layout_of",
    "look",
    "newest",
    "open_layout",
    "open_sheet",
    "opened",
    "refuse_size",
    "replace_content",
    "samples",
    "status_of",
    "suggest",
    "wait",
    "waiting",
    "written_on",
]

TOOL: Final = "csv"
PROBLEMS: Final = SENTENCES

WAITS: Final = timedelta(hours=1)
"""So long an uploaded file waits to be confirmed."""

CONTENTS_KEPT: Final = 2
TRACES_KEPT: Final = 100

FEWER_SHARE: Final = 2 / 3
FEWER_HEADS: Final = 3

_TABLE: Final = "connections_sourcefile"
_LONGEST_NAME: Final = 100
_DAY_IN_NAME: Final = re.compile(r"(?<!\d)(20\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)")


class Comparison(Struct, frozen=True, kw_only=True):
    """A file beside the one that was kept last."""

    # people in the last one; None if there was none
    before: int | None = None
    last_at: datetime | None = None
    # the very same file
    same: bool = False
    # the very same file as one before the last
    replayed: bool = False
    # written on an earlier day than the last one
    older: bool = False
    # lists everybody, and lost more than a third
    fewer: bool = False
    # lists only changes, and those of the last one are not read yet
    unread: bool = False
    new_columns: Sequence[str] = ()
    gone_columns: Sequence[str] = ()


def display_name(name: str) -> str:
    """Return the last part of what a browser or a folder calls a file, fit to be shown; never used as a path (F5)."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(sign for sign in last if sign.isprintable()).strip()
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 9]}…{shown[-8:]}"


def written_on(name: str) -> datetime | None:
    """Return the day in a file's name, such as ``staff-2026-11-22.csv``, as midnight UTC; ``None`` if none is there."""
    match = _DAY_IN_NAME.search(name)
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def refuse_size(size: int) -> None:
    """Raise ``FileRefused`` for a file that need not even be read (F5)."""
    if size > MOST_BYTES:
        raise TooLarge(f"{size} bytes", most=str(MOST_BYTES // 1024 // 1024))


def wait(
    entity: Entity, content: bytes, name: str, *, actor: Actor, written_at: datetime | None = None
) -> SourceFile:
    """Keep a file until it is confirmed; whatever this person left waiting for this entity is forgotten."""
    now = timezone.now()
    waiting_here = SourceFile.objects.filter(company_id=entity.company_id, connection=None, entity=entity)
    waiting_here.filter(uploaded_by_id=actor.id, uploaded_by=actor.label).delete()
    made = SourceFile.objects.create(
        company_id=entity.company_id,
        entity=entity,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        name=display_name(name),
        uploaded_at=now,
        uploaded_by=actor.label,
        uploaded_by_id=actor.id,
        written_at=written_at or written_on(display_name(name)),
    )
    replace_content(made, content)
    return made


def replace_content(file: SourceFile, content: bytes) -> None:
    """Keep other bytes of a file, compressed and sealed; what tells that the file comes again stays."""
    file.content = secrets.seal(
        zlib.compress(content), company_id=file.company_id, table=_TABLE, field="content", row=file.pk
    )
    file.save(update_fields=["content"])


def waiting(entity_id: int, file_id: int, user_id: int) -> SourceFile | None:
    """Return the file if it waits for this person in this entity, else ``None``."""
    return SourceFile.objects.filter(
        pk=file_id,
        entity_id=entity_id,
        connection=None,
        uploaded_by_id=user_id,
        uploaded_at__gt=timezone.now() - WAITS,
    ).first()


def content_of(file: SourceFile) -> bytes:
    """Return the bytes as they were handed in. Raises ``SealBroken``, and ``NoFile`` for one long past."""
    if not file.content:
        raise NoFile("content is not kept")
    sealed = bytes(file.content)
    return zlib.decompress(
        secrets.unseal(sealed, company_id=file.company_id, table=_TABLE, field="content", row=file.pk)
    )


def newest(connection: Connection) -> SourceFile | None:
    """Return the file that was kept last."""
    return SourceFile.objects.filter(connection=connection).order_by("-uploaded_at", "-pk").first()


def layout_of(connection: Connection) -> Layout | None:
    """Return how files of this connection are read; ``None`` before the first one."""
    return msgspec.convert(connection.layout, Layout) if connection.layout else None


def compare(connection: Connection | None, file: SourceFile, found: Look, layout: Layout) -> Comparison:
    """Compare a file that waits with those of the connection (F4)."""
    last = newest(connection) if connection is not None else None
    if connection is None or last is None:
        return Comparison()
    earlier = SourceFile.objects.filter(connection=connection, sha256=file.sha256)
    same = last.sha256 == file.sha256
    before, after = {folded(one) for one in last.header}, {folded(one) for one in found.header}
    return Comparison(
        before=last.people,
        last_at=last.uploaded_at,
        same=same,
        replayed=not same and earlier.exists(),
        older=bool(file.written_at and last.written_at and file.written_at.date() < last.written_at.date()),
        fewer=layout.everybody
        and last.people - found.people >= FEWER_HEADS
        and found.people < last.people * FEWER_SHARE,
        unread=not layout.everybody and last.read_at is None and not same,
        new_columns=[one for one in found.header if folded(one) not in before],
        gone_columns=[one for one in last.header if folded(one) not in after],
    )


def keep(file: SourceFile, connection: Connection, layout: Layout, found: Look) -> None:
    """Make a file that waits the newest of a connection, to be read by the next run."""
    file.connection, file.uploaded_at = connection, timezone.now()
    file.people, file.header, file.draft = found.people, list(found.header), {}
    file.save(update_fields=["connection", "uploaded_at", "people", "header", "draft"])
    connection.layout, connection.address = msgspec.to_builtins(layout), file.name
    connection.save(update_fields=["layout", "address"])
    kept = SourceFile.objects.filter(connection=connection).order_by("-uploaded_at", "-pk")
    numbers = list(kept.values_list("pk", flat=True))
    SourceFile.objects.filter(pk__in=numbers[CONTENTS_KEPT:]).update(content=b"", name="", header=[])
    SourceFile.objects.filter(pk__in=numbers[TRACES_KEPT:]).delete()


def erase(connection: Connection) -> None:
    """Forget every file of a connection; how they were read stays, for the next time."""
    SourceFile.objects.filter(connection=connection).delete()


def forget_waiting(now: datetime) -> None:
    """Delete files that nobody has confirmed in time; on duty, for all companies."""
    SourceFile.objects.filter(connection=None, uploaded_at__lt=now - WAITS).delete()


@contextmanager
def opened(connection: Connection) -> Iterator[CsvFile]:
    """Yield the connector of the newest file; once all of it was read without an error, that is noted.

    Raises ``FileRefused``, and ``SealBroken`` for moved secrets.
    """
    with access.acting_for(connection.company_id):
        # Not the caller's copy: a file may have come meanwhile, and with it another layout.
        row = Connection.objects.get(pk=connection.pk)
        file, layout = newest(row), layout_of(row)
        if file is None or layout is None:
            raise NoFile("none is kept")
        content = content_of(file)
    connector = open_layout(content, layout)
    yield connector
    if connector.read_whole:
        with access.acting_for(connection.company_id):
            SourceFile.objects.filter(pk=file.pk, read_at=None).update(read_at=timezone.now())


def open_layout(content: bytes, layout: Layout) -> CsvFile:
    """Return the connector of a file that need not be kept. Raises ``FileRefused``."""
    return catalogue.open_file(TOOL, content, layout)
