"""Limits of an entity: how much syncs may change without a person, how much they have, and how a person changes it."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from rollcall.api.auth import Bearer, caller, subscription_for
from rollcall.api.problems import Problem
from rollcall.api.wire import read, respond, told
from rollcall.connections.models import Subscription
from rollcall.engine.limits import FIXED, GROUP_SIZE, RANGES, Limits, out_of_range
from rollcall.sync import limiting


class LimitsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The limits in force. Shares are parts of one; all others are people, but `week_factor`."""

    limits: Limits
    # the strictest and the loosest value that each may have
    ranges: Mapping[str, tuple[float, float]]
    # what syncs did without a person (`done`), and may do (`most`), of how many: alone (`run`), in the last 24 hours
    # (`day`) and 7 days (`week`); over the entity, and over all entities of its connection if others use it too
    used: Sequence[limiting.Use]
    # these always wait for a person; besides, a whole location, department or legal entity of `whole_group` people
    fixed: Sequence[str]
    whole_group: int


class LimitsChange(msgspec.Struct, frozen=True, kw_only=True):
    """New values and why; what is left out stays as it is."""

    limits: Mapping[str, int | float]
    reason: str


router = Router(tags=["settings"])
_EXAMPLE = {
    "limits": {"created_share": 0.5, "created_floor": 60},
    "reason": "Seasonal staff starts on Monday",
}


@router.get(
    "/{int:entity_id}/limits", auth=Bearer("read"), summary="Get limits", **told(LimitsAnswer, also=(409,))
)
def get_limits(request: HttpRequest, entity_id: int) -> HttpResponse:
    """The limits of the entity and how much of them is used; 409 `not_connected` without a connection."""
    return respond(_answer(subscription_for(request, entity_id)))


@router.put(
    "/{int:entity_id}/limits",
    auth=Bearer("connections:write"),
    summary="Change limits",
    **told(LimitsAnswer, takes=LimitsChange, example=_EXAMPLE, also=(409,)),
)
def put_limits(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Change limits from the next sync on, with a reason for the audit log; 422 names what is out of range.

    No list of changes is made by it. One that waits because of a limit is looked at again by the next sync.
    """
    found = subscription_for(request, entity_id)
    asked = read(request, LimitsChange)
    limits = _limits(found, asked.limits)
    if not asked.reason.strip():
        raise _invalid("reason", "must not be empty")
    limiting.change(found, limits, reason=asked.reason[:2_000], actor=caller(request))
    return respond(_answer(subscription_for(request, entity_id)))


def _answer(found: Subscription) -> LimitsAnswer:
    return LimitsAnswer(
        limits=found.get_limits(),
        ranges=RANGES,
        used=limiting.used(found, now=timezone.now()),
        fixed=[str(one) for one in FIXED],
        whole_group=GROUP_SIZE,
    )


def _limits(found: Subscription, asked: Mapping[str, int | float]) -> Limits:
    unknown = sorted(set(asked) - set(RANGES))
    if unknown:
        raise _invalid("limits", f"not a limit: {', '.join(unknown)}")
    values: dict[str, Any] = {**msgspec.to_builtins(found.get_limits()), **asked}
    try:
        limits = msgspec.convert(values, Limits, strict=True)
    except msgspec.ValidationError as error:
        raise _invalid("limits", str(error)) from None
    wrong = out_of_range(limits)
    if wrong:
        name, lowest, highest = wrong[0]
        raise _invalid(f"limits.{name}", f"from {lowest:g} to {highest:.4g}")
    return limits


def _invalid(field: str, message: str) -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", fields=[{"field": f"body.{field}", "message": message}]
    )
