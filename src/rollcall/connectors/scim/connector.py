"""Reads users by SCIM 2.0: by index or by cursor, whatever the server does (RFC 7644, RFC 9865; quirks *seen*)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Final, TypeAlias
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Raw

from rollcall.connectors.base import (
    EVERYTHING,
    NOTHING_AROUND,
    Access,
    Around,
    Connector,
    Delta,
    Page,
    Tool,
    Wanted,
)
from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import Incomplete, UnexpectedAnswer, WrongAddress
from rollcall.connectors.paging import PAGE_LIMIT, Part, StartOver, by_cursor, complete, framed
from rollcall.connectors.scim import mapping
from rollcall.connectors.scim.attributes import boolean, folded, paths
from rollcall.connectors.scim.declaration import COPY_BASE, SCIM
from rollcall.connectors.scim.payloads import Config, Frame, Listed
from rollcall.connectors.scim.server import Server
from rollcall.engine.snapshot import Employee
from rollcall.http_client import Answer, HttpClient

Query: TypeAlias = Sequence[tuple[str, Any]]

COUNT: Final = 100
"""Asked for; servers give fewer if they like."""

OVERLAP: Final = timedelta(minutes=5)
"""Asked for again next time: clocks differ (assumed)."""

INACTIVE: Final = (("filter", "active eq false"),)
FILTER_REFUSED: Final = frozenset({400, 403, 404, 405, 501})

_objects: Final = msgspec.json.Decoder(dict[str, Any])
ENDPOINTS: Final = ("/users", "/groups", "/serviceproviderconfig", "/schemas", "/resourcetypes")


class Scim(Connector):
    """One customer's SCIM server. Credentials: ``base_url`` and ``token``; ``origin`` is made from the first."""

    tool: ClassVar[Tool] = SCIM

    def __init__(
        self,
        credentials: Mapping[str, str],
        http: HttpClient,
        wanted: Wanted = EVERYTHING,
        around: Around = NOTHING_AROUND,
    ) -> None:
        """Prepare the headers; nothing is sent yet."""
        super().__init__(credentials, http, wanted, around)
        self._server = Server(http, credentials)
        self._dialogue = self._server.dialogue
        self._known: Config | None = None
        self._frame = Frame()
        # None until somebody was read
        self._came: set[str] | None = None
        self._inactive_seen = False

    @classmethod
    def prepared(cls, credentials: Mapping[str, str]) -> Mapping[str, str]:
        """Tidy the address and the token. Raises ``WrongAddress``; which hosts are good the client judges."""
        words = credentials["token"].strip("\"'").split()
        if len(words) > 1 and words[0].lower().rstrip(":") == "bearer":
            words = words[1:]
        base, origin = _address(credentials["base_url"])
        return {**credentials, "token": "".join(words), "base_url": base, "origin": origin}

    def test(self) -> Access:
        """Ask what the server can do, and for a page. The standard tells no company, so the host is shown."""
        listed = self._server.listed(self._server.users(self._first_page(())))
        self._settle(listed.raws)
        missing = self._missing() if listed.raws else frozenset()
        return Access(
            company=urlsplit(self.credentials["base_url"]).hostname,
            unreadable={
                each: data.permission for data in SCIM.data for each in data.fields if each in missing
            },
            people=listed.total,
        )

    def pages(self) -> Iterator[Page]:
        """Yield everybody; people whom the server hides once they are inactive are asked for besides."""
        self._came, self._inactive_seen = None, False
        first = self._server.listed(self._server.users(self._first_page(())))
        self._settle(first.raws)
        yield from self._whole((), first)
        if self._config().filters and not self._inactive_seen:
            yield from self._hidden()

    def changes(self, since: datetime) -> Delta:
        """Return whoever changed; everybody where the server has no filter. Deletions never show.

        A page of everybody comes first: it tells which attributes the server has, as in a full read.
        """
        answer = self._server.users(self._first_page(()))
        first = self._server.listed(answer)
        self._settle(first.raws)
        filters: Query = ()
        if self._config().filters:
            moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            asked: Query = [("filter", f'meta.lastModified gt "{moment}"')]
            narrowed = self._server.users(self._first_page(asked))
            if narrowed.status not in FILTER_REFUSED:
                filters, first = asked, self._server.listed(narrowed)
        records = [record for page in self._whole(filters, first) for record in page.records()]
        return Delta(records=records, deleted=(), next_since=_next_since(answer))

    def employee(self, record: bytes) -> Employee:
        """Map one record."""
        return mapping.employee(record)

    def unreadable(self) -> frozenset[str]:
        """Return what no user has: the server may hide it, or not have it at all."""
        return frozenset() if self._came is None else self._missing()

    def _config(self) -> Config:
        if self._known is None:
            self._known = self._server.config()
        return self._known

    def _missing(self) -> frozenset[str]:
        frame = msgspec.structs.replace(self._frame, came=tuple({*self._frame.came, *(self._came or ())}))
        declared = {name for data in SCIM.data for name in data.fields}
        return frozenset(declared - mapping.sought(frame) - self.wanted.leave_out)

    def _settle(self, raws: Sequence[Raw]) -> None:
        """Learn from the first users which attributes come, so that a missing one can be told from a hidden one."""
        came = tuple(sorted({path for raw in raws for path in paths(folded(_top(raw)))}))
        wanted, bank = self.wanted, "bank_account."
        fields, accounts = mapping.guesses(came)
        fields |= {name: path for name, path in wanted.mapped.items() if not name.startswith(bank)}
        chosen = {
            name.removeprefix(bank): path for name, path in wanted.mapped.items() if name.startswith(bank)
        }
        taken = {path.lower() for path in (*fields.values(), *chosen.values())}
        division = {mapping.DIVISION: "division"} if mapping.DIVISION not in taken else {}
        frame = Frame(
            fields=fields,
            bank=chosen or accounts,
            custom=wanted.custom or division,
            leave_out=tuple(sorted(wanted.leave_out)),
        )
        read = mapping.asked(frame)
        self._frame = msgspec.structs.replace(frame, came=tuple(path for path in came if path in read))

    def _first_page(self, filters: Query) -> Query:
        how = ("cursor", "") if self._config().cursors else ("startIndex", 1)
        return [*filters, how, ("count", COUNT)]

    def _whole(self, filters: Query, first: Listed) -> Iterator[Page]:
        """Yield all pages, of which the first has been read; a second look reads it again."""
        once = [first]

        def read() -> Iterator[Part]:
            begun = once.pop() if once else self._server.listed(self._server.users(self._first_page(filters)))
            by_cursors = self._config().cursors or begun.next_cursor
            return self._by_cursor(filters, begun) if by_cursors else self._by_index(filters, begun)

        yield from complete(self._dialogue, read)

    def _by_cursor(self, filters: Query, begun: Listed) -> Iterator[Part]:
        done = 0

        def fetch(cursor: str | None) -> Part:
            query = [*filters, ("cursor", cursor), ("count", COUNT)]
            return self._part(begun if cursor is None else self._server.listed(self._server.users(query)))

        for part in by_cursor(fetch):
            done += len(part.ids)
            yield part
        if begun.total not in (None, len(begun.raws), done):
            raise StartOver

    def _by_index(self, filters: Query, begun: Listed, most: int = PAGE_LIMIT) -> Iterator[Part]:
        """Yield pages by index, 1-based, counting what came and not what was asked for.

        Some servers tell the number of the page as the total (seen). So where the first page is all there is by its
        total, another is asked for; if somebody is on it, no total is believed and an empty page is the end.
        """
        listed, total, done = begun, begun.total, 0
        for number in range(most):
            if number:
                query = [*filters, ("startIndex", done + 1), ("count", COUNT)]
                listed = self._server.listed(self._server.users(query))
            if number == 1 and listed.raws and total == done:
                total = None
            if total is not None and listed.raws and listed.total != total:
                raise StartOver
            yield self._part(listed)
            done += len(listed.raws)
            if not listed.raws or (number and total is not None and done >= total):
                break
        else:
            raise Incomplete("page limit")
        if total not in (None, done):
            raise StartOver

    def _hidden(self) -> Iterator[Page]:
        """Yield inactive people of a server that leaves them out of its list, if it shows them at all."""
        answer = self._server.users(self._first_page(INACTIVE))
        if answer.status in FILTER_REFUSED:
            return
        first = self._server.listed(answer)
        if all(boolean(_top(raw).get("active")) is False for raw in first.raws):
            # else the filter is ignored, and everybody has been read
            yield from self._whole(INACTIVE, first)

    def _part(self, listed: Listed) -> Part:
        rows = [_top(raw) for raw in listed.raws]
        self._inactive_seen |= any(boolean(row.get("active")) is False for row in rows)
        if rows:
            self._came = (self._came or set()) | set(paths(folded(rows[0])))
        ids = [_id(row) for row in rows]
        if ids and not any(ids):
            raise self._dialogue.failure(UnexpectedAnswer, "no record has an id")
        page = framed(msgspec.json.encode(self._frame), b"[" + b",".join(listed.raws) + b"]")
        return Part(page=page, ids=ids, cursor=listed.next_cursor)


def _top(raw: Raw) -> dict[str, Any]:
    """Return a user whose own names are in lower case, but not those inside."""
    try:
        return {name.lower(): value for name, value in _objects.decode(raw).items()}
    except (msgspec.DecodeError, RecursionError):
        # set aside when it is mapped
        return {}


def _id(row: Mapping[str, Any]) -> str | None:
    found = row.get("id")
    return str(found).strip() or None if isinstance(found, str | int) else None


def _next_since(answer: Answer) -> datetime:
    """Return from when to ask next time: the server's own clock, less the overlap; ours if it shows none."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        moment = datetime.now(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - OVERLAP


def _address(text: str) -> tuple[str, str]:
    """Return the base URL and its origin, from whatever of it was pasted."""
    try:
        url = httpx.URL(text if "://" in text else f"https://{text}")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in ("https", "http") or not url.host or url.userinfo or url.query or url.fragment:
        raise Dialogue(tool=SCIM.name, address=text).failure(WrongAddress, "no base URL", remedy=COPY_BASE)
    path = url.raw_path.decode("ascii").rstrip("/")
    for endpoint in ENDPOINTS:
        if path.lower().endswith(endpoint):
            path = path[: -len(endpoint)]
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
    return origin + path, origin
