"""Ties the weekly summary to what the syncs know: neither room may ask the other."""

from django.utils import timezone

from rollcall.notify.weekly import tell_due
from rollcall.sync.runs.telling import waiting


def quarter(timestamp: int) -> None:
    """The round that makes weekly summaries: every quarter of an hour, for Monday comes at odd minutes of UTC too."""
    tell_due(timezone.now(), waiting)
