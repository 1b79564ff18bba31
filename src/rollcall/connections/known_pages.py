"""The pages of the last complete read: whoever stood on a page that comes again byte for byte is known unparsed.

A page also keeps the digests of its records, so that of a page where one record has changed the others are known
without asking for them one by one.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from django.db import connection as database

from rollcall.accounts import access
from rollcall.connections.models import Connection, ReadPage

DIGEST: Final = 16
"""Bytes of a digest."""

_TOLD: Final = b""
"""In place of a page's digest: people whom lists of changes told of since the last complete read. The mirror has newer
records of them than those pages."""

_FEW: Final = 50
"""So many records of a page are looked for one by one before its neighbours are."""

_ALONE: Final = 8
"""So many records are parsed sooner than the mirror is asked whether it has them: most of them are new anyway."""

_AT_ONCE: Final = 8_000
"""The records of so many people are loaded at once where one page after the other has changed."""


class KnownPages:
    """What the last complete read of a connection left."""

    def __init__(self, connection: Connection) -> None:
        """Load the digests of the pages and how many people stood on each."""
        self._connection = connection.pk
        self._company = connection.company_id
        # whether a list of changes told of anybody since
        self.told = False
        self._loaded: dict[int, Mapping[bytes, int]] = {}
        # so many pages are loaded next time, twice as many after each
        self._ahead = 1
        rows = access.asked(
            connection.company_id,
            "SELECT digest, cardinality(employees) FROM connections_readpage WHERE connection_id = %s",
            [connection.pk],
        )
        found = {bytes(digest): int(people) for digest, people in rows}
        if _TOLD in found:
            self.told = True
            with access.acting_for(connection.company_id), database.cursor() as cursor:
                found = {digest: found[digest] for digest in self._untouched(cursor) if digest in found}
        self.people: Mapping[bytes, int] = found

    def _untouched(self, cursor: Any) -> list[bytes]:
        # Hash joins: everybody is looked at once, however many were told of.
        cursor.execute(
            """
            SELECT p.digest FROM connections_readpage p
            WHERE p.connection_id = %(c)s AND p.digest <> %(told)s AND p.id NOT IN (
                SELECT q.id FROM connections_readpage q, unnest(q.employees) AS one
                WHERE q.connection_id = %(c)s AND q.digest <> %(told)s AND one IN (
                    SELECT unnest(t.employees) FROM connections_readpage t
                    WHERE t.connection_id = %(c)s AND t.digest = %(told)s))
            """,
            {"c": self._connection, "told": _TOLD},
        )
        return [bytes(row[0]) for row in cursor.fetchall()]

    def find(self, page: int, digests: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return who of the mirror has these records now, by digest; ``page`` is where they stood most likely.

        Pages are asked about in their order. A few records that stand on no page near may be left out though the mirror
        has them.
        """
        if page not in self._loaded:
            self._load(page, range(page, page + self._ahead))
            usual = sum(self.people.values()) // max(len(self.people), 1)
            self._ahead = max(1, min(self._ahead * 2, _AT_ONCE // max(usual, 1)))
        found = self._near(page, digests)
        if len(digests) - len(found) > _FEW:
            self._load(page, [one for one in (page - 1, page + 1) if one not in self._loaded])
            found = self._near(page, digests)
        left = [digest for digest in digests if digest not in found]
        return found | find_records(self._company, self._connection, left) if len(left) > _ALONE else found

    def _near(self, page: int, digests: Sequence[bytes]) -> dict[bytes, int]:
        """Look on the page and on those of its neighbours that are loaded."""
        found = _of(digests, self._loaded[page])
        for one in (page - 1, page + 1):
            if len(found) < len(digests) and one in self._loaded:
                found |= _of([digest for digest in digests if digest not in found], self._loaded[one])
        return found

    def _load(self, page: int, wanted: Collection[int]) -> None:
        # what lies before the page's neighbour is not asked for again
        self._loaded = {at: kept for at, kept in self._loaded.items() if at >= page - 1}
        self._loaded |= {place: {} for place in wanted}
        if not wanted or not self.people:
            return
        rows = access.asked(
            self._company,
            "SELECT place, digest, employees, records FROM connections_readpage"
            " WHERE connection_id = %s AND place = ANY(%s)",
            [self._connection, list(wanted)],
        )
        for place, digest, employees, records in rows:
            # without people who were told of since: the mirror has other records of them
            if bytes(digest) in self.people and len(records) == DIGEST * len(employees):
                self._loaded[place] = {**self._loaded[place], **_records(bytes(records), employees)}


def _records(records: bytes, employees: Sequence[int]) -> dict[bytes, int]:
    return dict(
        zip((records[at : at + DIGEST] for at in range(0, len(records), DIGEST)), employees, strict=True)
    )


def _of(digests: Sequence[bytes], known: Mapping[bytes, int]) -> dict[bytes, int]:
    return {digest: known[digest] for digest in digests if digest in known} if known else {}


def find_records(company_id: int, connection_id: int, digests: Sequence[bytes]) -> dict[bytes, int]:
    """Return who of the mirror has these records, by digest."""
    rows = access.asked(
        company_id,
        "SELECT record_digest, id FROM connections_employee"
        " WHERE connection_id = (SELECT %s::bigint) AND record_digest = ANY(%s)",
        [connection_id, list(digests)],
    )
    return {bytes(digest): int(employee) for digest, employee in rows}


def forget_others(connection: Connection, digests: Collection[bytes]) -> None:
    """Forget all pages but these, and who was told of since."""
    ReadPage.objects.filter(connection=connection).exclude(digest__in=list(digests)).delete()


def remember(cursor: Any, connection: Connection, pages: Mapping[int, bytes]) -> None:
    """Keep which people stood on these pages (number -> digest), with the digests of their records.

    Whoever is in ``stage`` must be in ``matched``. Of two pages that are the same byte for byte the first stands.
    """
    first = {digest: number for number, digest in reversed(list(pages.items()))}
    cursor.execute(
        """
        INSERT INTO connections_readpage (company_id, connection_id, digest, place, employees, records)
        SELECT %s, %s, p.digest, p.page,
               coalesce(s.employees::bigint[], '{}') || coalesce(n.employees, '{}'),
               coalesce(s.records, '') || coalesce(n.records, '')
        FROM unnest(%s::int[], %s::bytea[]) AS p(page, digest)
        LEFT JOIN stage_seen s ON s.page = p.page
        LEFT JOIN (
            SELECT s.page, array_agg(m.id ORDER BY m.id) AS employees,
                   string_agg(s.record_digest, '' ORDER BY m.id) AS records
            FROM stage s JOIN matched m ON m.external_id = s.external_id GROUP BY s.page
        ) n ON n.page = p.page
        ON CONFLICT (connection_id, digest) DO UPDATE
            SET place = excluded.place, employees = excluded.employees, records = excluded.records
        """,
        [connection.company_id, connection.pk, list(first.values()), list(first)],
    )


def note_told(cursor: Any, connection: Connection, employees: Sequence[int]) -> None:
    """Note of whom a list of changes told: pages they stand on prove nothing any more. Not a step for each page."""
    cursor.execute(
        """
        INSERT INTO connections_readpage (company_id, connection_id, digest, place, employees, records)
        SELECT %s, %s, %s, 0, %s::bigint[], ''
        WHERE EXISTS (SELECT FROM connections_readpage WHERE connection_id = %s)
        ON CONFLICT (connection_id, digest) DO UPDATE
            SET employees = connections_readpage.employees || excluded.employees
        """,
        [connection.company_id, connection.pk, _TOLD, list(employees), connection.pk],
    )
