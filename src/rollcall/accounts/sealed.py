"""Every sealed column, and the renewal of its seals after a new key (Z4)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog
from django.db import connection, models

from rollcall.accounts import secrets
from rollcall.accounts.access import acting_for, on_duty
from rollcall.accounts.models import Company

log = structlog.get_logger(__name__)
DUTY = "rotation"


class SealedColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of seals: where it is, and which columns name its row in the seal."""

    table: str
    field: str
    key: str  # the primary key column
    row: tuple[str, ...]


_registry: dict[tuple[str, str], SealedColumn] = {}


def register(model: type[models.Model], field: str, *, row: Sequence[str] = ()) -> None:
    """Tell that `field` of `model` holds seals made with table=db_table, field=field.

    The row named in the seal is the primary key or, with `row`, the values of these columns joined by ":".
    """
    table, key = model._meta.db_table, str(model._meta.pk.column)  # noqa: SLF001 - documented API
    _registry[table, field] = SealedColumn(table=table, field=field, key=key, row=tuple(row) or (key,))


def registered() -> list[SealedColumn]:
    """Return the sealed columns, in a fixed order."""
    return [_registry[name] for name in sorted(_registry)]


def rotate(batch: int = 1000) -> int:
    """Seal again whatever was not sealed with the current key and return how many values were.

    Each batch is a transaction of its own, so it can be stopped, resumed and repeated. A value whose seal is
    broken is left as it is and logged by id.
    """
    with on_duty(DUTY):
        companies = list(Company.objects.order_by("pk").values_list("pk", flat=True))
    return sum(
        _rotate_column(column, company_id, batch) for company_id in companies for column in registered()
    )


def _rotate_column(column: SealedColumn, company_id: int, batch: int) -> int:
    total, last = 0, None
    while True:
        with acting_for(company_id):
            rows = _old_seals(column, company_id, last, batch)
            fresh = [
                (key, sealed)
                for key, name, old in rows
                if (sealed := _renewed(column, company_id, name, old))
            ]
            _store(column, company_id, fresh)
        total += len(fresh)
        if len(rows) < batch:
            return total
        last = rows[-1][0]


def _old_seals(
    column: SealedColumn, company_id: int, last: int | None, batch: int
) -> list[tuple[int, str, memoryview]]:
    prefix = secrets.current_prefix()
    name = " || ':' || ".join(f'"{part}"::text' for part in column.row)
    after = f'and "{column.key}" > %s' if last is not None else ""
    with connection.cursor() as cursor:
        # Names of tables and columns come from our models, never from a request.
        cursor.execute(
            f'select "{column.key}", {name}, "{column.field}" from "{column.table}"'
            f' where company_id = %s and octet_length("{column.field}") > 0'
            f' and substring("{column.field}" from 1 for %s) <> %s {after}'
            " order by 1 limit %s for update skip locked",
            [company_id, len(prefix), prefix, *([last] if last is not None else []), batch],
        )
        rows: list[tuple[int, str, memoryview]] = cursor.fetchall()
    return rows


def _renewed(column: SealedColumn, company_id: int, row: str, old: memoryview) -> bytes | None:
    try:
        plain = secrets.unseal(old, company_id=company_id, table=column.table, field=column.field, row=row)
    except secrets.SealBroken:
        log.warning("secrets.seal_broken", company_id=company_id, table=column.table, field=column.field)
        return None
    return secrets.seal(plain, company_id=company_id, table=column.table, field=column.field, row=row)


def _store(column: SealedColumn, company_id: int, fresh: Sequence[tuple[int, bytes]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f'update "{column.table}" set "{column.field}" = fresh.sealed'
            f" from unnest(%s::bigint[], %s::bytea[]) as fresh(key, sealed)"
            f' where "{column.table}"."{column.key}" = fresh.key and company_id = %s',
            [[key for key, _ in fresh], [sealed for _, sealed in fresh], company_id],
        )
