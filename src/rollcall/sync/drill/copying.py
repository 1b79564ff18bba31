"""A company's rows as copies in the place of its tables, for the length of a transaction that is always taken back.

Each table that a run writes gets a temporary twin of the same name, and ``pg_temp`` is searched first: whatever is
done inside reads and writes the copies. So a drill holds no lock that a sync, a page or a job would wait for, leaves
no dead rows and moves no sequence (docs/decisions/0014-fire-drill-on-copies.md says what was measured). Whatever a
table without a twin is given goes with the rollback.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.apps import apps
from django.db import OperationalError, models, transaction
from django.db import connection as database

from rollcall.accounts import access
from rollcall.connections.models import Subscription
from rollcall.sync.runs.lease import at_work

LOCK_TIMEOUT: Final = "2s"
"""Only a migration locks so much that reading a table waits."""

_ROOMS: Final = ("connections", "directory", "sync", "events")
_MORE: Final = ("accounts_entity", "accounts_grant", "accounts_user", "account_emailaddress")
_ENTITY: Final = "entity_id = ANY(%(entities)s)"
_ROWS: Final[Mapping[str, str]] = {
    "connections_connection": "id = %(connection)s",
    "connections_subscription": "connection_id = %(connection)s",
    "connections_employee": "connection_id = %(connection)s",
    "directory_member": _ENTITY,
    "directory_link": _ENTITY,
    "accounts_grant": _ENTITY,
    "accounts_entity": "id = ANY(%(entities)s)",
    "sync_run": "connection_id = %(connection)s AND started_at > now() - interval '31 days'",
    "sync_plan": f"{_ENTITY} AND made_at > now() - interval '31 days'",
    # those of a run that was confirmed or went by itself: what people chose for all is no measure of a month
    "sync_line": "plan_id IN (SELECT id FROM sync_plan WHERE NOT for_settings AND state IN ('applied', 'applying'))",
}
"""Which rows a run needs, where it is not all of the company's."""

_EMPTY: Final = frozenset(
    {
        "accounts_user",
        "account_emailaddress",
        "connections_readpage",
        "connections_tally",
        "connections_sourcefile",
        "connections_webhook",
        "connections_webhookcall",
        "connections_rateslot",
        "connections_toolrequest",
        "directory_invitation",
        "events_event",
        "events_chainhead",
        "events_outbox",
        "sync_drill",
    }
)
"""Tables whose rows no run asks for, or whose rows would show nothing."""

_LAST: Final = ("sync_plan", "sync_line")
_FAR: Final = 10**15
"""New rows get numbers from here on, so that none is one of a copied row."""


class Busy(Exception):
    """A run is at work, or a migration holds a table."""


@contextmanager
def copied(subscription: Subscription) -> Iterator[None]:
    """Act for the company on copies until the block ends; then take everything back. Raises ``Busy``."""
    connection_id = subscription.connection_id
    with transaction.atomic():
        with access.acting_for(subscription.company_id):
            _refuse_if_at_work(connection_id)
            try:
                _copy(subscription)
            except OperationalError as error:
                raise Busy from error
            # Copied one after the other: what a run did in between would be seen in one half of them.
            _refuse_if_at_work(connection_id)
            yield
        transaction.set_rollback(True)


def _refuse_if_at_work(connection_id: int) -> None:
    if connection_id in at_work():
        raise Busy


def _copy(subscription: Subscription) -> None:
    tables = {model._meta.db_table: model for model in apps.get_models() if _is_written(model)}  # noqa: SLF001 - documented API
    params = {
        "company": subscription.company_id,
        "connection": subscription.connection_id,
        "entities": list(
            Subscription.objects.filter(connection_id=subscription.connection_id).values_list(
                "entity_id", flat=True
            )
        ),
    }
    with database.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        cursor.execute(
            "SELECT t, n.nspname FROM unnest(%s::text[]) AS t"
            " JOIN pg_class c ON c.oid = t::regclass JOIN pg_namespace n ON n.oid = c.relnamespace",
            [list(tables)],
        )
        homes = dict(cursor.fetchall())
        # Nothing is found in the real tables by mistake, whatever the order of schemas is here.
        cursor.execute(
            "SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)"
        )
        for name in sorted(tables, key=lambda one: _LAST.index(one) + 1 if one in _LAST else 0):
            _twin(name, tables[name], homes[name], params)
        for name in ("connections_employee", "directory_member", "directory_link", "sync_line"):
            cursor.execute(f"ANALYZE {name}")


def _is_written(model: type[models.Model]) -> bool:
    meta = model._meta  # noqa: SLF001 - documented API
    return meta.managed and (meta.app_label in _ROOMS or meta.db_table in _MORE)


def _twin(name: str, model: type[models.Model], home: str, params: Mapping[str, Any]) -> None:
    meta = model._meta  # noqa: SLF001 - documented API
    with database.cursor() as write:
        write.execute(f'CREATE TEMPORARY TABLE {name} (LIKE "{home}".{name} INCLUDING ALL) ON COMMIT DROP')
        if isinstance(meta.pk, models.BigAutoField):
            write.execute(f"ALTER TABLE {name} ALTER COLUMN id RESTART WITH {_FAR}")
        if name not in _EMPTY:
            columns = ", ".join(str(one.column) for one in meta.concrete_fields if not one.generated)
            rows = _ROWS.get(name, "company_id = %(company)s")
            write.execute(
                f'INSERT INTO {name} ({columns}) SELECT {columns} FROM "{home}".{name} WHERE {rows}', params
            )
