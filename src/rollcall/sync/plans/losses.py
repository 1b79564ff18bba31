"""Which fields an HR tool seems to have lost: one statement over the mirror and the members it manages (rule 3).

Like ``candidates`` it joins the mirror with the directory's tables, because a person-by-person answer would not scale.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import msgspec
from django.db import connection as database
from msgspec import Struct

from rollcall.connections.merging import FEW, expect_many
from rollcall.connections.models import Subscription
from rollcall.engine.losses import Loss, Lost, Measured, is_many, losses
from rollcall.engine.masks import SIGNS, WORDS
from rollcall.engine.plan import OWNED_FIELDS, PLAIN_FIELDS
from rollcall.engine.scope import sends_managers
from rollcall.engine.settings import Ownership, Settings, ownership
from rollcall.engine.snapshot import DELIVERABLE
from rollcall.sync.models import Run, RunState

NEARLY_EVERYBODY: Final = 0.9
"""So large a part of all values is the same one: somebody filled the field in for everybody."""

MOST_WRITTEN: Final = 1_000
"""When more people have been written since everybody was counted, everybody is counted again."""

_SOURCES: Final = {**PLAIN_FIELDS, "manager": "manager_id", "bank_account": "bank_account"}
_DATES: Final = frozenset({"start_date"})
_NEVER_THE_SAME: Final = frozenset({"email", "manager", "bank_account"})
"""An address that many share is nobody's, a small company may have one line manager, and accounts have a limit."""

_MANAGED: Final = """
    FROM directory_link l
    JOIN directory_member m ON m.id = l.member_id AND m.state <> 'archived'
    JOIN connections_employee e ON e.connection_id = l.connection_id AND e.external_id = l.employee_id
     AND e.absent_since IS NULL AND e.status IS DISTINCT FROM 'inactive'
    LEFT JOIN connections_employee b ON b.connection_id = e.connection_id AND b.external_id = e.manager_id
    WHERE l.entity_id = %(entity)s AND l.connection_id = %(connection)s AND l.managed
"""


def clearable_of(connection_id: int) -> frozenset[str]:
    """Return the member's fields for which the tool has a value for somebody: only those may be cleared."""
    there = ", ".join(
        f"EXISTS (SELECT FROM connections_employee e WHERE e.connection_id = %(connection)s"
        f" AND e.absent_since IS NULL AND {_has_value(name)})"
        for name in OWNED_FIELDS
    )
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {there}", {"connection": connection_id})
        row = cursor.fetchone()
    return frozenset(name for name, found in zip(OWNED_FIELDS, row, strict=True) if found)


class Measure(Struct, frozen=True, kw_only=True):
    """What was counted of each field, and who has been written since and may count otherwise now, by employee id."""

    managed: int
    # had, empty, masked and other, as ``_tests`` tells them
    fields: Mapping[str, tuple[int, int, int, int]]
    since: tuple[str, ...] = ()


def losses_of(subscription: Subscription, settings: Settings) -> tuple[Loss, ...]:
    """Return the fields that the tool seems to have lost for the members it manages here under these settings."""
    return _losses(subscription, settings, _measured(subscription, settings))


def _measured(subscription: Subscription, settings: Settings, among: Sequence[str] | None = None) -> Measure:
    """Count everybody, or only these."""
    names = _owned(settings)
    if not names:
        return Measure(managed=0, fields={})
    columns = ", ".join(f"count(*) FILTER (WHERE {test})" for name in names for test in _tests(name))
    with database.cursor() as cursor:
        if among is None and subscription.connection.employees > FEW:
            expect_many(cursor)
        # Compiling a statement of this size takes PostgreSQL longer than running it for most companies.
        cursor.execute("SET LOCAL jit = off")
        these = "" if among is None else "AND l.employee_id = ANY(%(among)s)"
        params = {**_params(subscription), "among": list(among or ())}
        cursor.execute(f"SELECT count(*), {columns} {_MANAGED} {these}", params)
        managed, *counted = cursor.fetchone()
    fields = {name: tuple(counted[4 * at : 4 * at + 4]) for at, name in enumerate(names)}
    return msgspec.convert({"managed": managed, "fields": fields}, Measure)


