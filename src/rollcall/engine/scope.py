"""Which employees belong to an entity: everybody, or those who meet all conditions.

One value with two readings, kept in step by a property test: ``judge`` for one person (and for "why?"),
``condition`` for PostgreSQL (for counting and for candidates).
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from rollcall.engine.snapshot import Employee

ATTRIBUTES: Final = (
    "work_location",
    "country",
    "legal_entity",
    "department",
    "team",
    "cost_center",
    "employment_type",
    "job_title",
)
"""What every tool may be filtered by; a tool's own attributes are named ``custom.<key>``."""

CUSTOM: Final = "custom."


class Condition(Struct, frozen=True, kw_only=True):
    """*Attribute is one of / none of values*; ``None`` or ``""`` among them: *empty or not delivered*."""

    attribute: str
    test: Literal["one_of", "none_of"]
    values: tuple[str | None, ...]

    def __post_init__(self) -> None:
        """Refuse what could not be shown or read back.

        Raises:
            ValueError: for an attribute that is not in ``ATTRIBUTES`` and not custom, or no value at all.
        """
        custom = self.attribute.startswith(CUSTOM) and self.attribute.removeprefix(CUSTOM).strip()
        if not self.values or not (custom or self.attribute in ATTRIBUTES):
            raise ValueError(self.attribute)


class Everybody(Struct, frozen=True, tag="everybody"):
    """All employees of the connection (S30)."""


class Filter(Struct, frozen=True, kw_only=True, tag="filter"):
    """Only employees for whom every condition holds (S30-S34)."""

    conditions: tuple[Condition, ...]
    # S44: bring in the managers of those people, and theirs, though the conditions leave them out
    include_managers: bool = False


Scope: TypeAlias = Everybody | Filter


def value_of(employee: Employee, attribute: str) -> str | None:
    """Return the employee's value for ``attribute``, ``None`` when empty or not delivered."""
    if attribute.startswith(CUSTOM):
        custom = employee.custom
        value = custom.get(attribute.removeprefix(CUSTOM)) if isinstance(custom, Mapping) else None
    else:
        value = getattr(employee, attribute)
    return value if isinstance(value, str) and value else None


def judge(scope: Scope, employee: Employee) -> Condition | None:
    """Return the first condition that keeps the employee out, or ``None`` when they are in scope."""
    if isinstance(scope, Everybody):
        return None
    for condition in scope.conditions:
        value = value_of(employee, condition.attribute)
        listed = any(value == (one or None) for one in condition.values)
        if listed != (condition.test == "one_of"):
            return condition
    return None


def condition(scope: Scope, alias: str) -> tuple[str, list[str | list[str]]]:
    """Return an SQL condition over the mirror row ``alias`` and its parameters (``%s`` style).

    The columns have the names of ``Employee``; ``custom`` is a ``jsonb`` object of texts.
    """
    if isinstance(scope, Everybody):
        return "true", []
    parts: list[str] = []
    params: list[str | list[str]] = []
    for one in scope.conditions:
        if one.attribute.startswith(CUSTOM):
            column = f"coalesce({alias}.custom ->> %s, '')"
            params.append(one.attribute.removeprefix(CUSTOM))
        else:
            column = f"coalesce({alias}.{one.attribute}, '')"
        listed = f"{column} = ANY(%s)"
        parts.append(listed if one.test == "one_of" else f"NOT ({listed})")
        params.append([value or "" for value in one.values])
    return " AND ".join(parts) or "true", params


def sends_managers(scope: Scope) -> bool:
    """Tell whether line managers are set at all (S43-S46)."""
    return isinstance(scope, Everybody) or scope.include_managers
