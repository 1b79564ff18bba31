"""What other lists of Deel say about a person. Refused ones are named, and members go on without (A7)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Raw

from rollcall.connectors.client import Dialogue
from rollcall.connectors.deel.joining import contract_ids, head_of, largest, packed, trimmed, unpacked
from rollcall.connectors.deel.payloads import (
    Bank,
    Contract,
    EmploymentHead,
    EntityHead,
    FramedContract,
    FramedEntity,
    FramedMore,
    Listed,
    PersonHead,
)
from rollcall.connectors.deel.people import Refused, read, rows_of
from rollcall.connectors.deel.session import Session
from rollcall.connectors.joining import digest
from rollcall.connectors.paging import Part, by_cursor, complete, framed

Joined = TypeVar("Joined", Contract, EntityHead)

CONTRACTS: Final = "/contracts"
CONTRACTS_LIMIT: Final = 50
"""As in the documents' example; no maximum is published."""

ENTITIES: Final = "/legal-entities"
ON_PAYROLL: Final = (("global_payroll", "true"), ("include_archived", "false"), ("limit", 100))

DIRECT: Final = frozenset({"hris_direct_employee", "direct_employee"})
"""Accounts of contractors and of staff that Deel employs are not the organisation's to see (documented)."""

LEFT: Final = frozenset({"inactive", "no_active_contracts"})

REFUSED: Final = frozenset({403, 405})
FIELDS_REFUSED: Final = frozenset({400, 403, 422})
"""No right, or a name that Deel does not know any more (last one assumed)."""
BANK_REFUSED: Final = frozenset({403})
NOT_FOUND: Final = 404

LAST_DAY: Final = "worker_termination_last_date_of_work"
ASKED: Final = ("id", LAST_DAY, "ooo", "employments[0].employee_number")
ASK: Final = tuple(("fields[]", name) for name in ASKED)

_lists: Final = msgspec.json.Decoder(Listed)
_contracts: Final = msgspec.json.Decoder(list[Contract])
_entities: Final = msgspec.json.Decoder(list[EntityHead])
_framed_entity: Final = msgspec.json.Decoder(FramedEntity)
_framed_contract: Final = msgspec.json.Decoder(FramedContract)
_framed_more: Final = msgspec.json.Decoder(FramedMore)
_banks: Final = msgspec.json.Decoder(list[Bank])
_objects: Final = msgspec.json.Decoder(dict[str, Any])
MORE: Final = (LAST_DAY, "ooo", "employments")


