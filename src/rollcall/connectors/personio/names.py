"""Names for the ids of version 2: an employment knows its office by number only. Pure."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from rollcall.connectors.personio.payloads import Unit

# id -> unit
Names: TypeAlias = Mapping[str, Unit]

# field of Employee -> key of the employment
_KEYS: Final = {
    "legal_entity": "legal_entity",
    "country": "legal_entity",
    "work_location": "office",
    "department": "org_units",
    "team": "org_units",
    "cost_center": "cost_centers",
}


def named(employment: Mapping[str, Any], lists: Mapping[str, Names | None]) -> dict[str, str | None]:
    """Return field of Employee -> name, or None where the employment has nothing there.

    A field is left out when the employment does not carry its key (outside the whitelist), when the list may
    not be read, or when the list does not know the id: nobody can tell then.
    """
    found: dict[str, str | None] = {}
    for field, key in _KEYS.items():
        # documented: sub_company is the deprecated twin
        value = employment.get(key, employment.get("sub_company") if key == "legal_entity" else None)
        if key not in employment and value is None:
            continue
        reference = _reference(field, value)
        if reference is None:
            found[field] = None
            continue
        unit = (lists.get(field) or {}).get(reference)
        name = None if unit is None else unit.country if field == "country" else unit.name
        if name is not None:
            found[field] = name
    return found


def _reference(field: str, value: Any) -> str | None:
    """Return the id of the unit that ``field`` is about.

    Of several cost centres the one with the largest weight.
    """
    if isinstance(value, list):
        units = [each for each in value if isinstance(each, dict)]
        if field in ("department", "team"):
            units = [each for each in units if str(each.get("type")).lower() == field]
        value = max(units, key=_weight, default=None)
    number = value.get("id") if isinstance(value, dict) else None
    return None if number is None else str(number)


def _weight(unit: Mapping[str, Any]) -> float:
    weight = unit.get("weight")
    return float(weight) if isinstance(weight, int | float) else 0.0
