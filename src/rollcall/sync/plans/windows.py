"""What syncs did without a person in the last 24 hours and 7 days: the sights in which a plan is held against limits.

Asked only for plans that change somebody, so that a quiet run pays nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, Q

from rollcall.connections.models import Subscription
from rollcall.engine.limits import Headcount, Scope, Sight, Window
from rollcall.engine.tally import Tally, total
from rollcall.sync.models import Plan, PlanState

SPANS: Final = {Window.DAY: timedelta(hours=24), Window.WEEK: timedelta(days=7)}


def sights(
    subscription: Subscription,
    before: Headcount,
    everybody: Callable[[], Headcount],
    *,
    now: datetime,
) -> list[Sight]:
    """Return how a run's plan of the entity is looked at: alone, over both windows, and with the connection's others.

    Args:
        subscription: of the entity.
        before: the entity's people now.
        everybody: returns the people of all entities that use the connection; asked only where there are others.
        now: the end of both windows, aware.
    """
    done = _done(subscription.connection_id, now)
    found = [Sight(before=before)]
    for window, rows in done.items():
        found.append(
            _sight(
                before, window, Scope.ENTITY, [one for one in rows if one.entity == subscription.entity_id]
            )
        )
    if _is_shared(subscription):
        of_all = everybody()
        for window, rows in done.items():
            found.append(_sight(of_all, window, Scope.CONNECTION, rows))
    return found


class _Done(NamedTuple):
    entity: int
    tally: Tally
    undone: bool


def _sight(before: Headcount, window: Window, scope: Scope, rows: Sequence[_Done]) -> Sight:
    return Sight(
        before=before,
        window=window,
        scope=scope,
        done=total(one.tally for one in rows),
        returned=sum(one.tally.removed for one in rows if one.undone),
    )


def _done(connection_id: int, now: datetime) -> dict[Window, list[_Done]]:
    """Return what plans did that were applied without a person, by window; one statement.

    A plan that was interrupted and taken up again counts until its last change is old enough.
    """
    taken_back = Plan.objects.filter(undoes=OuterRef("pk"), state__in=(PlanState.APPLYING, PlanState.APPLIED))
    plans = Plan.objects.filter(
        Q(finished_at=None) | Q(finished_at__gt=now - SPANS[Window.WEEK]),
        subscription__connection_id=connection_id,
        began_at__isnull=False,
    ).annotate(undone=Exists(taken_back))
    found: dict[Window, list[_Done]] = {window: [] for window in SPANS}
    for entity, finished, tally, undone in plans.values_list("entity_id", "finished_at", "tally", "undone"):
        for window, span in SPANS.items():
            if finished is None or finished > now - span:
                found[window].append(_Done(entity, Tally.from_json(tally), undone))
    return found


def _is_shared(subscription: Subscription) -> bool:
    others = Subscription.objects.filter(connection_id=subscription.connection_id)
    return others.exclude(pk=subscription.pk).exists()
