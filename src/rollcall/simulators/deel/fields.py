"""The `fields` of Deel's people list: names and dotted paths such as `employments[0].contract_status`."""

import re

from rollcall.simulators.people import Person
from rollcall.simulators.rows import Encode, Record

_PART = re.compile(r"([A-Za-z_]+)(?:\[(\d+)\])?")


def trimming(encode: Encode, paths: list[str]) -> Encode:
    """An encoder that keeps the named fields only, nested as they were; unknown names are left out, and
    `person_status` never comes (documented).
    """
    wanted = [_PART.findall(path) for path in paths if path != "person_status"]

    def trimmed(person: Person) -> Record:
        full = encode(person)
        record: Record = {}
        for parts in wanted:
            _copy(full, record, parts)
        return record

    return trimmed


def _copy(source: Record, into: Record, parts: list[tuple[str, str]]) -> None:
    if not parts or parts[0][0] not in source:
        return
    (name, index), rest = parts[0], parts[1:]
    value = source[name]
    if index and isinstance(value, list):
        kept = into.setdefault(name, [{}])
        if int(index) < len(value) and rest and isinstance(kept, list):
            _copy(value[int(index)], kept[0], rest)
    elif rest and isinstance(value, dict):
        inner = into.setdefault(name, {})
        if isinstance(inner, dict):
            _copy(value, inner, rest)
    else:
        into[name] = value