def _losses(subscription: Subscription, settings: Settings, measure: Measure) -> tuple[Loss, ...]:
    found: list[Measured] = []
    for name, (had, empty, masked, other) in measure.fields.items():
        same = 0
        if name not in _NEVER_THE_SAME and is_many(name, other, had, measure.managed, settings.limits):
            same = _same(name, _params(subscription))
        found.append(Measured(field=name, had=had, empty=empty, masked=masked, same=same))
    return tuple(losses(found, measure.managed, settings.limits))


def _surely_none(before: Measure, now: Measure, settings: Settings) -> bool:
    """Tell whether no field can be lost for many, whatever those who were written since had counted for before.

    ``now`` counts them alone: what all count for is at most both together, and who has a value at least those of
    ``before`` without them, and theirs.
    """
    if before.fields.keys() != now.fields.keys():
        return False
    written = len(before.since)
    managed = before.managed - (written - now.managed)
    for name, (had, *counted) in before.fields.items():
        has, *more = now.fields[name]
        empty, masked, other = (one + another for one, another in zip(counted, more, strict=True))
        left = had - (written - has)
        if is_many(name, empty + masked, left, managed, settings.limits):
            return False
        if name not in _NEVER_THE_SAME and is_many(name, other, left, managed, settings.limits):
            return False
    return True


def _owned(settings: Settings) -> list[str]:
    return [name for name in OWNED_FIELDS if _is_owned(settings, name)]


def _params(subscription: Subscription) -> dict[str, Any]:
    return {"entity": subscription.entity_id, "connection": subscription.connection_id}


class Clearable(Collection[str]):
    """``clearable_of``, asked only when somebody's field is empty: on a quiet hour nobody's is looked at."""

    def __init__(self, connection_id: int) -> None:
        """Remember of which connection; nothing is asked yet."""
        self._connection_id = connection_id

    @cached_property
    def _names(self) -> frozenset[str]:
        return clearable_of(self._connection_id)

    def __contains__(self, name: object) -> bool:
        """Tell whether the tool has a value of this field for somebody."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Yield the fields."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self._names)


def losses_in(
    run: Run | None,
    subscription: Subscription,
    settings: Settings,
    *,
    before: Measure | None = None,
    touched: Collection[str] = (),
) -> tuple[tuple[Loss, ...], Measure | None]:
    """Return ``losses_of``, and what was counted for it: as the run before found it where this one's read is the same.

    ``before`` was counted by an earlier look, and nobody but ``touched`` has been written since that look: where even
    they cannot make it many, nobody else is counted again.
    """
    known = None
    if before is not None and len(since := {*before.since, *touched}) <= MOST_WRITTEN:
        known = msgspec.structs.replace(before, since=tuple(sorted(since)))
    kept = _kept_before(run, subscription)
    if kept is not None:
        return kept, known
    if known is not None and _surely_none(known, _measured(subscription, settings, known.since), settings):
        return (), known
    measure = _measured(subscription, settings)
    return _losses(subscription, settings, measure), measure


def _kept_before(run: Run | None, subscription: Subscription) -> tuple[Loss, ...] | None:
    """Return what the run before found, if it is known and this one's read differs in nothing."""
    if run is None or run.seen.get("moved", True):
        return None
    entity = str(subscription.entity_id)
    earlier = Run.objects.filter(connection_id=subscription.connection_id, pk__lt=run.pk)
    before = earlier.order_by("-pk").first()
    known = before is not None and before.state == RunState.SUCCEEDED
    if before is None or not known or before.seen.get("kept_for", {}).get(entity) != subscription.version:
        return None
    return msgspec.convert(before.seen["kept"][entity], tuple[Loss, ...])


def kept_by(found: Iterable[Loss], *, asked: bool) -> frozenset[str]:
    """Return the fields that keep their values: all doubted ones, or only what is masked where a person asked."""
    return frozenset(one.field for one in found if not asked or one.kind is Lost.MASKED)


def note_kept(run: Run, subscription: Subscription, found: Sequence[Loss]) -> None:
    """Write into the run what is kept for this entity, in the caller's transaction: with the plan, or not at all."""
    kept = dict(run.seen.get("kept", {}))
    entity = str(subscription.entity_id)
    kept[entity] = [msgspec.to_builtins(one) for one in found]
    versions = {**run.seen.get("kept_for", {}), entity: subscription.version}
    run.seen = {**run.seen, "kept": kept, "kept_for": versions}
    run.save(update_fields=["seen"])


