"""What follows from changes of members: links, sign-ins, rights, sessions, invitations.

Each with a fixed number of statements for any number of members, in the transaction of the change.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Final

from django.db import connection as database

from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.models import Grant, User
from rollcall.accounts.sessions import end_sessions
from rollcall.accounts.sign_in import Move, move_addresses
from rollcall.accounts.staging import array, stage, texts
from rollcall.directory.models import Invitation, Member
from rollcall.directory.writes import Source, Write, as_json
from rollcall.engine.change import Kind, Why
from rollcall.engine.roster import State
from rollcall.engine.snapshot import fold_email
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import NewEvent, append

INVITATION_LIVES: Final = timedelta(days=60)
FIRST_REMINDER: Final = timedelta(days=3)

_TIE: Final = """
    INSERT INTO directory_link
        (company_id, entity_id, connection_id, changed_at, applied_version,
         member_id, employee_id, managed, why_not, why_not_params, applied_digest)
    SELECT %s, %s, %s, %s, %s, member_id, employee_id, managed, why_not, why_not_params::jsonb, applied_digest
    FROM new_link
    ON CONFLICT (entity_id, connection_id, employee_id) DO UPDATE SET
        managed = excluded.managed, why_not = excluded.why_not, why_not_params = excluded.why_not_params,
        changed_at = excluded.changed_at, applied_digest = excluded.applied_digest,
        applied_version = excluded.applied_version
"""
_TIED: Final = {
    "member_id": "int8",
    "employee_id": "text",
    "managed": "bool",
    "why_not": "text",
    "why_not_params": "text",
    "applied_digest": "text",
}
_INVITE: Final = """
    INSERT INTO directory_invitation
        (company_id, member_id, nonce, created_at, expires_at, reminders, next_reminder_at)
    SELECT %s, r.member_id, r.nonce, %s, %s, 0, %s FROM unnest(%s::bigint[], %s::text[]) AS r(member_id, nonce)
    RETURNING member_id, id, nonce
