"""From the HR tool to the mirror: read everything, prove it complete, then write only what differs.

While pages arrive nothing but temporary tables of this session is written. Bytes come first: a page whose keyed
digest is that of the last read is only marked as seen, then a record likewise; what is left is parsed, staged by
COPY and merged with a fixed number of statements. Memory does not grow with the number of people.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from django.db import DatabaseError
from django.db import connection as database
from msgspec import Struct

from rollcall.accounts import access
from rollcall.accounts.again import again
from rollcall.connections.absences import Noted, Read, count_on, note_absences, note_back, note_unread
from rollcall.connections.gone import Gone
from rollcall.connections.merging import (
    MANY,
    drop_doubles,
    expect_many,
    mark_loops,
    merge_rows,
    remember_pages,
)
from rollcall.connections.models import Connection, Employee, ReadPage
from rollcall.connections.rows import VALUE_COLUMNS, values
from rollcall.connectors.base import Connector, Page
from rollcall.connectors.errors import EmptyList, UnreadableRecord

_NEW_COLUMNS: Final = ("page", "external_id", "record_digest", "digest", *VALUE_COLUMNS)
_TYPES: Final = {
    "page": "int",
    "record_digest": "bytea",
    "bank_sealed": "bytea",
    "custom": "jsonb",
    "delivered": "bigint",
    "start_date": "date",
    "end_date": "date",
    "last_working_day": "date",
}
_STAGE: Final = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in _NEW_COLUMNS)
# psycopg needs the types of the columns to send them in binary form
_COPY_TYPES: Final = [
    {"int": "int4", "bigint": "int8"}.get(t, t) for t in (_TYPES.get(n, "text") for n in _NEW_COLUMNS)
]


class SetAside(Struct, frozen=True, kw_only=True):
    """A record that could not be used: it counts as present, and its member stays exactly as they are."""

    id: str | None
    field: str


class Fetched(Struct, frozen=True, kw_only=True):
    """What one read found."""

    employees: int
    new: int
    changed: int
    absent: int
    pages: int
    known_pages: int
    parsed: int
    set_aside: Sequence[SetAside]
    unreadable: Sequence[str]
    # the mirror differs from before in anything at all
    moved: bool
    # everybody was read, not only what changed
    full: bool = True


def fetch(
    connection: Connection,
    connector: Connector,
    *,
    now: datetime,
    progress: Callable[[int], None],
    guard: Callable[[], object] = lambda: None,
    gone: Callable[[], Gone] | None = None,
    usual: float | None = None,
    unmoved: int | None = None,
) -> Fetched:
    """Read all employees into the mirror, or raise and leave the mirror as it was.

    Args:
        connection: whose employees.
        connector: open, with that connection's credentials.
        now: aware; written as the time of first sight and of change.
        progress: called with the number of people read so far, at most once a page.
        guard: called first in the transaction that writes the mirror; raises to write nothing.
        gone: tells whom to leave out because they were erased; they are read, so they count as present (rule 1).
        usual: how many people the last good full reads brought; a list far shorter calls nobody absent.
        unmoved: how many people the mirror has, where it is known to be as the last good run left it and nobody's
            absence is being counted: the same pages again then need no look at it.

    Raises:
        SourceError: from the connector, or ``EmptyList`` when people were known and none came (P1).
    """
    reading = _Reading(connection, connector, gone)
    reading.remember()
    reading.run(connector.pages(), progress)
    if unmoved is not None and reading.is_known():
        return reading.result(unmoved, 0, 0, 0)
    merge = partial(reading.merge, usual=usual) if connector.lists_everybody else reading.merge_changes
    return again(lambda: reading.in_one(merge, now, guard), though_lost=False)


def asked_key(connection: Connection, connector: Connector) -> str:
    """Return what changes when people would be read or mapped in another way: a list of changes is no use then."""
    asked = f"{connection.pk}:{connector.mapping_version}:{sorted(connection.wanted.items())!r}"
    return hashlib.blake2b(asked.encode(), digest_size=32).hexdigest()


def fetch_changes(
    connection: Connection,
    connector: Connector,
    *,
    since: datetime,
    now: datetime,
    progress: Callable[[int], None],
    guard: Callable[[], object] = lambda: None,
    gone: Callable[[], Gone] | None = None,
    unmoved: int | None = None,
) -> tuple[Fetched, datetime] | None:
    """Bring what changed after ``since`` into the mirror; return what it was and from when to ask next time.

    Nobody is called absent by it (P7). ``None`` when the tool can't tell, tells of people who were deleted, or of
    somebody unreadable without a number: only a full read can show who that is. Arguments and errors as with ``fetch``.
    """
    delta = connector.changes(since)
    if delta is None or delta.deleted:
        return None
    reading = _Reading(connection, connector, gone)
    if unmoved is not None and not delta.records:
        return msgspec.structs.replace(reading.result(unmoved, 0, 0, 0), full=False), delta.next_since
    reading.run((_part(delta.records[at : at + MANY]) for at in range(0, len(delta.records), MANY)), progress)
    if any(one.id is None for one in reading.aside):
        # It may be anybody's; only a list of everybody shows whose it is not.
        return None
    found = again(lambda: reading.in_one(reading.merge_changes, now, guard), though_lost=False)
    return found, delta.next_since


def merge_made_up(
    connection: Connection,
    connector: Connector,
    *,
    fill: Callable[[], int],
    now: datetime,
    usual: float | None,
) -> Fetched:
    """Do with people whom ``fill`` puts into the stage what is done at the end of a full read (fire drill).

    ``fill`` returns how many they are; ``usual`` as with ``fetch``. In the caller's transaction; raises
    ``SourceError`` as ``fetch`` does.
    """
    reading = _Reading(connection, connector)
    reading.make_stage()
    reading.pages = 1
    reading.read = reading.parsed = fill()
    reading.new_pages = {1: b"made up"}
    return reading.merge(now, usual)


def _part(records: Sequence[bytes]) -> Page:
    return Page(b"".join(records), lambda: records)


class _Reading:
    """The state of one read: what was seen, by page, and what has to be looked at again."""

    def __init__(
        self, connection: Connection, connector: Connector, gone: Callable[[], Gone] | None = None
    ) -> None:
        self.connection = connection
        self.connector = connector
        self._ask_gone = gone or (lambda: Gone(company_id=connection.company_id))
        # A record's digest also covers how it was mapped and what was asked for, so that a new version of
        # the mapping parses everything once more.
        self._key = bytes.fromhex(asked_key(connection, connector))
        self.pages = 0
        self.parsed = 0
        self.aside: list[SetAside] = []
        # pages with a record that was set aside: read in full again, else that person would seem absent
        self.doubtful: set[int] = set()
        self.hit_pages: list[bytes] = []
        self.new_pages: dict[int, bytes] = {}
        self.known: dict[bytes, int] = {}
        # asked when the first record is to be staged
        self.gone: Gone | None = None
        self.read = 0
        self._staged = False

    def remember(self) -> None:
        """Learn which pages the last complete read had, and of how many people."""
        rows = access.asked(
            self.connection.company_id,
            "SELECT digest, cardinality(employees) FROM connections_readpage WHERE connection_id = %s",
            [self.connection.pk],
        )
        self.known = {bytes(digest): people for digest, people in rows}

    def is_known(self) -> bool:
        """Tell whether the pages were those of the last complete read, all of them and no others.

        The page of a record that was set aside is never among the known ones: without it, its people are missing.
        """
        whole = bool(self.known) and len(self.hit_pages) == len(self.known)
        return whole and not self.new_pages and not self.connection.set_aside

    def make_stage(self) -> None:
        """Make the temporary tables, once; a read that brings nothing new does without."""
        if self._staged:
            return
        self._staged = True
        with database.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS stage, stage_seen")
            cursor.execute(f"CREATE TEMPORARY TABLE stage ({_STAGE})")
            cursor.execute("CREATE TEMPORARY TABLE stage_seen (page int, employee bigint)")

    def _digest(self, content: bytes) -> bytes:
        return hashlib.blake2b(content, digest_size=16, key=self._key).digest()

    def run(self, pages: Iterable[Page], progress: Callable[[int], None]) -> None:
        """Take in all pages; only temporary tables are written."""
        for page in pages:
            self.pages += 1
            digest = self._digest(page.body)
            if digest in self.known and digest not in self.hit_pages:
                self.hit_pages.append(digest)
                self.read += self.known[digest]
            else:
                self._take(page, digest)
            progress(self.read)

    def _take(self, page: Page, digest: bytes) -> None:
        self.make_stage()
        self._gone()
        records = page.records()
        self.read += len(records)
        self.new_pages[self.pages] = digest
        by_digest = {self._digest(record): record for record in records}
        with access.acting_for(self.connection.company_id), database.cursor() as cursor:
            cursor.execute(
                "SELECT record_digest, id FROM connections_employee"
                " WHERE connection_id = %s AND record_digest = ANY(%s)",
                [self.connection.pk, list(by_digest)],
            )
            seen = {bytes(row[0]): row[1] for row in cursor.fetchall()}
            if seen:
                cursor.execute(
                    "INSERT INTO stage_seen SELECT %s, unnest(%s::bigint[])",
                    [self.pages, list(seen.values())],
                )
            fresh = ((d, r) for d, r in by_digest.items() if d not in seen)
            with cursor.copy(f"COPY stage ({', '.join(_NEW_COLUMNS)}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(_COPY_TYPES)
                for row in self._rows(fresh):
                    copy.write_row(row)

    def _rows(self, records: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[Any, ...]]:
        for digest, record in records:
            try:
                employee = self.connector.employee(record)
            except UnreadableRecord as broken:
                if broken.employee_id is not None and self._is_gone(broken.employee_id):
                    continue
                self.aside.append(SetAside(id=broken.employee_id, field=broken.field))
                self.doubtful.add(self.pages)
                continue
            self.parsed += 1
            if self._is_gone(employee.id):
                continue
            if isinstance(employee.manager_email, str) and self._gone().has_email(employee.manager_email):
                # Somebody who was erased is named by nobody else's record either.
                employee = msgspec.structs.replace(employee, manager_email=None)
            columns, content = values(
                employee, company_id=self.connection.company_id, connection_id=self.connection.pk
            )
            yield (self.pages, employee.id, digest, content, *columns)

    def in_one(
        self, merge: Callable[[datetime], Fetched], now: datetime, guard: Callable[[], object]
    ) -> Fetched:
        """Write the mirror in one transaction, which may be tried again: what it found out is then forgotten."""
        aside, gone = list(self.aside), self.gone
        try:
            with access.acting_for(self.connection.company_id):
                guard()
                return merge(now)
        except DatabaseError:
            self.aside, self.gone = aside, gone
            raise

    def _gone(self) -> Gone:
        if self.gone is None:
            with access.acting_for(self.connection.company_id):
                self.gone = self._ask_gone()
        return self.gone

    def _is_gone(self, employee_id: str) -> bool:
        return self._gone().has_employee(self.connection.pk, employee_id)

    def _leave_out_newly_gone(self) -> None:
        """Whoever was erased while this read was under way is taken out of the stage; the guard keeps it so."""
        if self.gone is None:
            # nothing was staged
            return
        before, self.gone = self.gone, self._ask_gone()
        if self.gone == before:
            return
        with database.cursor() as cursor:
            cursor.execute("SELECT DISTINCT external_id FROM stage")
            gone = [row[0] for row in cursor.fetchall() if self._is_gone(row[0])]
            cursor.execute("DELETE FROM stage WHERE external_id = ANY(%s)", [gone])

    def merge(self, now: datetime, usual: float | None) -> Fetched:
        """Bring the mirror in step with what was read, in the caller's transaction."""
        self._leave_out_newly_gone()
        known = Employee.objects.filter(connection=self.connection, absent_since=None).count()
        if self.read == 0 and known:
            raise EmptyList("no people in the answer", people=str(known))
        if self.is_known():
            with database.cursor() as cursor:
                count_on(cursor, self.connection.pk, now)
            return self.result(known, 0, 0, 0)
        self.make_stage()
        with database.cursor() as cursor:
            if max(self.parsed, known) > MANY:
                expect_many(cursor)
            self._drop_doubles(cursor)
            changed, new, regrouped = merge_rows(cursor, self.connection, now)
            noted = self._note_absences(cursor, now, known, usual)
            if regrouped:
                mark_loops(cursor, self.connection.pk)
        self._remember_pages()
        employees = Employee.objects.filter(connection=self.connection, absent_since=None).count()
        return self.result(employees, new, changed, noted.missing, back=noted.back)

    def merge_changes(self, now: datetime) -> Fetched:
        """Bring the mirror in step with a list of changes, in the caller's transaction."""
        self._leave_out_newly_gone()
        changed = new = 0
        if self.new_pages:
            with database.cursor() as cursor:
                if self.parsed > MANY:
                    expect_many(cursor)
                self._drop_doubles(cursor)
                changed, new, regrouped = merge_rows(cursor, self.connection, now)
                self._bring_back(cursor, now)
                if regrouped:
                    mark_loops(cursor, self.connection.pk)
        employees = Employee.objects.filter(connection=self.connection, absent_since=None).count()
        return msgspec.structs.replace(self.result(employees, new, changed, 0), full=False)

    def _bring_back(self, cursor: Any, now: datetime) -> None:
        """Whoever is told of is present; and pages that held another state of them prove nothing any more."""
        cursor.execute(
            """
            WITH told AS (
                SELECT e.id FROM stage s JOIN connections_employee e
                  ON e.connection_id = %(c)s AND e.external_id = s.external_id
                UNION SELECT employee FROM stage_seen
            ), back AS (
                UPDATE connections_employee e
                SET absent_since = NULL, absent_runs = 0, absent_proven_at = NULL, unread_since = NULL
                WHERE (e.absent_since IS NOT NULL OR e.unread_since IS NOT NULL) AND e.id IN (SELECT id FROM told)
            ), aside AS (
                UPDATE connections_employee e SET unread_since = %(now)s
                WHERE e.connection_id = %(c)s AND e.external_id = ANY(%(aside)s) AND e.unread_since IS NULL
                  AND e.id NOT IN (SELECT id FROM told)
            )
            DELETE FROM connections_readpage p
            WHERE p.connection_id = %(c)s AND p.employees && (SELECT array_agg(id) FROM told)
            """,
            {"c": self.connection.pk, "now": now, "aside": [one.id for one in self.aside]},
        )

    def _note_absences(self, cursor: Any, now: datetime, known: int, usual: float | None) -> Noted:
        self._note_present(cursor)
        excused = [one.id for one in self.aside if one.id is not None]
        nameless = len(excused) < len(self.aside)
        read = Read(connection_id=self.connection.pk, now=now, excused=excused, known=known, usual=usual)
        if self.aside or self.connection.set_aside:
            note_unread(cursor, read, anybody=nameless)
        if nameless:
            # Somebody unreadable without an id might be anybody: this read proves nobody's absence (I1).
            return Noted(0, note_back(cursor, self.connection.pk))
        return note_absences(cursor, read)

    def _note_present(self, cursor: Any) -> None:
        """Fill the table ``present`` with whoever was in the read, less the records that were set aside."""
        cursor.execute("DROP TABLE IF EXISTS present")
        cursor.execute(
            """
            CREATE TEMPORARY TABLE present AS
            SELECT employee AS id FROM stage_seen
            UNION SELECT unnest(p.employees) FROM connections_readpage p
                  WHERE p.connection_id = %s AND p.digest = ANY(%s)
            UNION SELECT e.id FROM stage s JOIN connections_employee e
                  ON e.connection_id = %s AND e.external_id = s.external_id
            """,
            [self.connection.pk, self.hit_pages, self.connection.pk],
        )
        cursor.execute("ANALYZE present")

    def _drop_doubles(self, cursor: Any) -> None:
        doubled = drop_doubles(cursor, self.connection.pk, self.hit_pages)
        self.aside.extend(SetAside(id=one, field="id") for one in doubled)

    def _remember_pages(self) -> None:
        stale = ReadPage.objects.filter(connection=self.connection).exclude(digest__in=self.hit_pages)
        stale.delete()
        if any(one.field == "id" for one in self.aside):
            # One id for two people on any of these pages: all of them are read in full again.
            return
        pages = {number: digest for number, digest in self.new_pages.items() if number not in self.doubtful}
        with database.cursor() as cursor:
            remember_pages(cursor, self.connection, pages)

    def result(self, employees: int, new: int, changed: int, absent: int, *, back: int = 0) -> Fetched:
        """Return what the read found, with these numbers of the mirror."""
        return Fetched(
            employees=employees,
            new=new,
            changed=changed,
            absent=absent,
            pages=self.pages,
            known_pages=len(self.hit_pages),
            parsed=self.parsed,
            set_aside=tuple(self.aside),
            unreadable=tuple(sorted(self.connector.unreadable())),
            moved=bool(new or changed or absent or back),
        )