def is_back(run: Run | None, subscription: Subscription, found: Iterable[Loss]) -> bool:
    """Tell whether a field is not doubted any more that the run before kept: then everybody is looked at again.

    Who differed only in such a field was counted as in step meanwhile.
    """
    before = Run.objects.filter(
        connection_id=subscription.connection_id, seen__kept__has_key=str(subscription.entity_id)
    )
    if run is not None:
        before = before.exclude(pk=run.pk)
    seen = before.order_by("-pk").values_list("seen", flat=True).first()
    kept = seen["kept"][str(subscription.entity_id)] if seen else []
    return bool({one["field"] for one in kept} - {one.field for one in found})


def _is_owned(settings: Settings, name: str) -> bool:
    managers = name != "manager" or sends_managers(settings.scope)
    return managers and ownership(settings, name) is Ownership.HR


def _has_value(name: str) -> str:
    if name == "bank_account":
        return "e.bank_digest IS NOT NULL"
    column = f"e.{_SOURCES[name]}"
    if name in _DATES:
        return f"{column} IS NOT NULL"
    return f"NOT {blank_condition(column)} AND NOT {mask_condition(column)}"


def _tests(name: str) -> Sequence[str]:
    """Return SQL for: the member has a value; and of these, HR says nothing, a mask, or another value."""
    bit = 1 << DELIVERABLE.index(_SOURCES[name])
    given = f"e.delivered & {bit} <> 0"
    column, own = f"e.{_SOURCES[name]}", f"m.{name}"
    if name == "bank_account":
        had = "m.bank_digest IS NOT NULL"
        empty = "e.bank_digest IS NULL AND e.bank_mask IS NULL"
        masked = "e.bank_digest IS NULL AND e.bank_mask IS NOT NULL"
        other = "e.bank_digest <> m.bank_digest"
    elif name == "manager":
        had, other = "m.manager_id IS NOT NULL", "false"
        # ``b`` is the one who is named, if the mirror knows them
        masked = f"b.id IS NULL AND {mask_condition(column)}"
        empty = f"b.id IS NULL AND ({blank_condition(column)} OR NOT {mask_condition(column)})"
    elif name in _DATES:
        had, empty, masked = f"{own} IS NOT NULL", f"{column} IS NULL", "false"
        other = f"{column} <> {own}"
    else:
        had = f"{own} <> ''"
        empty, other = blank_condition(column), f"{column} <> {own}"
        # The address as a whole, or its part before the @, stands for something hidden.
        masked = f"{column} <> {own} AND {mask_condition(column)}"
        if name == "email":
            masked = (
                f"{column} <> {own} AND"
                f" ({mask_condition(column)} OR {mask_condition(f'split_part({column}, chr(64), 1)')})"
            )
    return had, *(f"{had} AND {given} AND {test}" for test in (empty, masked, other))


def _same(name: str, params: dict[str, Any]) -> int:
    """Return how many members would get the one value that nearly everybody has, if they had several before."""
    column = _SOURCES[name]
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FILTER (WHERE e.{column} <> m.{name}), count(*), sum(count(*)) OVER (),
                   (SELECT count(DISTINCT m.{name}) {_MANAGED})
            {_MANAGED} AND e.{column} IS NOT NULL AND m.{name} IS NOT NULL
            GROUP BY e.{column} ORDER BY 2 DESC LIMIT 1
            """,
            params,
        )
        row = cursor.fetchone()
    if row is None:
        return 0
    changed, having, all_of_them, before = row
    return int(changed) if having >= NEARLY_EVERYBODY * float(all_of_them) and before > 1 else 0


def blank_condition(column: str) -> str:
    """Return SQL that tells whether a text is missing or blank."""
    return f"coalesce(btrim({column}, {_BLANK_SQL}), '') = ''"


def mask_condition(column: str) -> str:
    """Return SQL that tells whether a text stands for something hidden; null when it is missing."""
    folded = f"lower(btrim({column}, {_BLANK_SQL}))"
    words = ", ".join(f"'{word}'" for word in sorted(WORDS))
    signs = SIGNS.replace("-", "") + "-"
    return f"({folded} IN ({words}) OR {folded} ~ '^(([{signs}])\\2*|x{{3,}})$')"


_BLANK_SQL: Final = "E' \\t\\r\\n\\u00a0'"