class Extras:
    """What is joined to people during one run. Grows by some 500 bytes for a person with contract and account."""

    def __init__(self, dialogue: Dialogue, session: Session, leave_out: Collection[str]) -> None:
        self._dialogue, self._session = dialogue, session
        self._leave_out = leave_out
        # fields of Employee that lists were refused for
        self.refused: set[str] = set()
        # contract -> cost centre; None where they do not come. What stands for ids: see ``digest``
        self._centres: dict[bytes, str | None] | None = None
        # legal entities with Global Payroll
        self._payroll: set[str] = set()
        # person -> what came, where anything did; and the keys that came for anybody
        self._more: dict[bytes, bytes] = {}
        self._keys: set[str] = set()
        # worker -> accounts, packed, so that a second look at a list that moved does not ask again
        self._accounts: dict[bytes, bytes] = {}
        # accounts came, and any of them with a number
        self._listed = self._numbered = False

    @property
    def hides_numbers(self) -> bool:
        """Tell whether accounts come without their numbers: these may not be seen (A5)."""
        return self._listed and not self._numbered

    def load(self) -> None:
        """Read the lists that are joined. Raises ``SourceError``."""
        self.refused = set()
        self._load_contracts()
        self._load_more()
        self._load_entities()
        self._accounts = {}
        self._listed = self._numbered = False

    def tried(self, raws: Sequence[Raw]) -> tuple[set[str], int, int]:
        """Return the fields that won't come, and how many contracts and accounts there are to ask for.

        The accounts are those of ``raws``: multiply them up.
        """
        self.refused, contracts = set(), 0
        if "cost_center" not in self._leave_out:
            try:
                contracts = self._contracts_page(None).total or 0
            except Refused:
                self.refused.add("cost_center")
        self._load_entities()
        having = [head for head in map(head_of, raws) if self._may_have_accounts(head)]
        for head in having[:1]:
            self._banks(str(head.worker_id))
        return set(self.refused), contracts, len(having)

    def composed(self, raw: Raw) -> bytes:
        """Return the person with what is joined: equal bytes are an equal person."""
        head = head_of(raw)
        banks = self._banks(str(head.worker_id)) if self._may_have_accounts(head) else b"null"
        joined = (
            b'{"person":',
            bytes(raw),
            b',"more":',
            msgspec.json.encode(self._more_of(head)),
            b',"contracts":',
            msgspec.json.encode(self._centres_of(head)),
            b',"banks":',
            banks,
            b"}",
        )
        return b"".join(joined)

    def _load_entities(self) -> None:
        """Note who has Global Payroll: nobody else has accounts that can be read."""
        self._payroll = set()
        if "bank_account" in self._leave_out:
            return
        try:
            pages = [*complete(self._dialogue, lambda: by_cursor(self._entities_page))]
        except Refused:
            self.refused.add("bank_account")
            return
        found = [_framed_entity.decode(raw).row for page in pages for raw in page.records()]
        self._payroll = {str(each.id) for each in found}

    def _entities_page(self, cursor: str | None) -> Part:
        more = [] if cursor is None else [("cursor", cursor)]
        return self._side_page(ENTITIES, [*ON_PAYROLL, *more], _entities)

    def _load_contracts(self) -> None:
        self._centres = None
        if "cost_center" in self._leave_out:
            return
        centres: dict[bytes, str | None] = {}
        # many contracts have one cost centre: its name is kept once
        names: dict[str | None, str | None] = {}
        count = 0
        try:
            for page in complete(self._dialogue, lambda: by_cursor(self._contracts_page)):
                for raw in page.records():
                    contract = _framed_contract.decode(raw).row
                    count += 1
                    if contract.cost_centers is not UNSET:
                        name = largest(contract.cost_centers)
                        centres[digest(str(contract.id))] = names.setdefault(name, name)
        except Refused:
            self.refused.add("cost_center")
            return
        if count and not centres:
            self.refused.add("cost_center")
            return
        self._centres = centres

    def _contracts_page(self, cursor: str | None) -> Part:
        more = [] if cursor is None else [("after_cursor", cursor)]
        query = [("limit", CONTRACTS_LIMIT), ("expand", "cost_centers"), *more]
        return self._side_page(CONTRACTS, query, _contracts)

    def _side_page(
        self,
        path: str,
        query: Sequence[tuple[str, Any]],
        decoder: msgspec.json.Decoder[list[Joined]],
    ) -> Part:
        """Return a page of a list by cursor. Raises ``Refused``; "nothing found" is an empty list (documented)."""
        answer = self._session.get(path, query)
        if answer.status in REFUSED:
            raise Refused
        if answer.status == NOT_FOUND:
            return Part(page=framed(b"0", b"[]"), ids=())
        listed = self._session.read(answer, _lists)
        rows = bytes(listed.data)
        # what cannot be read would be a value cleared
        ids = [str(each.id) for each in rows_of(self._dialogue, rows, decoder)]
        cursor = listed.page.cursor if ids else None
        return Part(page=framed(b"0", rows), ids=ids, total=listed.page.total_rows, cursor=cursor)

    def _load_more(self) -> None:
        self._more, self._keys = {}, set()
        try:
            for page in complete(
                self._dialogue,
                lambda: read(self._dialogue, self._session, _more_part, ASK, FIELDS_REFUSED),
            ):
                for raw in page.records():
                    self._keep(raw)
        except Refused:
            self._more, self._keys = {}, set()
        if LAST_DAY not in self._keys:
            self.refused.add("last_working_day")

    def _keep(self, raw: bytes) -> None:
        try:
            more = _framed_more.decode(raw).row
        except msgspec.DecodeError:
            # who that is is read elsewhere
            return
        found = {name: value for name in MORE if (value := getattr(more, name)) is not UNSET}
        self._keys |= found.keys()
        kept = {name: value for name in found if (value := trimmed(name, found[name]))}
        if kept:
            self._more[digest(str(more.id))] = msgspec.json.encode(kept)

    def _more_of(self, head: PersonHead) -> Mapping[str, Any]:
        kept = _objects.decode(self._more.get(digest(str(head.id)), b"{}"))
        return {name: kept.get(name) for name in MORE if name in self._keys}

    def _centres_of(self, head: PersonHead) -> Mapping[str, str | None] | None:
        if self._centres is None:
            return None
        found = ((number, digest(number)) for number in contract_ids(head))
        return {number: self._centres[place] for number, place in found if place in self._centres}

    def _may_have_accounts(self, head: PersonHead) -> bool:
        """Tell whether to ask for accounts: one request a person, so not for those who left."""
        jobs: list[PersonHead | EmploymentHead] = [head, *(head.employments or ())]
        return (
            head.worker_id is not None
            and "bank_account" not in self.refused
            and head.person_status != "INACTIVE"
            and head.hiring_status not in LEFT
            and any(
                each.hiring_type in DIRECT
                and each.client_legal_entity is not None
                and str(each.client_legal_entity.id) in self._payroll
                for each in jobs
            )
        )

    def _banks(self, worker: str) -> bytes:
        """Return the accounts of a worker as a JSON list, or ``null`` where nobody can tell."""
        place = digest(worker)
        if place in self._accounts:
            kept = self._accounts[place]
            return msgspec.json.encode(unpacked(kept)) if kept else b"null"
        answer = self._session.get(f"/gp/workers/{quote(worker, safe='')}/banks")
        if answer.status in BANK_REFUSED:
            self.refused.add("bank_account")
            return b"null"
        if answer.status == NOT_FOUND:
            self._accounts[place] = b""
            return b"null"
        listed = self._session.read(answer, _lists)
        rows = rows_of(self._dialogue, bytes(listed.data), _banks)
        self._listed = self._listed or bool(rows)
        self._numbered = self._numbered or any(
            number is not UNSET for each in rows for number in (each.iban, each.account_number)
        )
        self._accounts[place] = packed(rows)
        return msgspec.json.encode(rows)


def _more_part(raws: Sequence[Raw], ids: Sequence[str | None], total: int | None) -> Part:
    rows = b"[" + b",".join(bytes(raw) for raw in raws) + b"]"
    return Part(page=framed(b"0", rows), ids=ids, total=total)
