"""Two admins who edit the same settings: the second who saves sees what the first one saved, and decides."""

import hashlib
from collections.abc import Sequence

import msgspec
from django.http import HttpRequest

from rollcall.connections.models import Subscription
from rollcall.engine.settings import Settings
from rollcall.sync.models import Plan
from rollcall.web.choosing.named import names_of
from rollcall.web.choosing.told import Differing, differing
from rollcall.web.moments import Moment, moment
from rollcall.web.session import actor_of, entity_of

_canonical = msgspec.json.Encoder(order="deterministic")


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody else saved meanwhile. ``by`` and ``at`` are empty when nobody knows any more."""

    by: str
    at: Moment | None
    lines: Sequence[Differing]


def fingerprint(settings: Settings) -> str:
    """Return what names these settings in a form, so that it can tell later whether they are still the same."""
    return hashlib.sha256(_canonical.encode(settings)).hexdigest()[:16]


def conflict(
    request: HttpRequest, subscription: Subscription, made_from: str, wanted: Settings
) -> Conflict | None:
    """Return what stands in the way of saving ``wanted``, ``None`` when nothing does.

    Whoever saved last themselves, went back and saves again is in nobody's way, nor is who wants the same.

    Args:
        request: of the admin who saves.
        subscription: as it is now, locked until the end of the request.
        made_from: ``fingerprint`` of the settings that the form showed at first; empty asks nothing.
        wanted: the settings of the form.
    """
    theirs = subscription.get_draft()
    if not made_from or made_from == fingerprint(theirs):
        return None
    last = Plan.objects.filter(subscription=subscription, for_settings=True).order_by("-pk").first()
    if last is not None and last.made_by == actor_of(request).label:
        return None
    names = names_of(subscription.connection_id, (*theirs.exceptions, *wanted.exceptions))
    lines = differing(theirs, wanted, names)
    if not lines:
        return None
    by, at = (
        (last.made_by, moment(last.made_at, entity_of(request).time_zone)) if last is not None else ("", None)
    )
    return Conflict(by=by, at=at, lines=lines)
