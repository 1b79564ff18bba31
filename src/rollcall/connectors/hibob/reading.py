"""One read of everybody: ids first, then people, then what stands elsewhere about them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from rollcall.connectors import parsing
from rollcall.connectors.client import Dialogue, decode
from rollcall.connectors.errors import UnreadableRecord
from rollcall.connectors.hibob import mapping
from rollcall.connectors.hibob.lists import label_for, labels_of
from rollcall.connectors.hibob.payloads import Accounts, Composed, Found, Frame, RowId, at
from rollcall.connectors.hibob.question import Question
from rollcall.connectors.hibob.session import LISTS_PATH, Session
from rollcall.connectors.paging import Part, framed, ids_of
from rollcall.engine.snapshot import Status

BATCH: Final = 200
"""Ids in one filter; documented: 50 to 200."""

PROBE: Final = 20
"""People whose size stands for all others', and people asked for a list of accounts before it counts as unused."""

ONE_ANSWER: Final = 16 * 1024 * 1024
"""Bytes up to which everybody is read in one answer; what is bigger takes HiBob long and us much memory (assumed)."""

_found: Final = msgspec.json.Decoder(Found)
_ids: Final = msgspec.json.Decoder(list[RowId])
_rows: Final = msgspec.json.Decoder(list[Raw])
_person: Final = msgspec.json.Decoder(dict[str, Any])
_accounts: Final = msgspec.json.Decoder(Accounts)
_lists: Final = msgspec.json.Decoder(dict[str, Any] | list[Any])

LISTS_REFUSED: Final = frozenset({403, 404})
NOBODY: Final = frozenset({404})


class Everybody(Struct, frozen=True, kw_only=True):
    """Who there is: ids in a lasting order, records without one, and the company's own id."""

    ids: Sequence[str]
    nameless: Sequence[Raw]
    company: str | None


def everybody(dialogue: Dialogue, session: Session) -> Everybody:
    """Ask for all ids, which is small even for a large company."""
    rows = bytes(decode(dialogue, session.search(["root.id"]), _found).employees)
    ids = _row_ids(dialogue, rows)
    raws = _rows.decode(rows)
    told = parsing.as_text(_read(raws[0]).get("companyId") if raws else None)
    return Everybody(
        ids=sorted({each for each in ids if each is not None}, key=lambda each: (len(each), each)),
        nameless=[raw for raw, each in zip(raws, ids, strict=True) if each is None],
        company=told if isinstance(told, str) else None,
    )


