"""The proof behind the short way of a run: wherever a level holds, a look at everything finds nothing to do."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.models import Subscription
from rollcall.sync.models import Run
from rollcall.sync.plans.planning import plan
from rollcall.sync.runs import beginning


def facts_of(company_id: int, connection_id: int, now: datetime) -> beginning.Facts:
    """What a run of the connection would know at its begin."""
    rows = access.asked(company_id, f"SELECT {beginning.FACTS}", {"connection": connection_id, "now": now})
    return beginning.facts_from(rows[0][0])


def levels(company_id: int, connection_id: int, now: datetime | None = None) -> set[int]:
    """The subscriptions that the next run would not look at, if the tool tells nothing new."""
    now = now or timezone.now()
    return {int(one) for one in facts_of(company_id, connection_id, now).levels(now)}


def look(company_id: int, subscription_id: int, now: datetime | None = None) -> str:
    """Look with a run's eyes, take it back, and return what was found; empty for nothing."""
    with access.acting_for(company_id), transaction.atomic():
        used = Subscription.objects.select_related("connection").get(pk=subscription_id)
        run = Run.objects.create(
            company_id=company_id, connection=used.connection, trigger="proof", started_at=timezone.now()
        )
        made = plan(used, used.get_settings(), now=now or timezone.now(), run=run)
        transaction.set_rollback(True)
    return f"plan {made.state}: {made.counts}" if made else ""


def proven(company_id: int, connection_id: int, now: datetime | None = None) -> int:
    """Check every level that holds by a look; return how many there were."""
    held = levels(company_id, connection_id, now)
    for one in held:
        assert look(company_id, one, now) == ""
    return len(held)


def watched() -> frozenset[str]:
    """The tables whose changes leave marks."""
    return frozenset(
        {
            "accounts_entity",
            "connections_employee",
            "connections_subscription",
            "directory_decision",
            "directory_link",
            "directory_member",
            "directory_tombstone",
            "sync_plan",
        }
    )
