"""Which mails a person wants: the weekly summary can be switched off, in the pages or by the link in the mail."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth import get_user_model

from rollcall.accounts.secrets import sign, signature_fits
from rollcall.notify.models import Choice

_PURPOSE = "mail-off"
_LONGEST = 18  # digits of an id


def wants_weekly(user_id: int) -> bool:
    """Tell whether the person gets the weekly summary: yes, until they say no."""
    return not Choice.objects.filter(user_id=user_id, weekly=False).exists()


def without_weekly(user_ids: Collection[int]) -> set[int]:
    """Return those of the people who switched the summary off. One statement."""
    return set(Choice.objects.filter(user_id__in=user_ids, weekly=False).values_list("user_id", flat=True))


def set_weekly(user_id: int, *, wanted: bool) -> None:
    """Switch the weekly summary on or off for the person, in all their entities."""
    Choice.objects.update_or_create(user_id=user_id, defaults={"weekly": wanted})


def off_path(user_id: int) -> str:
    """Return the path that switches the summary off without signing in; it is the same in every mail."""
    return f"/mails/off/{user_id}.{sign(_PURPOSE, str(user_id))}/"


def user_of(token: str) -> int | None:
    """Return whose link's token this is, ``None`` for any that we did not make or whose person is gone."""
    number, _, signature = token.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST):
        return None
    if not signature_fits(_PURPOSE, number, signature):
        return None
    return int(number) if get_user_model().objects.filter(pk=int(number)).exists() else None