def spread(ids: Sequence[str], most: int = PROBE) -> Sequence[str]:
    """Return up to ``most`` of the ids from all over the list."""
    return ids[:: max(1, -(-len(ids) // most))]


def _row_ids(dialogue: Dialogue, rows: bytes) -> Sequence[str | None]:
    return ids_of(dialogue, rows, _ids, lambda row: row.flat.value if row.id is None else row.id)


class Reading:
    """One run's reads: what came so far, the labels of lists, and whether lists of accounts are in use."""

    def __init__(self, dialogue: Dialogue, session: Session, question: Question) -> None:
        self._dialogue, self._session, self._question = dialogue, session, question
        # ids of fields that somebody has
        self.came: set[str] = set()
        # somebody has left
        self._gone = False
        self._labels: dict[str, dict[str, str]] | None = None
        self._list_fields = sorted({*mapping.LISTS, *question.frame.lists})
        # lists of accounts are read only for the bank details of HiBob itself
        self._wants_bank = "bank_account" in question.sought
        self.accounts_closed = False
        self._asked = self._in_use = 0
        # of those measured: who would have to be asked for a list of accounts
        self.needy: list[str] = []

    def parts(self) -> Iterator[Part]:
        """Yield everybody. The first question says how many there must be."""
        people = everybody(self._dialogue, self._session)
        total = len(people.ids) + len(people.nameless)
        if not people.ids:
            yield self._part(list(people.nameless), [None] * total, total)
        elif len(people.ids) <= BATCH or self.size(spread(people.ids)) * len(people.ids) <= ONE_ANSWER:
            yield from self._at_once(total)
        else:
            yield from self._in_batches(people, total)

    def size(self, ids: Sequence[str]) -> float:
        """Return bytes a person, measured on a few."""
        rows, raws = self._asked_for(ids)
        self.needy = [
            number for number, raw in zip(rows, raws, strict=True) if number and self._needs_list(_read(raw))
        ]
        return sum(len(bytes(raw)) for raw in raws) / max(1, len(rows))

    def _at_once(self, total: int) -> Iterator[Part]:
        rows, raws = self._asked_for(None)
        # in the order of ids, cut into pages: a newcomer then changes one page, not all
        order = sorted(range(len(raws)), key=lambda at_: (len(rows[at_] or ""), rows[at_] or ""))
        for start in range(0, max(1, len(order)), BATCH):
            chosen = order[start : start + BATCH]
            yield self._part([raws[each] for each in chosen], [rows[each] for each in chosen], total)

    def _in_batches(self, people: Everybody, total: int) -> Iterator[Part]:
        for start in range(0, len(people.ids), BATCH):
            rows, raws = self._asked_for(people.ids[start : start + BATCH])
            yield self._part(raws, rows, total)
        if people.nameless:
            yield self._part(list(people.nameless), [None] * len(people.nameless), total)

    def _asked_for(self, ids: Sequence[str] | None) -> tuple[Sequence[str | None], list[Raw]]:
        answer = self._session.search(self._question.names, ids, labels=True)
        rows = bytes(decode(self._dialogue, answer, _found).employees)
        found = _row_ids(self._dialogue, rows)
        raws = _rows.decode(rows)
        for raw in raws:
            self._note(_read(raw))
        if not self._gone and mapping.STATUS in self.came:
            # of the same category, and nobody has left: then it is empty for everybody, and not hidden
            self.came.add(mapping.NAMES["end_date"])
        return found, raws

    def _note(self, person: dict[str, Any]) -> None:
        """Remember which fields came: one that is not granted is missing for all."""
        frame = self._question.frame
        self.came.update(
            name
            for name in self._question.names
            if name not in self.came and at(person, name, frame.paths.get(name)) is not msgspec.UNSET
        )
        with suppress(UnreadableRecord):
            self._gone = self._gone or _has_left(person)

    def _part(self, raws: Sequence[Raw], ids: Sequence[str | None], total: int) -> Part:
        composed = [self._composed(raw, number) for raw, number in zip(raws, ids, strict=True)]
        page = framed(self._question.framed(self.came), b"[" + b",".join(composed) + b"]")
        return Part(page=page, ids=ids, total=total)

    def _composed(self, raw: Raw, number: str | None) -> bytes:
        person = _read(raw)
        parts = [b'{"person":', bytes(raw)]
        if labels := self._missing_labels(person):
            parts += [b',"labels":', msgspec.json.encode(labels)]
        accounts = None if number is None else self._accounts_of(person, number)
        if accounts is not None:
            parts += [b',"accounts":', msgspec.json.encode(accounts)]
        return b"".join((*parts, b"}"))

    def _missing_labels(self, person: dict[str, Any]) -> dict[str, str]:
        """Return labels of list items that the answer has no label for."""
        frame = self._question.frame
        found = {}
        for name in self._list_fields:
            path = frame.paths.get(name)
            value = at(person, name, path)
            if value in (None, "", [], msgspec.UNSET) or mapping.label(person, path or name):
                continue
            items = self._items(name)
            if (known := label_for(items, value)) is not None:
                found[name] = known
        return found

    def _items(self, name: str) -> dict[str, str]:
        if self._labels is None:
            answer = self._session.get(LISTS_PATH, {"includeArchived": "true"})
            refused = answer.status in LISTS_REFUSED
            # without the lists those fields are not delivered where only an id came (A7)
            self._labels = {} if refused else labels_of(decode(self._dialogue, answer, _lists))
        default = name.rpartition(".")[2]
        return self._labels.get(self._question.lists.get(name, default), {})

    def _accounts_of(self, person: dict[str, Any], number: str) -> list[dict[str, Any]] | None:
        """Return the list of accounts of somebody who has no single one; None if nobody can tell.

        One request a person, so only for people who are not gone, and only where lists are in use: when
        none of the first few has an account there, nobody else is asked.
        """
        if not self._wants_bank or _has_account_or_left(person, self._question.frame):
            return None
        unused = self._asked >= PROBE and not self._in_use
        if self._question.mapped_bank or self.accounts_closed or unused:
            return [] if self.came & {*self._question.sought["bank_account"]} else None
        found = self.accounts(number)
        self._asked += 1
        self._in_use += bool(found)
        return found

    def _needs_list(self, person: dict[str, Any]) -> bool:
        bank = self._wants_bank and not self._question.mapped_bank
        return bank and not _has_account_or_left(person, self._question.frame)

    def accounts(self, number: str) -> list[dict[str, Any]] | None:
        """Ask for one person's list of accounts; None if it is not given."""
        answer = self._session.get(f"/v1/people/{quote(number, safe='')}/bank-accounts")
        if answer.status == HTTPStatus.FORBIDDEN:
            # the category Financial is not granted (documented): not one more refusal, the firewall counts
            self.accounts_closed = True
            return None
        if answer.status in NOBODY:
            return None
        values = decode(self._dialogue, answer, _accounts).values
        self.came.update(self._question.sought["bank_account"])
        return values


def _read(raw: Raw) -> dict[str, Any]:
    try:
        return _person.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        # will be set aside; the others tell what came
        return {}


def _has_account_or_left(person: dict[str, Any], frame: Frame) -> bool:
    try:
        parts = mapping.single_account(Composed(person=person), frame)
        return _has_left(person) or any(isinstance(part, str) for part in parts.values())
    except UnreadableRecord:
        # will be set aside
        return True


def _has_left(person: dict[str, Any]) -> bool:
    state = mapping.status(at(person, mapping.STATUS), at(person, mapping.LIFE_CYCLE))
    return state is Status.INACTIVE
