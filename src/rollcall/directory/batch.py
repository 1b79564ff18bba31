"""Many changes of members with a fixed number of statements: the machinery behind ``actions`` and ``lines``.

Everything here runs inside the caller's transaction, which acts for one company. A write happens only while its
*before* still holds; what no longer fits is reported as stale and left as it is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection as database

from rollcall.accounts import secrets
from rollcall.accounts.staging import stage, texts
from rollcall.directory import following, leading, owners
from rollcall.directory.models import Member
from rollcall.directory.writes import Source, Write, Written, as_json
from rollcall.engine.change import Kind
from rollcall.engine.roster import Role, State

COLUMNS: Final = tuple(
    str(f.column)
    for f in Member._meta.concrete_fields  # noqa: SLF001 - documented API
    if not f.generated
)
_CHANGEABLE: Final = tuple(c for c in COLUMNS if c not in {"id", "company_id", "entity_id", "created_at"})


def write(
    writes: Sequence[Write], *, company_id: int, entity_id: int, source: Source | None, now: datetime
) -> tuple[list[Written], list[int]]:
    """Apply ``writes``; return those that happened, and the numbers of those that no longer fit."""
    happens = _still_fitting(_still_theirs(writes, entity_id, source), entity_id)
    _give_ids(happens)
    _complete(happens, company_id=company_id, entity_id=entity_id, now=now)
    if source:
        _take_over_banks(happens, company_id, source.connection_id)
        leading.take_managers(happens, entity_id, source)
    _insert([one for one in happens if one.kind is Kind.CREATE])
    _update([one for one in happens if one.kind is not Kind.CREATE])
    following.move_sign_ins(happens)
    if source:
        following.tie(happens, company_id, entity_id, source, now)
    following.end_access([one.member_id for one in happens if one.kind is Kind.ARCHIVE], now)
    invitations = following.invite(happens, company_id, now)
    done = [
        Written(write=one, member_id=one.member_id, invitation=invitations.get(one.member_id))
        for one in happens
        if one.member_id is not None
    ]
    fit = {one.number for one in happens}
    return done, [one.number for one in writes if one.number not in fit]


def _still_theirs(writes: Sequence[Write], entity_id: int, source: Source | None) -> Sequence[Write]:
    """Leave out writes after which an employee would have two members, or a member two employees (invariant 10)."""
    if source is None:
        return writes
    others = following.tied_to_others(writes, entity_id, source)
    seen: set[int] = set()
    kept: list[Write] = []
    for one in writes:
        if one.number not in others and (one.kind is Kind.CREATE or one.member_id not in seen):
            kept.append(one)
            seen.add(one.member_id or 0)
    return kept


def _still_fitting(writes: Sequence[Write], entity_id: int) -> list[Write]:
    known = [one for one in writes if one.kind is not Kind.CREATE]
    rows: dict[int, tuple[str, str, str]] = {}
    if any(one.kind is Kind.ARCHIVE for one in known):
        owners.hold([entity_id])
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
                    as_json(
                        [{"number": o.number, "member_id": o.member_id, "before": o.before} for o in known]
                    ),
                    entity_id,
                ],
            )
            rows = {number: tuple(found) for number, *found in cursor.fetchall()}
        left = _owners_left(cursor, entity_id, [o.member_id for o in known if o.kind is Kind.ARCHIVE])
    fitting: list[Write] = []
    for one in writes:
        if one.kind is Kind.CREATE:
            fits = True
        else:
            state, role, _ = rows.get(one.number, ("", "", ""))
            fits = bool(state) and (state == State.ARCHIVED) == (one.kind is Kind.REACTIVATE)
            if one.kind is Kind.ARCHIVE and role == Role.OWNER:
                # Invariant 3: however the plan was sliced, somebody keeps the keys.
                fits = fits and left > 0
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
            # one by one (OFFSET 0): without statistics PostgreSQL would look at all members for each chunk
            "SELECT m.email_key, m.id FROM unnest(%s::text[]) AS x(email_key) CROSS JOIN LATERAL ("
            " SELECT email_key, id FROM directory_member"
            " WHERE entity_id = %s AND email_key = x.email_key AND state <> 'archived' OFFSET 0) m",
            [texts(keys), entity_id],
        )
        return dict(cursor.fetchall())


def _owners_left(cursor: Any, entity_id: int, leaving: list[int | None]) -> int:
    if not leaving:
        return 0
    cursor.execute(
        "SELECT count(*) FROM directory_member"
        " WHERE entity_id = %s AND role = 'owner' AND state = 'active' AND suspended_at IS NULL"
        " AND NOT id = ANY(%s)",
        [entity_id, leaving],
    )
    return int(cursor.fetchone()[0])


def _give_ids(writes: Sequence[Write]) -> None:
    new = [one for one in writes if one.kind is Kind.CREATE]
    if not new:
        return
    with database.cursor() as cursor:
        cursor.execute(
            # OFFSET 0: the name is looked up once, not for each
            "SELECT nextval(s.name) FROM generate_series(1, %s),"
            " (SELECT pg_get_serial_sequence('directory_member', 'id')::regclass AS name OFFSET 0) s",
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
                empty = dict.fromkeys(("first_name", "last_name", "suspended_by", "suspended_why"), "")
                blank = {"role": Role.REQUESTER, "state": State.INVITED, **empty}
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
                # Whoever comes back starts with the least (I8), unless the archive itself is taken back.
                one.after = {"role": Role.REQUESTER} | one.after
                one.after |= {"archived_at": None, "archived_by_hand": False}
            case _:
                pass


def _take_over_banks(writes: Sequence[Write], company_id: int, connection_id: int) -> None:
    """Seal the employee's account anew for the member's row: a seal is bound to its row."""
    takers = [one for one in writes if one.takes_bank]
    if not takers:
        return
    with database.cursor() as cursor:
        cursor.execute(
            # one by one, as above
            "SELECT x.id, e.* FROM unnest(%s::text[]) AS x(id) CROSS JOIN LATERAL ("
            " SELECT bank_sealed, bank_digest, bank_mask FROM connections_employee"
            " WHERE connection_id = %s AND external_id = x.id OFFSET 0) e",
            [texts(str(one.employee_id) for one in takers), connection_id],
        )
        held = {row[0]: row[1:] for row in cursor.fetchall()}
    mirror, members = (
        secrets.Sealer(company_id=company_id, table=table, field="bank_sealed", purpose="bank")
        for table in ("connections_employee", "directory_member")
    )
    for one in takers:
        sealed, digest, mask = held.get(str(one.employee_id), (None, None, None))
        if sealed is not None:
            plain = mirror.unseal(bytes(sealed), f"{connection_id}:{one.employee_id}")
            sealed = members.seal(plain, str(one.member_id))
        one.after |= {
            "bank_sealed": "\\x" + sealed.hex() if sealed is not None else None,
            "bank_digest": digest,
            "bank_mask": mask,
            "bank_confirmed_at": None,
            "bank_disputed_at": None,
        }


_STAGED: Final = {"bigint": "int8", "boolean": "bool"}
"""Types that are staged as they are; anything else is text, and read by PostgreSQL."""
_TYPES: Final = {
    str(f.column): str(f.db_type(database))
    for f in Member._meta.concrete_fields  # noqa: SLF001 - documented API
    if not f.generated
}
_INSERT: Final = (
    f"INSERT INTO directory_member ({', '.join(COLUMNS)}) SELECT"
    f" {', '.join(c if _TYPES[c] in _STAGED else f'{c}::{_TYPES[c]}' for c in COLUMNS)} FROM new_member"
)
_UPDATE: Final = (
    f"UPDATE directory_member m SET ({', '.join(_CHANGEABLE)}) ="
    f" (SELECT {', '.join('r.' + c for c in _CHANGEABLE)} FROM jsonb_populate_record(m, w.after) r)"
    " FROM jsonb_to_recordset(%s::jsonb) AS w(member_id bigint, after jsonb) WHERE m.id = w.member_id"
)


def _insert(writes: Sequence[Write]) -> None:
    if writes:
        stage(
            "new_member",
            {name: _STAGED.get(kind, "text") for name, kind in _TYPES.items()},
            (tuple(map(one.after.get, COLUMNS)) for one in writes),
        )
        with database.cursor() as cursor:
            cursor.execute(_INSERT)


def _update(writes: Sequence[Write]) -> None:
    changed = [{"member_id": one.member_id, "after": one.after} for one in writes if one.after]
    if not changed:
        return
    with database.cursor() as cursor:
        cursor.execute(_UPDATE, [as_json(changed)])
        back = [one.member_id for one in writes if one.kind is Kind.REACTIVATE]
        if back:
            cursor.execute(
                "UPDATE directory_member SET state = CASE WHEN user_id IS NULL THEN 'invited' ELSE 'active' END"
                " WHERE id = ANY(%s)",
                [back],
            )
    following.restore_access(back)
