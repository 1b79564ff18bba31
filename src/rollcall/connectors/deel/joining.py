"""What joins a person to other lists of Deel, and what of those is kept. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import astuple

from rollcall.connectors.deel.payloads import Bank, PersonHead

_head: Final = msgspec.json.Decoder(PersonHead)
_packed: Final = msgspec.json.Decoder(list[tuple[int, list[Any]]])


def head_of(raw: Raw) -> PersonHead:
    """Return the ids of a person; none of a record that cannot be read."""
    try:
        return _head.decode(raw)
    except msgspec.DecodeError:
        # the mapping says what is wrong
        return PersonHead()


def contract_ids(head: PersonHead) -> Iterator[str]:
    """Yield the ids of a person's contracts."""
    # an employment's id is that of its contract; the worker of a contract is another number (assumed)
    return (str(each.id) for each in head.employments or () if each.id is not None)


def trimmed(name: str, value: Any) -> Any:
    """Return what the mapping reads of it: everybody's is kept during a run."""
    if name == "ooo":
        return {"leave_type": value.get("leave_type")} if isinstance(value, dict) else None
    if name == "employments":
        listed = value if isinstance(value, list) else []
        numbers = [each.get("employee_number") for each in listed if isinstance(each, dict)]
        return [{"employee_number": number} for number in numbers if number]
    return value


def largest(centres: Any) -> str | None:
    """Return the name, else the number, of the cost centre with the largest share; None for none."""
    listed = [each for each in centres if isinstance(each, dict)] if isinstance(centres, list) else []

    def share(each: Mapping[str, Any]) -> float:
        try:
            return float(each.get("allocation_percentage") or 0)
        except (TypeError, ValueError):
            return 0.0

    named = [each for each in listed if each.get("name") or each.get("number")]
    chosen = max(named, key=share, default={})
    found = chosen.get("name") or chosen.get("number")
    return None if found is None else str(found)


def packed(banks: Sequence[Bank]) -> bytes:
    """Return accounts without the names of their members: everybody's are kept during a run."""
    rows = [[(bit, value) for bit, value in enumerate(astuple(each)) if value is not UNSET] for each in banks]
    return msgspec.json.encode(
        [(sum(1 << bit for bit, _ in row), [value for _, value in row]) for row in rows]
    )


def unpacked(kept: bytes) -> list[Bank]:
    """Return what ``packed`` was given."""
    names = Bank.__struct_fields__
    return [
        Bank(**dict(zip((name for bit, name in enumerate(names) if mask >> bit & 1), values, strict=True)))
        for mask, values in _packed.decode(kept)
    ]
