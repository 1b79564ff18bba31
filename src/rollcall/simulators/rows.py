"""Cutting lists of people into pages, and records into bytes: where faults of paging and of records come
in.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from rollcall.simulators import faults as catalogue
from rollcall.simulators.faults import Fault
from rollcall.simulators.people import Person
from rollcall.simulators.world import World

Record: TypeAlias = dict[str, object]
Encode: TypeAlias = Callable[[Person], Record]
Put: TypeAlias = Callable[[Record, str, object], None]

_JSON = msgspec.json.Encoder()


class Rows(msgspec.Struct, kw_only=True):
    """One page: its people's ids, whether more follow, where the next starts, the total the tool tells."""

    ids: list[int]
    start: int
    next_start: int | None
    total: int
    twice: int | None = None  # the id to show again with another name (P8)


def cut(world: World, ids: Sequence[int], start: int, size: int, page: int) -> Rows:
    """The page that begins at `start`; `page` (from 1) is what faults of paging are aimed at."""
    fault = next((f for f in world.faults if f.id in catalogue.IN_ROWS and _aims(f, page)), None)
    if fault and fault.id == "P1":
        return Rows(ids=[], start=start, next_start=None, total=0)
    if fault and fault.id == "P5" and fault.mode != "expired":
        start = 0 if fault.mode == "repeat" else start % max(len(ids), 1)
    chosen = list(ids[start : start + size])
    end = start + len(chosen)
    rows = Rows(
        ids=chosen, start=start, next_start=end if chosen and end < len(ids) else None, total=len(ids)
    )
    return _bent(rows, fault, ids) if fault else rows


def _aims(fault: Fault, page: int) -> bool:
    return fault.id == "P4" or catalogue.strikes(fault, "", page)


def _bent(rows: Rows, fault: Fault, ids: Sequence[int]) -> Rows:
    if fault.id == "P4":
        rows.total += (fault.amount or 1) * (1 if fault.mode == "more" else -1)
    elif fault.id == "P2" and fault.mode == "last":
        rows.next_start = None
    elif fault.id == "P2" and fault.mode == "short":
        rows.ids = rows.ids[: len(rows.ids) // 2]
    elif fault.id == "P5":
        rows.next_start = rows.start + len(rows.ids)
    elif fault.id == "P8" and ids:
        rows.twice = ids[0]
    return rows


def encoded(world: World, ids: list[int], encode: Encode, put: Put) -> bytes:
    """The people as a JSON list, without cache. `put` sets a field of a record, named as in `Person`."""
    people = world.people
    if not world.faults and not world.raw:
        return _JSON.encode([encode(people[person_id]) for person_id in ids])
    return _JSON.encode([record_of(world, people[person_id], encode, put) for person_id in ids])


def record_of(world: World, person: Person, encode: Encode, put: Put) -> Record:
    """One person's record with the faults and raw values that strike them."""
    record = encode(world.view(person))
    for field, value in world.raw.get(person.id, {}).items():
        put(record, field, value)
    for fault in world.faults:
        if fault.id == "E9":
            put(record, (fault.fields or ["id"])[0], msgspec.UNSET)
        elif person.id in fault.people:
            _spoil(record, fault, put)
    return record


def _spoil(record: Record, fault: Fault, put: Put) -> None:
    if fault.id == "E6":
        put(record, "first_name", {"de": "Ada"})
        put(record, "job_title", ["Buyer"])
        put(record, "work_email", 42)
    elif fault.id == "E7" and fault.mode == "status":
        put(record, "status", "sabbatical-2027")
    elif fault.id == "E7":
        record["pronouns"], record["badge"] = "they", {"colour": "blue", "levels": [1, 2]}
    elif fault.id == "I1":
        put(record, "id", msgspec.UNSET)


def with_double(world: World, listed: bytes, twice: int | None, encode: Encode) -> bytes:
    """The list with one more record at its end: that person under another name (P8)."""
    if twice is None or twice not in world.people:
        return listed
    other = msgspec.structs.replace(world.people[twice], first_name="Somebody", last_name="Else")
    return listed[:-1] + (b"," if listed != b"[]" else b"") + _JSON.encode(encode(other)) + b"]"