"""


def _untie_forgotten(writes: Sequence[Write], source: Source) -> None:
    """Take away links to employees who are in the mirror no more: a member has one link for each connection.

    After a reconnect the tool may know somebody under a new number only (I8). A line that ties a member to another
    record says which one it ``was``: that link goes too.
    """
    tied = {
        one.member_id: (one.employee_id, one.params.get("was", ""))
        for one in writes
        if one.kind in (Kind.LINK, Kind.REACTIVATE, Kind.ARCHIVE)
    }
    if tied:
        with database.cursor() as cursor:
            cursor.execute(
                "DELETE FROM directory_link l USING unnest(%s::bigint[], %s::text[], %s::text[])"
                " AS x(member, employee, was)"
                " WHERE l.member_id = x.member AND l.connection_id = %s AND l.employee_id <> x.employee"
                " AND (l.employee_id = x.was OR NOT EXISTS (SELECT FROM connections_employee e"
                " WHERE e.connection_id = l.connection_id AND e.external_id = l.employee_id))",
                [
                    list(tied),
                    [employee for employee, _ in tied.values()],
                    [was for _, was in tied.values()],
                    source.connection_id,
                ],
            )


def tied_to_others(writes: Sequence[Write], entity_id: int, source: Source) -> set[int]:
    """Return the numbers of the writes whose employee or member is tied to somebody else by now (invariant 10)."""
    new = {one.employee_id: one.number for one in writes if one.employee_id and one.kind is Kind.CREATE}
    asked = [
        {
            "number": one.number,
            "member": one.member_id,
            "employee": one.employee_id,
            "was": one.params.get("was", ""),
        }
        for one in writes
        if one.employee_id is not None and one.kind is not Kind.CREATE
    ]
    return _known_by_now(new, entity_id, source) | _tied_to_others(asked, entity_id, source)


def _known_by_now(new: Mapping[str, int], entity_id: int, source: Source) -> set[int]:
    """Return the numbers of those who are about to become members, and have one."""
    if not new:
        return set()
    with database.cursor() as cursor:
        cursor.execute(
            # one by one (OFFSET 0): without statistics PostgreSQL would look at all links for each chunk
            "SELECT x.id FROM unnest(%s::text[]) AS x(id) CROSS JOIN LATERAL ("
            " SELECT FROM directory_link"
            " WHERE entity_id = %s AND connection_id = %s AND employee_id = x.id OFFSET 0) l",
            [texts(new), entity_id, source.connection_id],
        )
        return {new[row[0]] for row in cursor.fetchall()}


def _tied_to_others(asked: Sequence[Mapping[str, Any]], entity_id: int, source: Source) -> set[int]:
    if not asked:
        return set()
    with database.cursor() as cursor:
        cursor.execute(
            """
            SELECT w.number
            FROM jsonb_to_recordset(%(asked)s::jsonb) AS w(number int, member bigint, employee text, was text)
            JOIN directory_link l
              ON l.entity_id = %(entity)s AND l.connection_id = %(connection)s AND l.employee_id = w.employee
             AND l.member_id IS DISTINCT FROM w.member
            UNION
            SELECT w.number
            FROM jsonb_to_recordset(%(asked)s::jsonb) AS w(number int, member bigint, employee text, was text)
            JOIN directory_link l ON l.member_id = w.member AND l.connection_id = %(connection)s
             AND l.employee_id NOT IN (w.employee, w.was)
            JOIN connections_employee e ON e.connection_id = l.connection_id AND e.external_id = l.employee_id
            """,
            {"asked": as_json(asked), "entity": entity_id, "connection": source.connection_id},
        )
        return {int(row[0]) for row in cursor.fetchall()}


def tie(writes: Sequence[Write], company_id: int, entity_id: int, source: Source, now: datetime) -> None:
    """Write the links of these changes, and that their members are in step with the employees."""
    _untie_forgotten(writes, source)
    rows = [
        (one.member_id, one.employee_id, False, one.why, as_json(one.params), one.employee_digest)
        if one.kind is Kind.RELEASE
        else (one.member_id, one.employee_id, True, "", "{}", one.employee_digest)
        for one in writes
        if one.employee_id is not None
    ]
    if rows:
        stage("new_link", _TIED, rows)
        with database.cursor() as cursor:
            cursor.execute(_TIE, [company_id, entity_id, source.connection_id, now, source.version])


def move_sign_ins(writes: Sequence[Write]) -> None:
    """Let the addresses people sign in with follow their work addresses."""
    moved = {
        one.member_id: (fold_email(one.before["email"]), one.after["email_key"])
        for one in writes
        if "email_key" in one.after and one.before.get("email")
    }
    users = (
        Member.objects.filter(pk__in=_known(list(moved)), user__isnull=False).values_list("pk", "user_id")
        if moved
        else ()
    )
    move_addresses([Move(user_id=user, old=moved[pk][0], new=moved[pk][1]) for pk, user in users if user])


def restore_access(members: Sequence[int | None]) -> None:
    """Give members who came back their right in the entity again, if they had signed up and nobody suspended them."""
    if members:
        people = Member.objects.filter(pk__in=_known(members), user__isnull=False, suspended_at=None)
        Grant.objects.bulk_create(
            [
                Grant(company_id=m.company_id, entity_id=m.entity_id, user_id=m.user_id, role=m.role)
                for m in people
                if m.user_id is not None
            ],
            ignore_conflicts=True,
        )


def end_access(members: Sequence[int | None], now: datetime) -> None:
    """Take away what an archived member could do: rights in this entity, sessions, unused invitations (Z8)."""
    if not members:
        return
    Invitation.objects.filter(member_id__in=_known(members), used_at=None, cancelled_at=None).update(
        cancelled_at=now, next_reminder_at=None
    )
    _take_rights(_known(members))


def stop_access(members: Sequence[int]) -> None:
    """Take away what a suspended member could do. An unused invitation stays, and its page says why it waits."""
    Invitation.objects.filter(member_id__in=members, used_at=None, cancelled_at=None).update(
        next_reminder_at=None
    )
    _take_rights(members)


def resume_reminders(members: Sequence[int], now: datetime) -> None:
    """Remind people again, whose suspension was lifted before they had signed up."""
    waiting = Invitation.objects.filter(
        member_id__in=members, used_at=None, cancelled_at=None, expires_at__gt=now
    )
    waiting.filter(reminders=0).update(next_reminder_at=now + FIRST_REMINDER)


def _take_rights(members: Sequence[int]) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounts_grant g USING directory_member m"
            " WHERE m.id = ANY(%s) AND g.user_id = m.user_id AND g.entity_id = m.entity_id",
            [list(members)],
        )
    end_sessions(list(User.objects.filter(member__in=members).values_list("pk", flat=True)))
    end_tokens(members)


def end_tokens(members: Sequence[int]) -> None:
    """Revoke the API tokens that these members made and that reach their entity (Z8): whoever needs one makes it."""
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_apitoken t SET revoked_at = now() FROM directory_member m"
            " WHERE m.id = ANY(%s) AND t.created_by_id = m.user_id AND t.company_id = m.company_id"
            " AND t.revoked_at IS NULL AND (t.entity_id IS NULL OR t.entity_id = m.entity_id)"
            " RETURNING t.company_id, t.entity_id, t.id, t.name",
            [list(members)],
        )
        ended = cursor.fetchall()
    append(
        [
            NewEvent(
                company_id=company,
                kind=EventKind.TOKEN_REVOKED,
                actor=SYSTEM,
                entity_id=entity,
                data={"token": token, "name": name, "why": "access_ended"},
            )
            for company, entity, token, name in ended
        ]
    )


def invite(writes: Sequence[Write], company_id: int, now: datetime) -> dict[int | None, tuple[int, str]]:
    """Prepare one invitation for each new member, and for each returning one who never signed up."""
    returning = [one.member_id for one in writes if one.kind is Kind.REACTIVATE]
    invited = set(
        Member.objects.filter(pk__in=_known(returning), state=State.INVITED, suspended_at=None).values_list(
            "pk", flat=True
        )
        if returning
        else ()
    )
    invited |= set(
        _known(
            [
                one.member_id
                for one in writes
                if one.kind is Kind.CREATE and one.after["state"] == State.INVITED
            ]
        )
    )
    taken_back = [one.member_id for one in writes if one.kind is Kind.REACTIVATE and one.why == Why.UNDONE]
    invited -= _invitations_again([one for one in _known(taken_back) if one in invited], now)
    return send_invitations(sorted(invited), company_id, now)


def _invitations_again(members: Sequence[int], now: datetime) -> set[int]:
    """Let the newest invitations that an archive cancelled work again, without a mail; return whose did."""
    if not members:
        return set()
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE directory_invitation i SET cancelled_at = NULL FROM ("
            " SELECT max(id) AS id FROM directory_invitation WHERE member_id = ANY(%s) GROUP BY member_id) newest"
            " WHERE i.id = newest.id AND i.used_at IS NULL AND i.expires_at > %s RETURNING i.member_id",
            [list(members), now],
        )
        return {int(row[0]) for row in cursor.fetchall()}


def send_invitations(
    members: Sequence[int], company_id: int, now: datetime
) -> dict[int | None, tuple[int, str]]:
    """Prepare a fresh invitation for each of these members; return number and nonce by member."""
    if not members:
        return {}
    nonces = [token_urlsafe(16) for _ in members]
    with database.cursor() as cursor:
        cursor.execute(
            _INVITE,
            [company_id, now, now + INVITATION_LIVES, now + FIRST_REMINDER, array(members), texts(nonces)],
        )
        return {member_id: (number, nonce) for member_id, number, nonce in cursor.fetchall()}


def _known(members: Sequence[int | None]) -> list[int]:
    return [one for one in members if one is not None]
