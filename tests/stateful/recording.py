"""What a company looks like at a moment, read straight from its rows, and the log of such moments.

Invariants recompute everything from here: nothing in this file asks the product how much or how many.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from django.db import connection as database
from msgspec import Struct

from rollcall.accounts import access

Row = dict[str, Any]
By = Literal["source", "sync", "person", "relay", "time", "start"]

# What is sealed stays out: an invariant looks for secrets in all the rest.
_TABLES: Final = {
    "member": "SELECT id, to_jsonb(t) - '{bank_sealed,search}'::text[] FROM directory_member t",
    "link": "SELECT id, to_jsonb(t) FROM directory_link t",
    "invitation": "SELECT id, to_jsonb(t) - 'nonce' FROM directory_invitation t",
    "grant": "SELECT id, to_jsonb(t) FROM accounts_grant t",
    "employee": "SELECT id, to_jsonb(t) - '{bank_sealed,record_digest}'::text[] FROM connections_employee t",
    "connection": "SELECT id, to_jsonb(t) - 'credentials' FROM connections_connection t",
    "subscription": "SELECT id, to_jsonb(t) FROM connections_subscription t",
    "run": "SELECT id, to_jsonb(t) FROM sync_run t",
    "plan": "SELECT id, to_jsonb(t) FROM sync_plan t",
    "line": "SELECT id, to_jsonb(t) FROM sync_line t",
    "event": "SELECT id, to_jsonb(t) FROM events_event t",
    "outbox": "SELECT event_id AS id, to_jsonb(t) FROM events_outbox t",
    "mail": "SELECT id, to_jsonb(t) FROM notify_mail t",
}
_ALL: Final = "SELECT json_build_object({})::text".format(
    ", ".join(
        f"'{name}', (SELECT coalesce(json_object_agg(x.id, x.to_jsonb), '{{}}') FROM"
        f" (SELECT y.id, y.row AS to_jsonb FROM ({sql}) y(id, row)) x)"
        for name, sql in _TABLES.items()
    )
)
# Of another company: nothing of it may move, and it may see nothing of ours.
_OTHER: Final = """
    SELECT md5(coalesce((SELECT string_agg(t::text, ',' ORDER BY id) FROM directory_member t), '')
        || coalesce((SELECT string_agg(t::text, ',' ORDER BY id) FROM accounts_grant t), '')
        || coalesce((SELECT string_agg(t::text, ',' ORDER BY id) FROM events_event t), '')),
      (SELECT count(*) FROM directory_member WHERE company_id = %(c)s)
        + (SELECT count(*) FROM directory_link WHERE company_id = %(c)s)
        + (SELECT count(*) FROM connections_employee WHERE company_id = %(c)s)
        + (SELECT count(*) FROM connections_connection WHERE company_id = %(c)s)
        + (SELECT count(*) FROM sync_plan WHERE company_id = %(c)s)
        + (SELECT count(*) FROM sync_line WHERE company_id = %(c)s)
        + (SELECT count(*) FROM events_event WHERE company_id = %(c)s)
        + (SELECT count(*) FROM notify_mail WHERE company_id = %(c)s)
"""


class Said(Struct, frozen=True, kw_only=True):
    """What the HR tool truly says about one person at a moment, from the model."""

    email: str
    left: bool
    start_in_days: int
    # a record that no reader can use
    broken: bool = False


class Source(Struct, frozen=True, kw_only=True):
    """What a read would be told at a moment: the small honest model beside the product."""

    # by employee id, only who is shown to us
    people: Mapping[str, Said]
    # every page can be read, and it is this company's own
    whole: bool
    # member's fields for which somebody shown has a value
    filled: frozenset[str]


class Moment(Struct, frozen=True, kw_only=True):
    """A company after a step. ``hours``: the model's clock; ``source``: ``None`` for logs made without a model."""

    step: str
    by: By
    hours: float
    rows: Mapping[str, Mapping[int, Row]]
    text: str
    other: tuple[str, int]
    source: Source | None = None
    # nothing about the source or the settings has changed since the step before, or the step did its work again
    again: bool = False
    # the members that the same step leads to in another order of records, after retries, and in this one
    twins: tuple[str, str] | None = None
    # bodies of the mails that have left since the last moment, and how many in all
    letters: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


