"""Many changes of members with a fixed number of statements: the machinery behind ``actions``.

Everything here runs inside the caller's transaction, which acts for one company. A write happens only while its
*before* still holds; what no longer fits is reported as stale and left as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Final

import msgspec
from django.db import connection as database
from msgspec import Struct

from rollcall.accounts import secrets
from rollcall.accounts.models import Grant
from rollcall.accounts.sessions import end_sessions
from rollcall.accounts.sign_in import Move, move_addresses
from rollcall.directory.models import Invitation, Member
from rollcall.engine.change import Kind
from rollcall.engine.roster import Role, State
from rollcall.engine.snapshot import fold_email

INVITATION_LIVES: Final = timedelta(days=60)
FIRST_REMINDER: Final = timedelta(days=3)

COLUMNS: Final = tuple(f.column for f in Member._meta.concrete_fields)
_CHANGEABLE: Final = tuple(c for c in COLUMNS if c not in {"id", "company_id", "entity_id", "created_at"})


class Write(Struct, kw_only=True):
    """One change of one member, in columns. ``after`` is completed by this room before it is written."""

    number: int
    kind: Kind
    member_id: int | None
    before: dict[str, Any]
    after: dict[str, Any]
    # the employee this comes from, if it comes from one
    employee_id: str | None = None
    employee_digest: str = ""
    # the employee's bank account is to be taken over
    takes_bank: bool = False
    why: str = ""
    params: Mapping[str, str] = {}


class Written(Struct, frozen=True, kw_only=True):
    """One write that happened."""

    write: Write
    member_id: int
    invitation: tuple[int, str] | None = None


class Source(Struct, frozen=True, kw_only=True):
    """The connection a batch comes from, and the version of the settings it brings members in step with."""

    connection_id: int
    version: int


def write(
    writes: Sequence[Write], *, company_id: int, entity_id: int, source: Source | None, now: datetime
) -> tuple[list[Written], list[int]]:
    """Apply ``writes``; return those that happened, and the numbers of those that no longer fit."""
    happens = _still_fitting(writes, entity_id)
    _give_ids(happens)
    _complete(happens, company_id=company_id, entity_id=entity_id, now=now)
    if source:
        _take_over_banks(happens, company_id, source.connection_id)
    _insert([one for one in happens if one.kind is Kind.CREATE])
    _update([one for one in happens if one.kind is not Kind.CREATE])
    _move_sign_ins(happens)
    if source:
        _tie(happens, company_id, entity_id, source, now)
    _end_access([one.member_id for one in happens if one.kind is Kind.ARCHIVE], now)
    invitations = _invite(happens, company_id, now)
    done = [
        Written(write=one, member_id=one.member_id, invitation=invitations.get(one.member_id))
        for one in happens
        if one.member_id is not None
    ]
    fit = {one.number for one in happens}
    return done, [one.number for one in writes if one.number not in fit]


def set_managers(pairs: Iterable[tuple[int, str | None]], *, entity_id: int, connection_id: int) -> int:
    """Point members at the member of their manager's employee id (``None``: nobody); return rows changed.

    A manager without a living member in the entity leaves the member as they are.
    """
    wanted = [{"member_id": member, "boss": boss} for member, boss in pairs]
    if not wanted:
        return 0
    with database.cursor() as cursor:
        cursor.execute(
            """
            WITH w AS (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS w(member_id bigint, boss text)),
            resolved AS (
                SELECT w.member_id, w.boss, boss.id AS boss_id
                FROM w
                LEFT JOIN directory_link l
                  ON l.entity_id = %s AND l.connection_id = %s AND l.employee_id = w.boss
                LEFT JOIN directory_member boss ON boss.id = l.member_id AND boss.state <> 'archived'
            )
            UPDATE directory_member m SET manager_id = r.boss_id
            FROM resolved r
            WHERE m.id = r.member_id AND m.entity_id = %s AND m.id IS DISTINCT FROM r.boss_id
              AND (r.boss IS NULL OR r.boss_id IS NOT NULL) AND m.manager_id IS DISTINCT FROM r.boss_id
            """,
            [_json(wanted), entity_id, connection_id, entity_id],
        )
        return int(cursor.rowcount)


def _still_fitting(writes: Sequence[Write], entity_id: int) -> list[Write]:
    known = [one for one in writes if one.kind is not Kind.CREATE]
    rows: dict[int, tuple[str, str, str]] = {}
    with database.cursor() as cursor:
        if known:
            cursor.execute(
                """
                SELECT w.number, m.state, m.role, m.email_key
                FROM jsonb_to_recordset(%s::jsonb) AS w(number int, member_id bigint, before jsonb)
                JOIN directory_member m ON m.id = w.member_id
                WHERE m.entity_id = %s AND to_jsonb(m) @> w.before
                ORDER BY m.id FOR UPDATE OF m
                """,
                [
                    _json(
                        [{"number": o.number, "member_id": o.member_id, "before": o.before} for o in known]
                    ),
                    entity_id,
                ],
            )
            rows = {number: tuple(found) for number, *found in cursor.fetchall()}
        owners = _owners_left(cursor, entity_id, [o.member_id for o in known if o.kind is Kind.ARCHIVE])
    fitting: list[Write] = []
    for one in writes:
        if one.kind is Kind.CREATE:
            fits = True
        else:
            state, role, _ = rows.get(one.number, ("", "", ""))
            fits = bool(state) and (state == State.ARCHIVED) == (one.kind is Kind.REACTIVATE)
            if one.kind is Kind.ARCHIVE and role == Role.OWNER:
                # Invariant 3: however the plan was sliced, somebody keeps the keys.
                fits = fits and owners > 0
        if fits:
            fitting.append(one)
    return _with_free_addresses(fitting, {number: row[2] for number, row in rows.items()}, entity_id)


def _with_free_addresses(writes: list[Write], own: Mapping[int, str], entity_id: int) -> list[Write]:
    """Leave out writes after which two living members would share an address (invariant 11).

    An address is free if nobody has it, or if whoever has it gives it up in this very batch (I6); a write that
    falls out keeps its address, which may make another fall out in turn.
    """
    wanted = {
        one.number: key
        for one in writes
        if (key := one.after.get("email_key") or (own[one.number] if one.kind is Kind.REACTIVATE else None))
    }
    if not wanted:
        return writes
    holders = _holders(list(wanted.values()), entity_id)
    while True:
        going = {o.member_id for o in writes if o.number in wanted or o.kind is Kind.ARCHIVE}
        claimed: set[str] = set()
        fitting: list[Write] = []
        for one in writes:
            key = wanted.get(one.number)
            if key is not None:
                holder = holders.get(key)
                if key in claimed or (holder is not None and holder not in going and holder != one.member_id):
                    continue
                claimed.add(key)
            fitting.append(one)
        if len(fitting) == len(writes):
            return fitting
        writes = fitting


def _holders(keys: list[str], entity_id: int) -> dict[str, int]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT email_key, id FROM directory_member"
            " WHERE entity_id = %s AND email_key = ANY(%s) AND state <> 'archived'",
            [entity_id, keys],
        )
        return dict(cursor.fetchall())


def _owners_left(cursor: Any, entity_id: int, leaving: list[int | None]) -> int:
    if not leaving:
        return 0
    cursor.execute(
        "SELECT count(*) FROM directory_member"
        " WHERE entity_id = %s AND role = 'owner' AND state = 'active' AND NOT id = ANY(%s)",
        [entity_id, leaving],
    )
    return int(cursor.fetchone()[0])


def _give_ids(writes: Sequence[Write]) -> None:
    new = [one for one in writes if one.kind is Kind.CREATE]
    if not new:
        return
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('directory_member', 'id')) FROM generate_series(1, %s)",
            [len(new)],
        )
        for one, (member_id,) in zip(new, cursor.fetchall(), strict=True):
            one.member_id = int(member_id)


def _complete(writes: Sequence[Write], *, company_id: int, entity_id: int, now: datetime) -> None:
    """Add to each ``after`` the columns that follow from the kind of change."""
    at = now.isoformat()
    for one in writes:
        match one.kind:
            case Kind.CREATE:
                blank = {"role": Role.REQUESTER, "first_name": "", "last_name": "", "state": State.INVITED}
                fixed = {
                    "id": one.member_id,
                    "company_id": company_id,
                    "entity_id": entity_id,
                    "created_at": at,
                }
                one.after = blank | {"archived_by_hand": False, "invited_at": at} | one.after | fixed
            case Kind.ARCHIVE:
                one.after |= {"state": State.ARCHIVED, "archived_at": at}
            case Kind.REACTIVATE:
                # Whoever comes back starts with the least (I8); a person may give more again.
                one.after |= {"role": Role.REQUESTER, "archived_at": None, "archived_by_hand": False}
            case _:
                pass


def _take_over_banks(writes: Sequence[Write], company_id: int, connection_id: int) -> None:
    """Seal the employee's account anew for the member's row: a seal is bound to its row."""
    takers = [one for one in writes if one.takes_bank]
    if not takers:
        return
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, bank_sealed, bank_digest, bank_mask FROM connections_employee"
            " WHERE connection_id = %s AND external_id = ANY(%s)",
            [connection_id, [one.employee_id for one in takers]],
        )
        held = {row[0]: row[1:] for row in cursor.fetchall()}
    for one in takers:
        sealed, digest, mask = held.get(str(one.employee_id), (None, None, None))
        if sealed is not None:
            plain = secrets.unseal(
                bytes(sealed),
                company_id=company_id,
                table="connections_employee",
                field="bank_sealed",
                row=f"{connection_id}:{one.employee_id}",
            )
            sealed = secrets.seal(
                plain,
                company_id=company_id,
                table="directory_member",
                field="bank_sealed",
                row=str(one.member_id),
            )
        one.after |= {
            "bank_sealed": "\\x" + sealed.hex() if sealed is not None else None,
            "bank_digest": digest,
            "bank_mask": mask,
            "bank_confirmed_at": None,
        }


_INSERT: Final = (
    f"INSERT INTO directory_member ({', '.join(COLUMNS)})"
    f" SELECT {', '.join(COLUMNS)} FROM jsonb_populate_recordset(NULL::directory_member, %s::jsonb)"
)
_UPDATE: Final = (
    f"UPDATE directory_member m SET ({', '.join(_CHANGEABLE)}) ="
    f" (SELECT {', '.join('r.' + c for c in _CHANGEABLE)} FROM jsonb_populate_record(m, w.after) r)"
    " FROM jsonb_to_recordset(%s::jsonb) AS w(member_id bigint, after jsonb) WHERE m.id = w.member_id"
)


_TIE: Final = """
    INSERT INTO directory_link
        (company_id, entity_id, connection_id, changed_at, applied_version,
         member_id, employee_id, managed, why_not, why_not_params, applied_digest)
    SELECT %s, %s, %s, %s, %s, r.member_id, r.employee_id, r.managed, r.why_not, r.why_not_params, r.applied_digest
    FROM jsonb_populate_recordset(NULL::directory_link, %s::jsonb) r
    ON CONFLICT (entity_id, connection_id, employee_id) DO UPDATE SET
        managed = excluded.managed, why_not = excluded.why_not, why_not_params = excluded.why_not_params,
        changed_at = excluded.changed_at, applied_digest = excluded.applied_digest,
        applied_version = excluded.applied_version
