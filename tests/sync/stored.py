"""A made-up company of the engine's tests, put into the database as fetch and apply would leave it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from django.db import connection as database

from rollcall.accounts.models import Entity
from rollcall.connections import models as mirror
from rollcall.connections.loops import mark_loops
from rollcall.connections.rows import VALUE_COLUMNS, Columns
from rollcall.directory import models as directory
from rollcall.engine.absence import Absence
from rollcall.engine.roster import Bank, Link, Member, Role, State
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee, fold_email

AT = datetime(2026, 1, 1, tzinfo=UTC)


def store_employees(
    connection: mirror.Connection,
    snapshot: Sequence[Employee],
    *,
    banks: Mapping[str, Bank] | None = None,
    vanished: Sequence[str] = (),
    absences: Mapping[str, Absence] | None = None,
    unread: Sequence[str] = (),
) -> dict[str, str]:
    """Write the mirror; returns employee id -> digest."""
    rows = []
    made = Columns(company_id=connection.company_id, connection_id=connection.pk)
    for one in snapshot:
        columns, digest = made.of(one)
        given = dict(zip(VALUE_COLUMNS, columns, strict=True))
        given["custom"] = json.loads(given["custom"] or "null")
        bank = (banks or {}).get(one.id)
        if bank:
            given["bank_digest"], given["bank_mask"] = bank.digest, bank.mask
        missing = (absences or {}).get(one.id)
        rows.append(
            mirror.Employee(
                company_id=connection.company_id,
                connection=connection,
                external_id=one.id,
                record_digest=one.id.encode(),
                digest=digest,
                first_seen_at=AT,
                changed_at=AT,
                absent_since=missing.since if missing else AT if one.id in vanished else None,
                absent_runs=missing.runs if missing else 0,
                absent_proven_at=AT if missing and missing.proven else None,
                unread_since=AT if one.id in unread else None,
                **given,
            )
        )
    mirror.Employee.objects.bulk_create(rows)
    with database.cursor() as cursor:
        mark_loops(cursor, connection.pk)
    return {row.external_id: row.digest for row in rows}


def with_last_owner(members: Sequence[Member]) -> list[Member]:
    """The members with ``last_owner`` as the database knows it: the only active owner."""
    active = [one for one in members if one.role is Role.OWNER and one.state is State.ACTIVE]
    return [msgspec.structs.replace(one, last_owner=len(active) == 1 and one is active[0]) for one in members]


def store_members(entity: Entity, members: Sequence[Member]) -> None:
    """Write the members with the ids they have."""
    plain = set(Member.__struct_fields__) - {"id", "bank", "manager_id", "signed_up", "last_owner"}
    for one in members:
        directory.Member.objects.create(
            pk=one.id,
            company_id=entity.company_id,
            entity=entity,
            email_key=fold_email(one.email),
            bank_digest=one.bank.digest if one.bank else None,
            bank_mask=one.bank.mask if one.bank else None,
            signed_up_at=AT if one.signed_up else None,
            created_at=AT,
            **{name: getattr(one, name) for name in plain},
        )
    for one in members:
        if one.manager_id is not None:
            directory.Member.objects.filter(pk=one.id).update(manager_id=one.manager_id)


def store_links(
    entity: Entity, connection: mirror.Connection, links: Sequence[Link], in_step: Mapping[str, str]
) -> None:
    """Write the links; ``in_step`` has the digest that people were last brought in step with."""
    for one in links:
        directory.Link.objects.create(
            company_id=entity.company_id,
            entity=entity,
            member_id=one.member_id,
            connection=connection,
            employee_id=one.employee_id,
            managed=one.managed,
            changed_at=AT,
            applied_digest=in_step.get(one.employee_id, ""),
            applied_version=1,
        )


def subscribe(entity: Entity, settings: Settings) -> mirror.Subscription:
    """A connection without credentials, used by the entity with these settings."""
    connection = mirror.Connection.objects.create(
        company_id=entity.company_id, tool="bamboohr", state=mirror.State.CONNECTED
    )
    return mirror.Subscription.objects.create(
        company_id=entity.company_id,
        entity=entity,
        connection=connection,
        settings=msgspec.to_builtins(settings),
        version=1,
    )
