"""What people and programs may ask of a connection: connect, configure, approve, pause, disconnect.

Pages, the API and commands call these; none touches a connection or a plan itself. Each function runs inside a
transaction that acts for the company, and starts jobs only after that transaction has been committed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec
from django.db import transaction
from django.utils import timezone

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.connections import gallery, source_files, webhooks
from rollcall.connections.look import look
from rollcall.connections.models import Connection, Employee, ReadPage, State, Subscription, Tally
from rollcall.connections.source import Access, Wanted, opened_with
from rollcall.directory import links
from rollcall.engine.settings import Settings
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import NewEvent, append
from rollcall.sync import tasks
from rollcall.sync.models import WAITING, Plan, PlanState
from rollcall.sync.plans.catching_up import caught_up, close_interrupted, stop
from rollcall.sync.plans.doubtful import leave_out
from rollcall.sync.plans.planning import plan
from rollcall.sync.plans.undo import make_undo, undone_by
from rollcall.sync.runs.ending import resting_state

PLANS_WITH_HR: Final = ("scale", "premium")
"""Billing plans that include the HR integration (S5)."""

PREVIEW_LIVES: Final = timedelta(hours=24)


class Refused(Exception):
    """Asked for something that cannot be. ``code`` names the reason, ``params`` its details."""

    def __init__(self, code: str, **params: str) -> None:
        """Keep the reason; pages and the API have a sentence for it."""
        super().__init__(code)
        self.code = code
        self.params = params


def try_credentials(
    tool: str, credentials: Mapping[str, str], wanted: Wanted, *, zone: str | None = None
) -> Access:
    """Try credentials without storing anything (S13). Raises ``SourceError``. Talks to the tool: seconds.

    With the entity's time ``zone`` the people themselves are looked at too, as far as that goes quickly.
    """
    with opened_with(tool, credentials, wanted) as connector:
        found = connector.test()
        return found if zone is None else look(connector, found, now=timezone.now(), zone=zone)


def connect(
    entity: Entity, tool: str, credentials: Mapping[str, str], *, wanted: Wanted, access: Access, actor: Actor
) -> Connection:
    """Store tested credentials for the entity and start the first read, which changes no member (S14, S24, S25).

    An entity uses one connection; a company has one per tool, shared by its entities (product decision 6).
    Raises ``Refused``: ``plan``, or ``in_use`` when the entity is connected to another tool.
    """
    if entity.company.plan not in PLANS_WITH_HR:
        raise Refused("plan", plan=entity.company.plan)
    used = Subscription.objects.select_related("connection").filter(entity=entity).first()
    if used is not None and used.connection.state != State.DISCONNECTED and used.connection.tool != tool:
        raise Refused("in_use", tool=used.connection.tool)
    connection, _ = Connection.objects.select_for_update().get_or_create(
        company_id=entity.company_id, tool=tool
    )
    changes_key = connection.state not in (State.CONNECTING, State.DISCONNECTED)
    if changes_key and connection.identity and access.identity and connection.identity != access.identity:
        raise Refused("other_company", tool=tool)
    now = timezone.now()
    connection.set_credentials(dict(credentials))
    connection.address = gallery.address_of(tool, credentials)
    connection.company_name = access.company or ""
    connection.identity = access.identity or ""
    connection.wanted = msgspec.to_builtins(wanted)
    connection.connected_by, connection.connected_at = actor.label, now
    connection.state = State.SYNCING if connection.last_good_at and changes_key else State.CONNECTING
    connection.error, connection.error_params, connection.failures = "", {}, 0
    connection.progress = {"read": 0}
    if not changes_key and access.people is not None:
        connection.employees = access.people
    connection.save()
    Subscription.objects.update_or_create(
        entity=entity, defaults={"company_id": entity.company_id, "connection": connection}
    )
    _tell(EventKind.CONNECTION_CONNECTED, connection, actor, entity)
    start(connection, trigger="first", actor=actor)
    return connection


def join(entity: Entity, connection: Connection, *, actor: Actor) -> Subscription:
    """Let another entity of the company use a connection with the same credentials. Raises ``Refused``."""
    if entity.company.plan not in PLANS_WITH_HR:
        raise Refused("plan", plan=entity.company.plan)
    if not connection.is_used:
        raise Refused("not_connected")
    used = Subscription.objects.select_related("connection").filter(entity=entity).first()
    if (
        used is not None
        and used.connection_id != connection.pk
        and used.connection.state != State.DISCONNECTED
    ):
        raise Refused("in_use", tool=used.connection.tool)
    subscription, _ = Subscription.objects.update_or_create(
        entity=entity, defaults={"company_id": entity.company_id, "connection": connection}
    )
    _tell(EventKind.CONNECTION_CHANGED, connection, actor, entity)
    return subscription


def start(connection: Connection, *, trigger: str, actor: Actor) -> None:
    """Have a worker run this connection as soon as one is free. Raises ``Refused``: ``not_connected``."""
    if not connection.is_used:
        raise Refused("not_connected")
    Connection.objects.filter(pk=connection.pk).update(run_wanted=trigger, run_wanted_by=actor.label)
    transaction.on_commit(
        partial(tasks.defer_run, connection.company_id, connection.pk, trigger, actor.label)
    )


def preview(subscription: Subscription, settings: Settings, *, actor: Actor) -> Plan:
    """Make the plan of these settings for a person to look at (S39, S40); nothing is changed."""
    if not subscription.connection.is_used:
        raise Refused("not_connected")
    if subscription.connection.last_good_at is None:
        raise Refused("not_read_yet")
    if subscription.is_live:
        # Limits change with a reason of their own, never beside something else (S3).
        settings = msgspec.structs.replace(settings, limits=subscription.get_limits())
    Subscription.objects.filter(pk=subscription.pk).update(draft=msgspec.to_builtins(settings))
    made = plan(subscription, settings, now=timezone.now(), for_settings=True, made_by=actor.label)
    if made is None:  # pragma: no cover - plans for settings are always stored
        raise Refused("not_read_yet")
    return made


def approve(
    made: Plan, digest: str, *, actor: Actor, override: str = "", without_doubtful: bool = False
) -> None:
    """Confirm exactly this plan (S41): its settings become the entity's, its changes are applied by a worker.

    ``without_doubtful`` leaves out the changes that pass limits, for which ``override`` is the reason otherwise.
    A plan that takes another back pauses the connection: the next run would do it all again.

    Raises ``Refused``: ``decided`` (already confirmed, rejected or superseded), ``digest`` (not the plan that was
    shown), ``stale`` (a preview older than a day), ``unseen`` (a sync's plan that no sync has found again for a day),
    ``override_needed`` (limits are passed, or a plan is taken back, and no
    reason was given), ``nothing_left`` (all changes are doubtful), ``undone`` (taken back meanwhile), ``busy`` (the
    changes of another plan of this entity are being made).
    """
    locked = Plan.objects.select_for_update(of=("self",)).select_related("undoes").get(pk=made.pk)
    now = timezone.now()
    _approvable(locked, digest, now, reason=override.strip(), without_doubtful=without_doubtful)
    subscription = Subscription.objects.select_for_update().get(pk=locked.subscription_id)
    connection = subscription.connection
    if not (connection.is_used or (locked.undoes_id and connection.state == State.PAUSED)):
        raise Refused("not_connected")
    # A worker that was lost leaves the other as it is, and makes it when it is back (invariant 12).
    if Plan.objects.filter(entity_id=locked.entity_id, state=PlanState.APPLYING).exists():
        raise Refused("busy")
    if locked.undoes is not None:
        _take_over(locked, locked.undoes, connection, actor=actor, now=now)
    if without_doubtful and locked.breaches:
        locked.left_out = leave_out(locked)
        if locked.left_out >= locked.counts["acting"]:
            raise Refused("nothing_left")
    if locked.for_settings:
        # A plan that was held under the old settings is not what these settings want (C6).
        others = Plan.objects.filter(subscription=subscription, state__in=WAITING).exclude(pk=locked.pk)
        others.update(state=PlanState.SUPERSEDED, finished_at=now)
        limits = msgspec.to_builtins(subscription.get_limits())
        subscription.settings, subscription.draft = {**locked.settings, "limits": limits}, None
        subscription.version += 1
        subscription.save(update_fields=["settings", "draft", "version"])
    locked.state, locked.decided_by, locked.decided_at = PlanState.APPLYING, actor.label, now
    locked.override, locked.tries = override.strip(), 0
    locked.save(update_fields=["state", "decided_by", "decided_at", "override", "left_out", "tries"])
    data = {"digest": digest, "override": locked.override}
    if locked.left_out:
        data["left_out"] = str(locked.left_out)
    if locked.undoes_id is None:
        caught_up(subscription)
    else:
        data["undoes"] = str(locked.undoes_id)
    _tell_plan(EventKind.PLAN_APPROVED, locked, actor, data)
    transaction.on_commit(partial(tasks.defer_apply, locked.company_id, locked.pk, actor.label))


def is_old(made: Plan, now: datetime) -> bool:
    """Tell whether a plan that waits is too old to be approved (C6).

    A preview is good for a day. What a run wants stays good as long as runs go on wanting the same: each good one
    finds the plan again, or puts another in its place.
    """
    seen = made.made_at
    if not (made.for_settings or made.undoes_id):
        seen = max(seen, made.subscription.connection.last_good_at or seen)
    return now - seen > PREVIEW_LIVES


def _approvable(locked: Plan, digest: str, now: datetime, *, reason: str, without_doubtful: bool) -> None:
    if locked.state not in WAITING:
        raise Refused("decided", state=locked.state)
    if locked.digest != digest:
        raise Refused("digest")
    if is_old(locked, now):
        raise Refused("stale" if locked.for_settings or locked.undoes_id else "unseen")
    if ((locked.breaches and not without_doubtful) or locked.undoes_id) and not reason:
        raise Refused("override_needed")


def _take_over(made: Plan, original: Plan, connection: Connection, *, actor: Actor, now: datetime) -> None:
    """Let the undo of ``original`` stand alone: other plans that wait are void, and runs stop."""
    Plan.objects.select_for_update().get(pk=original.pk)
    if undone_by(original) is not None:
        raise Refused("undone")
    waiting = Plan.objects.filter(entity_id=made.entity_id, state__in=WAITING).exclude(pk=made.pk)
    waiting.update(state=PlanState.SUPERSEDED, finished_at=now)
    if connection.is_used:
        pause(connection, actor=actor)


def undo(original: Plan, *, actor: Actor) -> Plan:
    """Make the plan that takes an applied plan back, to look at; nothing is changed (product decision 15).

    Raises ``Refused``: ``not_applied``, ``undone``, ``undo_of_undo``, ``busy`` (changes are being made),
    ``not_connected``.
    """
    if original.undoes_id is not None:
        raise Refused("undo_of_undo")
    if original.state != PlanState.APPLIED or not original.outcome.get("done"):
        raise Refused("not_applied")
    if undone_by(original) is not None:
        raise Refused("undone")
    if original.subscription.connection.state == State.DISCONNECTED:
        raise Refused("not_connected")
    plans = Plan.objects.filter(entity_id=original.entity_id)
    if plans.filter(state=PlanState.APPLYING).exists():
        raise Refused("busy")
    now = timezone.now()
    plans.filter(state__in=WAITING).exclude(undoes=None).update(state=PlanState.SUPERSEDED, finished_at=now)
    return make_undo(original, made_by=actor.label, now=now)


def reject(made: Plan, *, actor: Actor) -> None:
    """Say no to a plan; the settings stay as they are. Raises ``Refused``: ``decided``."""
    changed = Plan.objects.filter(pk=made.pk, state__in=WAITING).update(
        state=PlanState.REJECTED,
        decided_by=actor.label,
        decided_at=timezone.now(),
        finished_at=timezone.now(),
    )
    if not changed:
        raise Refused("decided", state=made.state)
    _tell_plan(EventKind.PLAN_REJECTED, made, actor, {})
    connection = made.subscription.connection
    if connection.state == State.HELD:
        connection.state = resting_state(connection)
        connection.save(update_fields=["state"])


def pause(connection: Connection, *, actor: Actor) -> None:
    """Stop runs until somebody resumes; a run at work stops at its next step.

    Whatever HR does until then waits for a person after the resume (``catching_up``).
    """
    if not connection.is_used:
        raise Refused("not_connected")
    connection.state, connection.next_run_at, connection.run_wanted = State.PAUSED, None, ""
    connection.save(update_fields=["state", "next_run_at", "run_wanted"])
    stop(connection, timezone.now())
    _tell(EventKind.CONNECTION_CHANGED, connection, actor)


def resume(connection: Connection, *, actor: Actor) -> None:
    """Go on after a pause: a run starts at once, and shows what happened meanwhile before it changes anybody.

    Plans from before the pause are void, and one that was being applied ends where it stopped. Raises ``Refused``:
    not_paused, or plan (S5).
    """
    if connection.state != State.PAUSED:
        raise Refused("not_paused")
    if connection.company.plan not in PLANS_WITH_HR:
        raise Refused("plan", plan=connection.company.plan)
    close_interrupted(connection, timezone.now())
    connection.state = resting_state(connection)
    connection.save(update_fields=["state"])
    _tell(EventKind.CONNECTION_CHANGED, connection, actor)
    start(connection, trigger="person", actor=actor)


def disconnect(connection: Connection, *, actor: Actor) -> int:
    """Stop for good (S47): credentials and the mirror are erased, members stay as they are (S48).

    Links stay, unmanaged, so that connecting again recognises everybody (S49). Returns how many members are no
    longer managed.
    """
    if connection.state == State.DISCONNECTED:
        raise Refused("not_connected")
    Plan.objects.filter(subscription__connection=connection, state__in=(*WAITING, PlanState.APPLYING)).update(
        state=PlanState.SUPERSEDED, finished_at=timezone.now()
    )
    webhooks.take_back(connection)
    released = links.release_all(connection.pk, why="disconnected", tool=connection.tool)
    for subscription in Subscription.objects.filter(connection=connection):
        # The settings come back as a draft when somebody connects again.
        subscription.draft = subscription.settings or subscription.draft
        subscription.settings = subscription.paused_since = None
        subscription.save(update_fields=["draft", "settings", "paused_since"])
    source_files.erase(connection)
    ReadPage.objects.filter(connection=connection).delete()
    Employee.objects.filter(connection=connection).delete()
    Tally.objects.filter(connection=connection).delete()
    connection.credentials, connection.state = b"", State.DISCONNECTED
    connection.error, connection.error_params, connection.progress = "", {}, {}
    connection.next_run_at, connection.last_good_at, connection.run_wanted = None, None, ""
    connection.identity, connection.employees, connection.lease = "", 0, None
    connection.changes_since, connection.changes_key, connection.full_read_at = None, "", None
    connection.save()
    _tell(EventKind.CONNECTION_DISCONNECTED, connection, actor)
    return released


def _tell(kind: EventKind, connection: Connection, actor: Actor, entity: Entity | None = None) -> None:
    append(
        [
            NewEvent(
                company_id=connection.company_id,
                kind=kind,
                actor=actor,
                entity_id=entity.pk if entity else None,
                data={"connection": connection.pk, "tool": connection.tool, "state": str(connection.state)},
            )
        ]
    )


def _tell_plan(kind: EventKind, made: Plan, actor: Actor, data: dict[str, Any]) -> None:
    append(
        [
            NewEvent(
                company_id=made.company_id,
                kind=kind,
                actor=actor,
                entity_id=made.entity_id,
                run_id=made.run_id,
                plan_id=made.pk,
                data=data,
            )
        ]
    )