"""
_INVITE: Final = """
    INSERT INTO directory_invitation
        (company_id, member_id, nonce, created_at, expires_at, reminders, next_reminder_at)
    SELECT %s, r.member_id, r.nonce, %s, %s, 0, %s FROM unnest(%s::bigint[], %s::text[]) AS r(member_id, nonce)
    RETURNING member_id, id, nonce
"""


def _insert(writes: Sequence[Write]) -> None:
    if writes:
        with database.cursor() as cursor:
            cursor.execute(_INSERT, [_json([one.after for one in writes])])


def _update(writes: Sequence[Write]) -> None:
    changed = [{"member_id": one.member_id, "after": one.after} for one in writes if one.after]
    if not changed:
        return
    with database.cursor() as cursor:
        cursor.execute(_UPDATE, [_json(changed)])
        back = [one.member_id for one in writes if one.kind is Kind.REACTIVATE]
        if back:
            cursor.execute(
                "UPDATE directory_member SET state = CASE WHEN user_id IS NULL THEN 'invited' ELSE 'active' END"
                " WHERE id = ANY(%s)",
                [back],
            )
    _restore_access(back)


def _move_sign_ins(writes: Sequence[Write]) -> None:
    moved = {
        one.member_id: (fold_email(one.before["email"]), one.after["email_key"])
        for one in writes
        if "email_key" in one.after and one.before.get("email")
    }
    users = (
        Member.objects.filter(pk__in=list(moved), user__isnull=False).values_list("pk", "user_id")
        if moved
        else ()
    )
    move_addresses([Move(user_id=user, old=moved[pk][0], new=moved[pk][1]) for pk, user in users if user])


def _restore_access(members: Sequence[int | None]) -> None:
    if members:
        people = Member.objects.filter(pk__in=members, user__isnull=False)
        Grant.objects.bulk_create(
            [
                Grant(company_id=m.company_id, entity_id=m.entity_id, user_id=m.user_id, role=m.role)
                for m in people
            ],
            ignore_conflicts=True,
        )


def _untie_forgotten(writes: Sequence[Write], source: Source) -> None:
    """Take away links to employees who are in the mirror no more: a member has one link for each connection.

    After a reconnect the tool may know somebody under a new number only (I8).
    """
    tied = {
        one.member_id: one.employee_id
        for one in writes
        if one.kind in (Kind.LINK, Kind.REACTIVATE, Kind.ARCHIVE)
    }
    if tied:
        with database.cursor() as cursor:
            cursor.execute(
                "DELETE FROM directory_link l USING unnest(%s::bigint[], %s::text[]) AS x(member, employee)"
                " WHERE l.member_id = x.member AND l.connection_id = %s AND l.employee_id <> x.employee"
                " AND NOT EXISTS (SELECT FROM connections_employee e"
                " WHERE e.connection_id = l.connection_id AND e.external_id = l.employee_id)",
                [list(tied), list(tied.values()), source.connection_id],
            )


def _tie(writes: Sequence[Write], company_id: int, entity_id: int, source: Source, now: datetime) -> None:
    _untie_forgotten(writes, source)
    rows = [
        {
            "member_id": one.member_id,
            "employee_id": one.employee_id,
            "managed": one.kind is not Kind.RELEASE,
            "why_not": one.why if one.kind is Kind.RELEASE else "",
            "why_not_params": one.params if one.kind is Kind.RELEASE else {},
            "applied_digest": one.employee_digest,
        }
        for one in writes
        if one.employee_id is not None
    ]
    if rows:
        with database.cursor() as cursor:
            fixed = [company_id, entity_id, source.connection_id, now, source.version]
            cursor.execute(_TIE, [*fixed, _json(rows)])


def _end_access(members: Sequence[int | None], now: datetime) -> None:
    """Take away what an archived member could do: rights in this entity, sessions, unused invitations (Z8)."""
    if not members:
        return
    Invitation.objects.filter(member_id__in=members, used_at=None, cancelled_at=None).update(
        cancelled_at=now, next_reminder_at=None
    )
    signed_in = list(
        Member.objects.filter(pk__in=members, user__isnull=False).values_list("user_id", "entity_id")
    )
    for user_id, entity_id in signed_in:
        Grant.objects.filter(user_id=user_id, entity_id=entity_id).delete()
    for user_id in {user_id for user_id, _ in signed_in}:
        if user_id is not None:
            end_sessions(user_id)


def _invite(writes: Sequence[Write], company_id: int, now: datetime) -> dict[int | None, tuple[int, str]]:
    """Prepare one invitation for each new member, and for each returning one who never signed up."""
    returning = [one.member_id for one in writes if one.kind is Kind.REACTIVATE]
    invited = set(
        Member.objects.filter(pk__in=returning, state=State.INVITED).values_list("pk", flat=True)
        if returning
        else ()
    )
    invited |= {
        one.member_id for one in writes if one.kind is Kind.CREATE and one.after["state"] == State.INVITED
    }
    if not invited:
        return {}
    members = sorted(invited)
    nonces = [token_urlsafe(16) for _ in members]
    with database.cursor() as cursor:
        fixed = [company_id, now, now + INVITATION_LIVES, now + FIRST_REMINDER]
        cursor.execute(_INVITE, [*fixed, members, nonces])
        return {member_id: (number, nonce) for member_id, number, nonce in cursor.fetchall()}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
