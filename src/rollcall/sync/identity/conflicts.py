"""Who is who: the records that wait for a person, both sides of each, and what may be said about them.

Read from the newest plan, whose lines are the present conflicts; what a person has said about meanwhile is left out.
A decision names exactly what was seen: it is refused when a record has changed since, and void when one changes later.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import connection as database
from django.db.models import Q
from msgspec import Struct

from rollcall.accounts.actor import Actor
from rollcall.connections.models import Employee as Row
from rollcall.connections.models import Subscription
from rollcall.directory import decisions
from rollcall.directory.decisions import Said, stands
from rollcall.directory.queries import employees_of, members_of
from rollcall.engine.change import Kind, Why
from rollcall.engine.match import Decided
from rollcall.engine.roster import State
from rollcall.engine.snapshot import fold_email
from rollcall.sync.actions import Refused
from rollcall.sync.models import Line
from rollcall.sync.plans.remarks import CONFLICTS, newest_look

PAGE: Final = 20

_S, _O, _L = Decided.SAME, Decided.OTHER, Decided.LEAVE
# What makes sense for a record without a link, and for one with it.
_CHOICES: Final[Mapping[Why, tuple[tuple[Decided, ...], tuple[Decided, ...]]]] = {
    Why.SHARED_EMAIL: ((_S, _L), (_L,)),
    Why.EMAIL_TAKEN: ((_L,), (_L,)),
    Why.MEMBER_LINKED_ELSEWHERE: ((_S, _O, _L), (_L,)),
    Why.NEW_NUMBER: ((_S, _O, _L), (_L,)),
    Why.HAS_NEW_NUMBER: ((_O, _L), (_O, _L)),
    Why.REUSED_ID: ((_L,), (_S, _O, _L)),
    Why.LOOKS_LIKE: ((_O, _L), (_S, _L)),
}


class Conflict(Struct, frozen=True, kw_only=True):
    """One record that waits. ``record`` is what a decision is about; beside it a member, another record, or both."""

    # of the line in its plan, to page by
    number: int
    why: Why
    params: Mapping[str, Any]
    record: Row
    # a row of the directory, whose type only that room names
    member: Any = None
    other: Row | None = None
    # whether ``record`` is the member's own
    linked: bool = False
    choices: tuple[Decided, ...] = ()
    said: Said
    # names what a person saw
    digest: str


class Page(Struct, frozen=True, kw_only=True):
    """Conflicts in order, and the number to go on behind; 0 when there are no more."""

    conflicts: Sequence[Conflict] = ()
    more: int = 0


def waiting(subscription: Subscription, *, after: int = 0, left: bool = False, size: int = PAGE) -> Page:
    """Return conflicts behind line ``after`` that nobody has decided; with ``left`` those left as they are."""
    numbers = _numbers(subscription, after=after, left=left, size=size + 1)
    lines = list(Line.objects.filter(pk__in=numbers).order_by("number"))
    more = lines[size - 1].number if len(lines) > size else 0
    return Page(conflicts=_conflicts(subscription, lines[:size]), more=more)


def about(subscription: Subscription, employee_id: str) -> list[Conflict]:
    """Return the conflicts of one record, decided or not."""
    newest = newest_look(subscription.entity_id)
    lines = Line.objects.filter(plan=newest, why__in=CONFLICTS, kind__in=(Kind.SKIP, Kind.NOTE))
    mine = list(lines.filter(employee_id=employee_id).exclude(why=Why.HAS_NEW_NUMBER)) if newest else []
    if newest and not mine:
        mine = list(lines.filter(why=Why.HAS_NEW_NUMBER, params__number=employee_id))
    return _conflicts(subscription, mine)


def decide(
    subscription: Subscription, employee_id: str, kind: str, digest: str, *, actor: Actor, now: datetime
) -> None:
    """Store what a person said about a record, in the caller's transaction; the next plan takes it up.

    Raises ``Refused``: ``no_conflict`` (it is over), ``changed`` (not what was seen), ``no_choice`` (``kind`` is not
    among ``Conflict.choices``).
    """
    found = about(subscription, employee_id)
    if not found:
        raise Refused("no_conflict")
    one = next((each for each in found if each.digest == digest), None)
    if one is None:
        raise Refused("changed")
    if kind not in one.choices:
        raise Refused("no_choice")
    entity, connection = subscription.entity, subscription.connection
    decisions.record(entity, connection.pk, one.said, Decided(kind), why=str(one.why), actor=actor, now=now)
    if one.why is Why.REUSED_ID and kind == Decided.OTHER:
        decisions.leave_behind(entity, connection.pk, one.said, connection.tool, actor=actor, now=now)


def _numbers(subscription: Subscription, *, after: int, left: bool, size: int) -> list[int]:
    """Return the row ids of the lines; a record's other side is shown with the record where that has a line."""
    newest = newest_look(subscription.entity_id)
    if newest is None:
        return []
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT x.id FROM sync_line x
            JOIN connections_employee e ON e.connection_id = %(connection)s AND e.external_id =
                CASE WHEN x.why = 'has_new_number' THEN x.params ->> 'number' ELSE x.employee_id END
            LEFT JOIN directory_decision d ON {stands("d", "e", "x.member_id")}
            WHERE x.plan_id = %(plan)s AND x.kind IN ('skip', 'note') AND x.why = ANY(%(whys)s)
              AND x.number > %(after)s AND e.absent_since IS NULL
              AND CASE WHEN %(left)s THEN d.kind = 'leave' ELSE d.id IS NULL END
              AND NOT (x.why = 'has_new_number' AND EXISTS (
                SELECT FROM sync_line y WHERE y.plan_id = x.plan_id AND y.kind = 'skip'
                   AND y.employee_id = e.external_id AND y.why = ANY(%(whys)s)))
            ORDER BY x.number LIMIT %(size)s
            """,
            {
                "entity": subscription.entity_id,
                "connection": subscription.connection_id,
                "plan": newest.pk,
                "whys": [str(why) for why in CONFLICTS],
                "after": after,
                "left": left,
                "size": size,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def _conflicts(subscription: Subscription, lines: Sequence[Line]) -> list[Conflict]:
    """Return both sides of these lines; five statements for any number of them."""
    if not lines:
        return []
    keys = {fold_email(key) for one in lines if (key := _address(one))}
    mine = members_of(subscription.entity_id)
    ids = [one.member_id for one in lines if one.member_id is not None]
    members = {one.pk: one for one in mine.filter(Q(pk__in=ids) | Q(email_key__in=keys)).defer("bank_sealed")}
    ties = employees_of(subscription.connection_id, members)
    numbers = {_subject(one) for one in lines} | {_other_number(one, ties) for one in lines}
    rows = Row.objects.filter(connection_id=subscription.connection_id).defer("bank_sealed")
    near = list(rows.filter(Q(external_id__in=numbers) | Q(email_key__in=keys)).order_by("external_id"))
    sides = _Sides(
        records={one.external_id: one for one in near},
        members=members,
        ties=ties,
        digests=decisions.member_digests(members),
    )
    return [_conflict(one, sides) for one in lines if _subject(one) in sides.records]


class _Sides(Struct, frozen=True, kw_only=True):
    """What the lines of a page are about."""

    records: Mapping[str, Row]
    # rows of the directory by id
    members: Mapping[int, Any]
    # member -> employee
    ties: Mapping[int, str]
    digests: Mapping[int, str]


def _subject(line: Line) -> str:
    return str(line.params.get("number")) if line.why == Why.HAS_NEW_NUMBER else line.employee_id


def _address(line: Line) -> str:
    """The address that two want, or that another is mistaken for."""
    return str(line.params.get("other" if line.why == Why.LOOKS_LIKE else "email") or "")


def _other_number(line: Line, ties: Mapping[int, str]) -> str:
    if line.why == Why.HAS_NEW_NUMBER:
        return line.employee_id
    if line.why == Why.NEW_NUMBER:
        return str(line.params.get("number"))
    return ties.get(line.member_id or 0, "") if line.why == Why.MEMBER_LINKED_ELSEWHERE else ""


def _conflict(line: Line, sides: _Sides) -> Conflict:
    why = Why(line.why)
    record = sides.records[_subject(line)]
    linked = sides.ties.get(line.member_id or 0) == record.external_id
    member = sides.members.get(line.member_id or 0)
    other = sides.records.get(_other_number(line, sides.ties))
    key = fold_email(_address(line))
    if why is Why.SHARED_EMAIL:
        twins = [one for one in sides.records.values() if one.email_key == key and one.absent_since is None]
        other = next((one for one in twins if one.external_id != record.external_id), None)
    said = Said(
        employee_id=record.external_id,
        employee_digest=record.digest,
        member_id=line.member_id,
        member_digest=sides.digests.get(line.member_id or 0, ""),
        other_id=other.external_id if other else "",
        other_digest=other.digest if other else "",
    )
    if why in (Why.EMAIL_TAKEN, Why.LOOKS_LIKE):
        living = [one for one in sides.members.values() if one.state != State.ARCHIVED]
        member = next((one for one in living if one.email_key == key), member)
    return Conflict(
        number=line.number,
        why=why,
        params=line.params,
        record=record,
        member=member,
        other=other,
        linked=linked,
        choices=_CHOICES[why][linked],
        said=said,
        digest=hashlib.sha256(msgspec.json.encode((why, said))).hexdigest(),
    )
