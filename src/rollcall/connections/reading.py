"""One read on its way into the mirror: which pages and records are known, who is staged, what the merge found out."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final

import msgspec
from django.db import DatabaseError
from django.db import connection as database
from django.db.models import F
from msgspec import Struct

from rollcall.accounts import access
from rollcall.accounts.again import again
from rollcall.connections.absences import (
    Noted,
    Read,
    count_on,
    count_present,
    list_missing,
    note_absences,
    note_back,
    note_unread,
)
from rollcall.connections.gone import Gone
from rollcall.connections.known_pages import (
    DIGEST,
    KnownPages,
    find_records,
    forget_others,
    note_told,
    remember,
)
from rollcall.connections.merging import (
    MANY,
    Merged,
    expect_many,
    expect_nothing,
    list_present,
    merge_rows,
)
from rollcall.connections.models import Connection, Employee
from rollcall.connections.rows import Columns
from rollcall.connections.staging import Stage, drop
from rollcall.connectors.base import Connector, Page
from rollcall.connectors.errors import EmptyList, UnreadableRecord

_PART: Final = 4
"""A fourth of the people that were known, or fewer, are looked up one by one."""


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


def noted_aside(aside: Iterable[SetAside]) -> list[Mapping[str, str | None]]:
    """Return what ``Connection.set_aside`` keeps of them: the first hundred."""
    return [msgspec.to_builtins(one) for one in islice(aside, 100)]


def asked_key(connection: Connection, connector: Connector) -> str:
    """Return what changes when people would be read or mapped in another way: a list of changes is no use then."""
    asked = f"{connection.pk}:{connector.mapping_version}:{sorted(connection.wanted.items())!r}"
    return hashlib.blake2b(asked.encode(), digest_size=32).hexdigest()


class Reading:
    """The state of one read: what was seen, by page, and what has to be looked at again."""

    def __init__(
        self, connection: Connection, connector: Connector, gone: Callable[[], Gone] | None = None
    ) -> None:
        self.connection = connection
        self.connector = connector
        self.stage = Stage()
        self._ask_gone = gone or (lambda: Gone(company_id=connection.company_id))
        # A record's digest also covers how it was mapped and what was asked for, so that a new version of
        # the mapping parses everything once more.
        key = bytes.fromhex(asked_key(connection, connector))
        # Whole pages are hashed on quiet hours too, and machines have this one built in.
        self._hash = hashlib.sha256(key)
        self.pages = 0
        self.parsed = 0
        self.aside: list[SetAside] = []
        # Pages with a record that was set aside, or with somebody who stood on another page as well: read in full
        # again, else that person would seem absent as soon as only this page lists them.
        self.doubtful: set[int] = set()
        self.hit_pages: set[bytes] = set()
        self.new_pages: dict[int, bytes] = {}
        # pages of the last complete read; none for a list of changes, whose parts are no pages
        self.known: KnownPages | None = None
        # asked when the first record is looked at
        self.gone: Gone | None = None
        # nobody to look for, nobody to compare with
        self.blank = False
        self.read = 0

    def _digest(self, content: bytes) -> bytes:
        keyed = self._hash.copy()
        keyed.update(content)
        return keyed.digest()[:DIGEST]

    def _by_digest(self, page: Page, records: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the records by digest; what all begin with is hashed once."""
        hashed, same, found = self._hash.copy(), len(page.head), {}
        hashed.update(page.head)
        for record in records:
            keyed = hashed.copy()
            keyed.update(record[same:])
            found[keyed.digest()[:DIGEST]] = record
        return found

    def remember_known(self) -> None:
        """Let pages be known that are those of the last complete read."""
        self.known = KnownPages(self.connection)

    def run(
        self,
        pages: Iterable[Page],
        progress: Callable[[int], None],
        ahead: Callable[[], None] = lambda: None,
    ) -> None:
        """Take in all pages; only temporary tables are written. ``ahead`` is called before a page is worked on."""
        known = self.known.people if self.known else {}
        for page in pages:
            self.pages += 1
            digest = self._digest(page.body)
            if digest in known and digest not in self.hit_pages:
                self.hit_pages.add(digest)
                self.read += known[digest]
            else:
                ahead()
                self._take(page, digest)
            progress(self.read)
        self.stage.flush()

    def _gone(self) -> Gone:
        if self.gone is None:
            with access.acting_for(self.connection.company_id):
                self.gone = self._ask_gone()
                self.blank = self._is_blank()
        return self.gone

    def _is_blank(self) -> bool:
        return not Employee.objects.filter(connection=self.connection).exists()

    def _take(self, page: Page, digest: bytes) -> None:
        self._gone()
        records = page.records()
        self.read += len(records)
        self.new_pages[self.pages] = digest
        by_digest = self._by_digest(page, records)
        seen = {} if self.blank else self._seen(list(by_digest))
        if seen:
            # in the order of the page
            digests = [one for one in by_digest if one in seen]
            self.stage.add_seen(self.pages, [seen[one] for one in digests], digests)
        self._parse((d, r) for d, r in by_digest.items() if d not in seen)

    def _seen(self, digests: Sequence[bytes]) -> Mapping[bytes, int]:
        if self.known is None:
            return find_records(self.connection.company_id, self.connection.pk, digests)
        return self.known.find(self.pages, digests)

    def _parse(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        columns = Columns(company_id=self.connection.company_id, connection_id=self.connection.pk)
        add, parse, page, anybody_gone = (
            self.stage.add,
            self.connector.employee,
            self.pages,
            bool(self._gone()),
        )
        for digest, record in records:
            try:
                employee = parse(record)
            except UnreadableRecord as broken:
                if broken.employee_id is None or not self._is_gone(broken.employee_id):
                    self.aside.append(SetAside(id=broken.employee_id, field=broken.field))
                    self.doubtful.add(page)
                continue
            self.parsed += 1
            if anybody_gone:
                if self._is_gone(employee.id):
                    continue
                if isinstance(employee.manager_email, str) and self._gone().has_email(employee.manager_email):
                    # Somebody who was erased is named by nobody else's record either.
                    employee = msgspec.structs.replace(employee, manager_email=None)
            values, content = columns.of(employee)
            add((page, employee.id, digest, content, *values))

    def in_one(
        self, merge: Callable[[datetime], Fetched], now: datetime, guard: Callable[[], object]
    ) -> Fetched:
        """Write the mirror in one transaction, which may be tried again: what it found out is then forgotten."""
        if self.new_pages or (self.known and self.connector.lists_everybody and not self.is_known()):
            # not inside, since they must stay when it is tried again
            self.stage.make()
        found = again(partial(self._in_one, merge, now, guard), though_lost=False)
        if self.stage.made:
            drop()
        return found

    def _in_one(
        self, merge: Callable[[datetime], Fetched], now: datetime, guard: Callable[[], object]
    ) -> Fetched:
        aside, gone = list(self.aside), self.gone
        try:
            with access.acting_for(self.connection.company_id):
                guard()
                return merge(now)
        except DatabaseError:
            self.aside, self.gone = aside, gone
            raise

    def _is_gone(self, employee_id: str) -> bool:
        return self._gone().has_employee(self.connection.pk, employee_id)

    def _leave_out_newly_gone(self) -> None:
        """Whoever was erased while this read was under way is taken out of the stage; the guard keeps it so."""
        if self.gone is None or not self.stage.made:
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
        with database.cursor() as cursor:
            known = count_present(cursor, self.connection.pk)
            if self.read == 0 and known:
                raise EmptyList("no people in the answer", people=str(known))
            if self.is_known():
                count_on(cursor, self.connection.pk, now)
                return self.result(known, 0, 0, 0)
            merged = self._merge_rows(cursor, now)
            noted = self._note_absences(cursor, now, known, usual)
            self._remember_pages(cursor)
            employees = known + merged.new + noted.back - noted.missing
            self._keep_planning(cursor, known)
        # With the mirror: a worker that dies now must not leave pages that seem to be the whole list (``is_known``).
        Connection.objects.filter(pk=self.connection.pk).update(
            employees=employees, set_aside=noted_aside(self.aside)
        )
        return self.result(employees, merged.new, merged.changed, noted.missing, back=noted.back)

    def is_known(self) -> bool:
        """Tell whether everything that was read is what the last complete read brought, and nothing told since."""
        pages = self.known.people if self.known and not self.known.told else {}
        if not pages or self.new_pages or len(self.hit_pages) != len(pages):
            return False
        # The page of a record that was set aside is never among the known ones: without it, its people are missing.
        return not self.connection.set_aside

    def merge_changes(self, now: datetime) -> Fetched:
        """Bring the mirror in step with a list of changes, in the caller's transaction; no step looks at everybody."""
        self._leave_out_newly_gone()
        changed = new = back = 0
        if self.new_pages:
            with database.cursor() as cursor:
                merged = self._merge_rows(cursor, now)
                changed, new, back = merged.changed, merged.new, self._bring_back(cursor, now)
                self._keep_planning(cursor, self.stage.rows)
        mine = Connection.objects.filter(pk=self.connection.pk)
        if new or back:
            mine.update(employees=F("employees") + new + back)
        employees = mine.values_list("employees", flat=True).get()
        return msgspec.structs.replace(self.result(employees, new, changed, 0), full=False)

    def _merge_rows(self, cursor: Any, now: datetime) -> Merged:
        people = sum(self.known.people.values()) if self.known else MANY * _PART
        blank = self.blank and self._is_blank()
        few = not blank and self.stage.rows <= min(MANY, people // _PART)
        list_present(cursor, self.connection.pk, list(self.hit_pages))
        merged = merge_rows(cursor, self.connection, now, blank=blank, few=few)
        self.aside.extend(SetAside(id=one, field="id") for one in merged.doubled)
        self.doubtful.update(merged.incomplete)
        return merged

    @staticmethod
    def _keep_planning(cursor: Any, people: int) -> None:
        """What follows in this transaction is planned for whole tables only where there are many people."""
        expect = expect_many if people > MANY else expect_nothing
        expect(cursor)

    def _bring_back(self, cursor: Any, now: datetime) -> int:
        """Whoever is told of is present; pages that held another state of them prove nothing any more."""
        cursor.execute("SELECT id FROM matched UNION SELECT id FROM present")
        told = [row[0] for row in cursor.fetchall()]
        aside = [one.id for one in self.aside]
        cursor.execute(
            "SELECT count(*) FROM connections_employee WHERE absent_since IS NOT NULL AND"
            " (id = ANY(%s) OR connection_id = %s AND external_id = ANY(%s))",
            [told, self.connection.pk, aside],
        )
        back = int(cursor.fetchone()[0])
        cursor.execute(
            """
            WITH back AS (
                UPDATE connections_employee e
                SET absent_since = NULL, absent_runs = 0, absent_proven_at = NULL, unread_since = NULL
                WHERE (e.absent_since IS NOT NULL OR e.unread_since IS NOT NULL) AND e.id = ANY(%(told)s)
            )
            UPDATE connections_employee e
            SET unread_since = coalesce(e.unread_since, %(now)s),
                absent_since = NULL, absent_runs = 0, absent_proven_at = NULL
            WHERE e.connection_id = (SELECT %(c)s::bigint) AND e.external_id = ANY(%(aside)s)
              AND (e.unread_since IS NULL OR e.absent_since IS NOT NULL) AND NOT e.id = ANY(%(told)s)
            """,
            {"c": self.connection.pk, "now": now, "told": told, "aside": aside},
        )
        if told:
            note_told(cursor, self.connection, told)
        return back

    def _note_absences(self, cursor: Any, now: datetime, known: int, usual: float | None) -> Noted:
        list_missing(cursor, self.connection.pk)
        excused = [one.id for one in self.aside if one.id is not None]
        nameless = len(excused) < len(self.aside)
        read = Read(connection_id=self.connection.pk, now=now, excused=excused, known=known, usual=usual)
        if self.aside or self.connection.set_aside:
            note_unread(cursor, read, anybody=nameless)
        if nameless:
            # Somebody unreadable without an id might be anybody: this read proves nobody's absence (I1).
            return Noted(0, note_back(cursor, read))
        return note_absences(cursor, read)

    def _remember_pages(self, cursor: Any) -> None:
        forget_others(self.connection, self.hit_pages)
        if any(one.field == "id" for one in self.aside):
            # One id for two people on any of these pages: all of them are read in full again.
            return
        pages = {number: digest for number, digest in self.new_pages.items() if number not in self.doubtful}
        remember(cursor, self.connection, pages)

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
