"""Which contract of a person counts, and what it says of their days and status. Pure, and without a clock.

PayFit has no status of people: it follows from their contracts (rules assumed, made from documented fields).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from rollcall.connectors import parsing
from rollcall.connectors.errors import UnreadableRecord
from rollcall.engine.snapshot import Day, Status

STATUSES: Final = {
    "ACTIVE": Status.ACTIVE,
    "PENDING": Status.UPCOMING,
    "ARCHIVED": Status.INACTIVE,
}
"""Status of a contract -> of its person. ``ACTIVE`` is seen, the spelling of the others assumed."""

OVER: Final = "ARCHIVED"
# which contract counts, best first; a word we do not know may well be one that is running
_RANK: Final = {"ACTIVE": 0, "PENDING": 2, OVER: 3}
_UNKNOWN_WORD: Final = 1
_NEXT_DAY: Final = timedelta(days=1)


class Contract(Struct, frozen=True, kw_only=True):
    """One contract. ``end`` is the last day, included (assumed)."""

    word: str
    start: Day
    end: Day
    row: Mapping[str, Any]


class Work(Struct, frozen=True, kw_only=True):
    """What the contracts say of a person."""

    status: Status = Status.UNKNOWN
    start: Day = UNSET
    end: Day = UNSET
    # the contract that counts, as delivered
    row: Mapping[str, Any] = {}


def work(person: Mapping[str, Any], listed: Sequence[Mapping[str, Any]] | None) -> Work:
    """Return where a person stands by the contracts inside the person and those of ``/contracts``.

    Raises ``UnreadableRecord`` naming PayFit's field.
    """
    nested = person.get("contracts")
    if nested is not None and not _is_objects(nested):
        raise UnreadableRecord("contracts")
    termination = parsing.day(person.get("terminationDate", UNSET), "terminationDate")
    contracts = list(_merged(nested or (), listed or ()))
    if not contracts:
        return _without_contract(termination, is_proven=nested is not None)
    counting = max(contracts, key=_weight)
    start, end = _run(counting, contracts)
    if isinstance(termination, date) and not (isinstance(start, date) and termination < start):
        # one from before the start belongs to an earlier contract of somebody hired again (assumed)
        end = termination
    status = STATUSES.get(counting.word, Status.UNKNOWN)
    return Work(status=status, start=start, end=end, row=counting.row)


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _without_contract(termination: Day, *, is_proven: bool) -> Work:
    if isinstance(termination, date):
        return Work(status=Status.INACTIVE, end=termination)
    # An empty list is that of somebody whose contract is being set up; contracts over for more than a year are
    # not in ``/contracts``, so nothing there proves nothing (documented).
    return Work(status=Status.UPCOMING if is_proven else Status.UNKNOWN, end=termination)


def _merged(*lists: Sequence[Mapping[str, Any]]) -> Iterator[Contract]:
    """Yield each contract once: its id is ``contractId`` in one list and ``id`` in the other (seen)."""
    found: dict[str, dict[str, Any]] = {}
    for rows in lists:
        for row in rows:
            number = parsing.person_id(row.get("contractId", row.get("id", UNSET)), "contracts.id")
            found[number] = {**found.get(number, {}), **row}
    for row in found.values():
        yield Contract(
            word=str(row.get("status")).strip().upper(),
            start=parsing.day(row.get("startDate", UNSET), "contracts.startDate"),
            end=parsing.day(row.get("endDate", UNSET), "contracts.endDate"),
            row=row,
        )


def _weight(contract: Contract) -> tuple[int, date]:
    """Order contracts: a running one with the latest start counts, else the latest (documented)."""
    start = contract.start if isinstance(contract.start, date) else date.min
    return -_RANK.get(contract.word, _UNKNOWN_WORD), start


def _run(counting: Contract, contracts: Sequence[Contract]) -> tuple[Day, Day]:
    """Return first and last day of the unbroken run of contracts around the one that counts."""
    start, end = counting.start, counting.end
    by_start = sorted(contracts, key=lambda each: each.start if isinstance(each.start, date) else date.min)
    for each in reversed(by_start):
        if isinstance(start, date) and isinstance(each.start, date) and each.start < start:
            start = each.start if _reaches(each, start) else start
    for each in by_start:
        if isinstance(end, date) and isinstance(each.start, date) and each.start <= end + _NEXT_DAY:
            end = _later(end, each)
    return start, end


def _reaches(contract: Contract, day: date) -> bool:
    if isinstance(contract.end, date):
        return contract.end + _NEXT_DAY >= day
    return contract.word != OVER


def _later(end: date, contract: Contract) -> Day:
    if isinstance(contract.end, date):
        return max(end, contract.end)
    is_open = contract.word != OVER and not isinstance(contract.end, UnsetType)
    return None if is_open else end
