"""Reminders to people who were invited and have not signed up: after 3, 6 and 12 days."""

from datetime import datetime
from typing import Final

from rollcall.accounts import access
from rollcall.directory import actions
from rollcall.directory.models import Invitation

_AT_ONCE: Final = 1_000


def send_due(now: datetime) -> int:
    """Remind everybody who is due at ``now`` (aware); return how many. Each in a transaction of their own."""
    with access.on_duty("remind"):
        due = list(
            Invitation.objects.filter(next_reminder_at__lte=now, used_at=None, cancelled_at=None)
            .order_by("next_reminder_at")
            .values_list("company_id", "pk")[:_AT_ONCE]
        )
    sent = 0
    for company_id, invitation_id in due:
        with access.acting_for(company_id):
            invitation = (
                Invitation.objects.select_for_update(of=("self",))
                .select_related("member__entity")
                .filter(pk=invitation_id, next_reminder_at__lte=now, used_at=None, cancelled_at=None)
                .first()
            )
            if invitation is not None:
                actions.remind(invitation, now=now)
                sent += 1
    return sent
