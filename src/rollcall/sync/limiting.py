"""The limits of an entity: how much of each is used, and how a person changes them (S3 of the fault catalogue)."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from rollcall.accounts.actor import Actor
from rollcall.connections.models import Subscription
from rollcall.directory.headcount import managed_kept
from rollcall.engine.limits import Breach, Headcount, Limits, Measure, Scope, Window, measures, out_of_range
from rollcall.engine.tally import Tally
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import NewEvent, append
from rollcall.sync.actions import Refused
from rollcall.sync.plans.windows import sights


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a limit syncs have used in a window."""

    limit: Breach
    window: Window
    scope: Scope
    done: int
    most: int
    of: int


def used(subscription: Subscription, *, now: datetime) -> list[Use]:
    """Return the use of every limit that counts people of the whole entity, at the time ``now`` (aware).

    Limits of one group or of one field have as many counts as there are groups and fields; they are left out.
    """
    looks = sights(
        subscription, _kept(subscription, subscription.entity_id), lambda: _kept(subscription, None), now=now
    )
    limits = subscription.get_limits()
    return [
        _use(one, look.window, look.scope)
        for look in looks
        for one in measures(Tally(), look, limits)
        if not one.what
    ]


def _kept(subscription: Subscription, entity_id: int | None) -> Headcount:
    # Nobody asks here how many are listed.
    people = managed_kept(subscription.company_id, entity_id, subscription.connection_id)
    return Headcount(managed=people, employees=people)


def _use(one: Measure, window: Window, scope: Scope) -> Use:
    return Use(limit=one.breach, window=window, scope=scope, done=one.done, most=one.most, of=one.of)


def change(
    subscription: Subscription, limits: Limits, *, reason: str, actor: Actor
) -> Mapping[str, tuple[float, float]]:
    """Put these limits in force from the next sync on; return what changed, as (before, after) by name.

    It makes no plan and looks at nobody again; a plan that is held is held against the new limits by the next run.

    Raises ``Refused``: ``reason_needed``, ``limits_range`` (``names`` says which).
    """
    wrong = out_of_range(limits)
    if wrong:
        raise Refused("limits_range", names=", ".join(name for name, *_ in wrong))
    locked = Subscription.objects.select_for_update(of=("self",)).get(pk=subscription.pk)
    before, after = msgspec.to_builtins(locked.get_limits()), msgspec.to_builtins(limits)
    changed = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    if not changed:
        return {}
    if not reason.strip():
        raise Refused("reason_needed")
    if locked.settings is not None:
        locked.settings = {**locked.settings, "limits": after}
    if locked.settings is None or locked.draft is not None:
        locked.draft = {**msgspec.to_builtins(locked.get_draft()), "limits": after}
    locked.save(update_fields=["settings", "draft"])
    append(
        [
            NewEvent(
                company_id=locked.company_id,
                kind=EventKind.LIMITS_CHANGED,
                actor=actor,
                entity_id=locked.entity_id,
                data={
                    # Entries hold no fractions: their digests have to come out the same everywhere.
                    "limits": {name: [f"{one:.6g}" for one in pair] for name, pair in changed.items()},
                    "reason": reason.strip(),
                },
            )
        ]
    )
    return changed