Log = Sequence[Moment]


def rows_of(company_id: int) -> tuple[Mapping[str, Mapping[int, Row]], str]:
    """Return all rows of a company by table and id, and their text; one statement."""
    with access.acting_for(company_id), database.cursor() as cursor:
        cursor.execute(_ALL)
        text = str(cursor.fetchone()[0])
    return msgspec.json.decode(text, type=dict[str, dict[int, Row]]), text


def other_side(company_id: int, other_company_id: int) -> tuple[str, int]:
    """Return a digest of another company's rows, and how many rows of ours it can see: none, always."""
    with access.acting_for(other_company_id), database.cursor() as cursor:
        cursor.execute(_OTHER, {"c": company_id})
        digest, seen = cursor.fetchone()
    return str(digest), int(seen)


def moment(
    company_id: int, *, step: str, by: By, hours: float = 0, other_company_id: int | None = None, **more: Any
) -> Moment:
    """Look at a company now."""
    rows, text = rows_of(company_id)
    other = other_side(company_id, other_company_id) if other_company_id else ("", 0)
    return Moment(step=step, by=by, hours=hours, rows=rows, text=text, other=other, **more)


def people_text(company_id: int) -> str:
    """Return members and links without times, ids of rows drawn anew, or what a sync remembers for itself."""
    rows, _ = rows_of(company_id)
    members = {number: one["email_key"] for number, one in rows["member"].items()}
    gone = {"id", "manager_id", "created_at", "invited_at", "archived_at", "bank_confirmed_at"}
    people = [
        {name: value for name, value in one.items() if name not in gone}
        | {"manager": members.get(one["manager_id"])}
        for one in rows["member"].values()
    ]
    links = [
        (members[one["member_id"]], one["employee_id"], one["managed"], one["why_not"])
        for one in rows["link"].values()
    ]
    key = hashlib.blake2b(digest_size=8)
    text = "\n".join(sorted(repr(sorted(one.items())) for one in people) + sorted(map(repr, links)))
    key.update(text.encode())
    return f"{key.hexdigest()}\n{text}"


def changes(log: Log, table: str) -> Iterator[tuple[int, Row | None, Row | None]]:
    """Yield id, row before and row after for whatever the last step changed in a table."""
    if len(log) < 2:
        return
    before, after = log[-2].rows[table], log[-1].rows[table]
    for number in before.keys() | after.keys():
        old, new = before.get(number), after.get(number)
        if old != new:
            yield number, old, new


def now(log: Log, table: str) -> Mapping[int, Row]:
    """Return the rows of a table as they are."""
    return log[-1].rows[table]


def done_lines(log: Log) -> list[Row]:
    """Return the lines of plans that the last step marked as done."""
    return [
        new
        for _, old, new in changes(log, "line")
        if new and new["state"] == "done" and not (old and old["state"] == "done")
    ]


def automatic(plan: Row) -> bool:
    """Tell whether nobody decided about the plan."""
    return plan["decided_at"] is None


def reading_of(log: Log, plan: Row) -> Moment | None:
    """Return the moment of the last complete read before the plan was made: what its author could know."""
    made = next((at for at, one in enumerate(log) if plan["id"] in one.rows["plan"]), len(log) - 1)
    connection = log[-1].rows["subscription"][plan["subscription_id"]]["connection_id"]
    for at in range(made, -1, -1):
        if any(_read_all(run, connection) for run in _new_runs(log, at)):
            return log[at]
    return None


def _new_runs(log: Log, at: int) -> Iterator[Row]:
    before = log[at - 1].rows["run"] if at else {}
    return (run for number, run in log[at].rows["run"].items() if number not in before)


def _read_all(run: Row, connection: int) -> bool:
    return run["connection_id"] == connection and bool(run["seen"].get("full"))
