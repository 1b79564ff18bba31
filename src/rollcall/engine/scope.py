"""Which employees belong to an entity: everybody, or those who meet all conditions, and people named by hand.

One value with two readings, kept in step by a property test: ``outside`` for one person (and for "why?"),
``condition`` for PostgreSQL (for counting and for candidates).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

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


class Named(Struct, frozen=True, kw_only=True):
    """One employee whom a person added to the entity, or keeps out of it, whatever the conditions say (S35).

    PostgreSQL keeps no text with a zero character, so that none may be in here.
    """

    employee_id: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
    act: Literal["add", "keep_out"]
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
    # label of whoever decided it, and when (aware)
    by: str = ""
    at: datetime | None = None


def by_employee(exceptions: Iterable[Named]) -> Mapping[str, Named]:
    """Return the exceptions by employee id, for ``outside``."""
    return {one.employee_id: one for one in exceptions}


def value_of(employee: Employee, attribute: str) -> str | None:
    """Return the employee's value for ``attribute``, ``None`` when empty or not delivered."""
    if attribute.startswith(CUSTOM):
        custom = employee.custom
        value = custom.get(attribute.removeprefix(CUSTOM)) if isinstance(custom, Mapping) else None
    else:
        value = getattr(employee, attribute)
    return value if isinstance(value, str) and value else None


def judge(scope: Scope, employee: Employee) -> Condition | None:
    """Return the first condition that the employee does not meet, ``None`` when all hold.

    Named exceptions are left aside: ``outside`` says who belongs.
    """
    if isinstance(scope, Everybody):
        return None
    for condition in scope.conditions:
        value = value_of(employee, condition.attribute)
        listed = any(value == (one or None) for one in condition.values)
        if listed != (condition.test == "one_of"):
            return condition
    return None


def outside(scope: Scope, named: Mapping[str, Named], employee: Employee) -> Condition | Named | None:
    """Return what keeps the employee out of the entity, ``None`` when they belong to it.

    Being kept out by hand beats everything, being added by hand beats the conditions. Managers whom others bring
    in are for ``match.managers_of`` to say; nobody who is kept out is among them.
    """
    exception = named.get(employee.id)
    if exception is None:
        return judge(scope, employee)
    return exception if exception.act == "keep_out" else None


def added_by(scope: Scope, named: Mapping[str, Named], employee: Employee) -> Named | None:
    """Return the exception that alone brings the employee in, ``None`` when there is none or they need none."""
    exception = named.get(employee.id)
    if exception is None or exception.act == "keep_out" or judge(scope, employee) is None:
        return None
    return exception


def condition(
    scope: Scope, alias: str, exceptions: Iterable[Named] = ()
) -> tuple[str, list[str | list[str]]]:
    """Return an SQL condition over the mirror row ``alias`` and its parameters (``%s`` style).

    The columns have the names of ``Employee``, its id is ``external_id``; ``custom`` is a ``jsonb`` object of
    texts. It reads as ``outside(...) is None``; for ``Everybody`` it is therefore *not kept out by hand*.
    """
    sql, params = _conditions(scope, alias)
    named = tuple(exceptions)
    added = [one.employee_id for one in named if one.act == "add"]
    kept_out = [one.employee_id for one in named if one.act == "keep_out"]
    if added and sql != "true":
        sql, params = f"({alias}.external_id = ANY(%s) OR ({sql}))", [added, *params]
    if kept_out:
        here = f"NOT ({alias}.external_id = ANY(%s))"
        sql, params = (here if sql == "true" else f"{here} AND {sql}"), [kept_out, *params]
    return sql, params


def _conditions(scope: Scope, alias: str) -> tuple[str, list[str | list[str]]]:
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
