"""End sessions at once, for example when somebody is archived (Z8)."""

from collections.abc import Sequence

from django.db.models import F

from rollcall.accounts.models import User


def end_sessions(user_ids: Sequence[int]) -> None:
    """Make every session of these people worthless, on every device, with one update.

    The number counted up is part of the hash each session carries; the next request with an old one is a
    stranger's.
    """
    User.objects.filter(pk__in=user_ids).update(session_epoch=F("session_epoch") + 1)
