"""Attributes by path, in any case of letters: ``title``, ``name.givenName``, ``urn:...:User:startDate``. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from msgspec import UNSET

ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"
CORE: Final = "urn:ietf:params:scim:schemas:core:2.0:user"

TRUE: Final = frozenset({"true", "1", "yes"})
FALSE: Final = frozenset({"false", "0", "no"})

_DEEPEST: Final = 8
_NESTING: Final = (dict, list)


def folded(value: dict[str, Any] | list[Any], depth: int = 0) -> Any:
    """Return a JSON object or list whose names are in lower case; what is nested deeper than any schema is dropped."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {
            name.lower(): folded(each, depth + 1) if isinstance(each, _NESTING) else each
            for name, each in value.items()
        }
    return [folded(each, depth + 1) if isinstance(each, _NESTING) else each for each in value]


def at(row: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path of a folded row; UNSET where there is none.

    Of several values the primary one counts, else the first.
    """
    here: Any = row
    for name in _steps(path):
        if isinstance(here, list):
            here = preferred(here)
        here = here.get(name, UNSET) if isinstance(here, dict) else UNSET
    return here


@lru_cache(maxsize=4_096)
def _steps(path: str) -> Sequence[str]:
    path = path.lower()
    schema, colon, rest = path.rpartition(":")
    if path.startswith("urn:") and colon:
        # a URN has dots of its own ("2.0"): only what stands behind the last colon is split
        return [schema, *rest.split(".")] if schema != CORE else rest.split(".")
    return path.split(".")


def preferred(values: list[Any]) -> Any:
    """Return the primary one of several values, else the first; UNSET for none."""
    for value in values:
        if isinstance(value, dict) and boolean(value.get("primary")):
            return value
    return values[0] if values else UNSET


def boolean(value: Any) -> bool | None:
    """Return a boolean, also where it is written as text (seen); None for what is neither."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else None
    return True if word in TRUE else False if word in FALSE else None


def paths(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of a folded row that have a value: names, and one level of names in them."""
    for name, value in row.items():
        if value is None or value in ("", [], {}):
            continue
        yield name
        if isinstance(value, dict):
            between = ":" if name.startswith("urn:") else "."
            yield from (f"{name}{between}{each}" for each, inner in value.items() if inner is not None)
