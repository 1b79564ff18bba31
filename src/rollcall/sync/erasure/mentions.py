"""Where somebody who was erased may be named in what is about others, and how it is taken out.

Only their addresses and full names are looked for, and only those that are theirs alone in the company.
"""

from typing import Any, Final

import msgspec
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.utils import timezone

from rollcall.connections.models import Subscription
from rollcall.directory.erasing import Traces
from rollcall.events.emptying import patterns, scrubbed

PLACES: Final = {
    "sync_line": ("fields", "params", "name", "email"),
    "sync_plan": ("settings", "made_by", "decided_by", "override", "breaches"),
    "sync_run": ("started_by", "error_params"),
    "sync_drill": ("started_by",),
    "connections_subscription": ("settings", "draft"),
    "connections_connection": ("connected_by", "run_wanted_by", "error_params"),
    "connections_employee": ("manager_email",),
    "connections_sourcefile": ("uploaded_by", "name"),
    "connections_toolrequest": ("asked_by", "note", "answer"),
    "directory_member": ("suspended_by", "suspended_why"),
    "directory_link": ("why_not_params",),
    "directory_tombstone": ("erased_by", "lifted_by", "reason"),
    "notify_mail": ("to_address",),
}
"""Columns of texts and JSON in which people may be named."""


def remove(traces: Traces) -> None:
    """Take the person out of everything the company has. Inside a transaction that acts for it; may be repeated."""
    for subscription in Subscription.objects.filter(entity=traces.entity_id):
        _drop_exceptions(subscription, traces)
    _drop_from_plans(traces)
    _fail_mails(traces)
    words = [*traces.emails, *traces.names]
    if words and traces.everywhere:
        for table, columns in PLACES.items():
            _scrub(table, columns, words)
        _forget_jobs(traces.company_id, words)
    if traces.user_id is not None:
        _end_sessions(traces.user_id)


def _drop_exceptions(subscription: Subscription, traces: Traces) -> None:
    """Nobody is named by hand any more who was erased; what was said about others stays."""
    ids = _ids(subscription.connection_id, traces)
    subscription.settings = _without(subscription.settings, ids)
    subscription.draft = _without(subscription.draft, ids)
    subscription.save(update_fields=["settings", "draft"])


def _without(settings: Any, ids: frozenset[str]) -> Any:
    if not settings or not settings.get("exceptions"):
        return settings
    kept = [one for one in settings["exceptions"] if one.get("employee_id") not in ids]
    return {**settings, "exceptions": kept}


def _ids(connection_id: int, traces: Traces) -> frozenset[str]:
    return frozenset(one.employee_id for one in traces.employees if one.connection_id == connection_id)


def _drop_from_plans(traces: Traces) -> None:
    ids = [one.employee_id for one in traces.employees]
    if not ids:
        return
    with database.cursor() as cursor:
        cursor.execute(
            """
            UPDATE sync_plan p SET settings = jsonb_set(p.settings, '{exceptions}', coalesce((
                SELECT jsonb_agg(x) FROM jsonb_array_elements(p.settings->'exceptions') x
                WHERE NOT x->>'employee_id' = ANY(%s)), '[]'))
            FROM connections_subscription s
            WHERE s.id = p.subscription_id AND p.entity_id = %s AND s.connection_id = ANY(%s)
              AND jsonb_typeof(p.settings->'exceptions') = 'array'
              AND EXISTS (SELECT FROM jsonb_array_elements(p.settings->'exceptions') x
                          WHERE x->>'employee_id' = ANY(%s))
            """,
            [ids, traces.entity_id, [one.connection_id for one in traces.employees], ids],
        )


def _fail_mails(traces: Traces) -> None:
    """Mail to them that still waits is never sent; that there was mail stays."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE notify_mail SET to_address = '',"
            " state = CASE WHEN state = 'waiting' THEN 'failed' ELSE state END"
            " WHERE company_id = %s AND (to_member = %s OR to_user = %s) AND to_address <> ''",
            [traces.company_id, traces.member_id, traces.user_id or -1],
        )


def _scrub(table: str, columns: tuple[str, ...], words: list[str]) -> None:
    """Rewrite the values of one table that hold a word; the wall keeps it to the company."""
    texts = " || ' ' || ".join(f"coalesce({name}::text, '')" for name in columns)
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(f'to_jsonb({name})' for name in columns)} FROM {table}"
            f" WHERE {texts} ILIKE ANY(%s)",
            [patterns(words)],
        )
        for row_id, *values in cursor.fetchall():
            given = [msgspec.json.decode(one) if one is not None else None for one in values]
            after = {
                name: scrubbed(value, words)
                for name, value in zip(columns, given, strict=True)
                if scrubbed(value, words) != value
            }
            if after:
                cursor.execute(
                    f"UPDATE {table} t SET ({', '.join(after)}) = ROW({', '.join('r.' + n for n in after)})"
                    f" FROM jsonb_populate_record(NULL::{table}, %s::jsonb) r WHERE t.id = %s",
                    [msgspec.json.encode(after).decode(), row_id],
                )


def _forget_jobs(company_id: int, words: list[str]) -> None:
    """Jobs carry the name of whoever asked for them, for the audit log that they will write."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT id, args::text FROM procrastinate_jobs"
            " WHERE args->>'company_id' = %s AND args::text ILIKE ANY(%s)",
            [str(company_id), patterns(words)],
        )
        for job, args in cursor.fetchall():
            after = msgspec.json.encode(scrubbed(msgspec.json.decode(args), words)).decode()
            cursor.execute("UPDATE procrastinate_jobs SET args = %s::jsonb WHERE id = %s", [after, job])


def _end_sessions(user_id: int) -> None:
    """Sessions of an account that is gone are worthless already; their content goes too."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=1000):
        if str(session.get_decoded().get("_auth_user_id", "")) == str(user_id):
            session.delete()
