"""After a pause: what happened meanwhile is shown to a person before anybody is changed.

The mark stands on the entity's subscription from the pause on, so that nothing which starts a run (the clock, a
webhook, "Sync now", a new key) gets past it. It goes when a person confirms a plan, or when there is nothing to do.
"""

from datetime import datetime

from django.db.models import OuterRef, Subquery

from rollcall.connections.models import Connection, Subscription
from rollcall.engine.change import ACTING
from rollcall.sync.models import WAITING, Line, LineState, Plan, PlanState


def stop(connection: Connection, now: datetime) -> None:
    """Mark every entity whose members the connection manages; one that is marked already keeps its day."""
    live = Subscription.objects.filter(connection=connection, paused_since=None).exclude(settings=None)
    live.update(paused_since=now)


def caught_up(subscription: Subscription) -> None:
    """Take the mark away: a person has looked, or there was nothing to look at."""
    subscription.paused_since = None
    Subscription.objects.filter(pk=subscription.pk).update(paused_since=None)


def close_interrupted(connection: Connection, now: datetime) -> None:
    """Let nothing from before the pause be applied: plans that wait are void, one that was being applied is over.

    What it did stays, can be undone, and what it did not do is looked for anew. Taking a run back pauses the connection
    by itself, so that such plans go on.
    """
    stop(connection, now)
    mine = Plan.objects.filter(subscription__connection=connection, undoes=None)
    mine.filter(state__in=WAITING).update(state=PlanState.SUPERSEDED, finished_at=now)
    for made in mine.select_for_update(of=("self",)).filter(state=PlanState.APPLYING):
        lines = Line.objects.filter(plan=made, kind__in=ACTING)
        lines.filter(state=LineState.WANTED).update(state=LineState.STALE)
        done, stale = (lines.filter(state=one).count() for one in (LineState.DONE, LineState.STALE))
        made.outcome = {"done": done, "stale": stale, "member_rows": done}
        made.state, made.finished_at = PlanState.APPLIED, now
        made.save(update_fields=["outcome", "state", "finished_at"])


def looks_of(connection_id: int) -> list[tuple[int, datetime, int | None]]:
    """Return the entities of a connection whose look is still to be taken: since when, and the plan to look at."""
    marked = Subscription.objects.filter(connection_id=connection_id).exclude(paused_since=None)
    held = Plan.objects.filter(subscription=OuterRef("pk"), state=PlanState.HELD).order_by("-pk")
    found = marked.annotate(held_plan=Subquery(held.values("pk")[:1])).order_by("entity_id")
    return [(one.entity_id, one.paused_since, one.held_plan) for one in found if one.paused_since is not None]


def refused(subscription: Subscription) -> bool:
    """Tell whether a person said no to the newest plan: what it wanted is not asked again, and not done either."""
    own = Plan.objects.filter(subscription=subscription, for_settings=False, undoes=None)
    newest = own.order_by("-pk").values_list("state", flat=True).first()
    return newest == PlanState.REJECTED
