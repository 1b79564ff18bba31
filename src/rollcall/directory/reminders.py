"""Reminders to people who were invited and have not signed up: after 3, 6 and 12 days."""

from datetime import datetime
from typing import Final

from rollcall.accounts import access
from rollcall.accounts.apart import one_by_one
from rollcall.directory import actions
from rollcall.directory.models import Invitation

_AT_ONCE: Final = 1_000


def send_due(now: datetime) -> int:
    """Remind everybody who is due at ``now`` (aware); return how many. Each in a transaction of their own.

    Whoever can't be reminded is logged, and asked about again by the next round; the others get theirs.
    """
    with access.on_duty("remind"):
        due = list(
            Invitation.objects.filter(next_reminder_at__lte=now, used_at=None, cancelled_at=None)
            .order_by("next_reminder_at")
            .values_list("company_id", "pk")[:_AT_ONCE]
        )
    sent: list[int] = []
    one_by_one("not_reminded", due, lambda one: sent.extend(_remind(*one, now)))
    return len(sent)


def _remind(company_id: int, invitation_id: int, now: datetime) -> list[int]:
    with access.acting_for(company_id):
        invitation = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("member__entity")
            .filter(pk=invitation_id, next_reminder_at__lte=now, used_at=None, cancelled_at=None)
            .first()
        )
        if invitation is None:
            return []
        actions.remind(invitation, now=now)
        return [invitation.pk]
