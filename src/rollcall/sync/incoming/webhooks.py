"""From a call of an HR tool to a run within seconds.

Many calls in a row are one reason: while a run is wanted already, a further call adds nothing. A run for webhooks
starts only after the tool's own answers have settled, and after a pause as long as the last run took, so that a tool
that calls all the time never gets more than half of our time.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import transaction

from rollcall.accounts import access
from rollcall.connections import webhooks
from rollcall.connections.models import Connection
from rollcall.connections.webhooks import Call, NotGenuine
from rollcall.sync import tasks
from rollcall.sync.models import Run

__all__ = ["TRIGGER", "Call", "NotGenuine", "hear"]

TRIGGER: Final = "webhook"
AT_LEAST: Final = timedelta(seconds=2)
"""Changes come in groups: somebody saves a form, and five calls arrive within a second."""


def hear(token: str, call: Call, *, now: datetime) -> bytes | None:
    """Take a call in; return what to answer, ``None`` for an unknown address. Raises ``NotGenuine``."""
    notice = webhooks.receive(token, call, now=now)
    if notice is None:
        return None
    if notice.change:
        with access.acting_for(notice.company_id):
            wanted = Connection.objects.filter(pk=notice.connection_id, run_wanted="").update(
                run_wanted=TRIGGER
            )
            wait = max(AT_LEAST, timedelta(seconds=notice.settles_in), _pause(notice.connection_id, now))
        if wanted or notice.settles_in:
            transaction.on_commit(
                partial(
                    tasks.defer_run,
                    notice.company_id,
                    notice.connection_id,
                    TRIGGER,
                    "",
                    seconds=round(wait.total_seconds()),
                )
            )
    return notice.reply


def _pause(connection_id: int, now: datetime) -> timedelta:
    last = Run.objects.filter(connection_id=connection_id).exclude(finished_at=None).order_by("-pk").first()
    if last is None or last.finished_at is None:
        return timedelta(0)
    return max(last.finished_at + (last.finished_at - last.started_at) - now, timedelta(0))
