"""Events: the audit log, newest first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from rollcall.api.auth import Bearer, caller, company_id, entity_of
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after_number, page, told
from rollcall.events.catalogue import Kind
from rollcall.events.models import Event

# Parts of the links in invitations.
HIDDEN: Final = frozenset({"nonce", "invitation_id"})


class EventAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One entry; ``number`` counts without gaps within the company, ``hash`` ties it to the one before."""

    number: int
    kind: str
    at: datetime
    # user, token, sync or system
    actor_kind: str
    actor_id: int | None
    actor_label: str
    entity_id: int | None
    member_id: int | None
    run_id: int | None
    plan_id: int | None
    data: Mapping[str, Any]
    hash: str


router = Router(tags=["events"])


@router.get("", auth=Bearer("read"), summary="List events", **told(Listed[EventAnswer]))
def list_events(
    request: HttpRequest,
    *,
    entity_id: int | None = None,
    member_id: int | None = None,
    kind: Kind | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = "",
) -> HttpResponse:
    """The audit log of the company, an entity or a member. A token of one entity sees that entity's alone."""
    wanted: dict[str, object] = {"member_id": member_id, "kind": kind}
    wanted["entity_id"] = caller(request).entity_id if entity_id is None else entity_of(request, entity_id).pk
    found = Event.objects.filter(
        company_id=company_id(request), **{name: value for name, value in wanted.items() if value is not None}
    )
    before = after_number(cursor)
    if before:
        found = found.filter(pk__lt=before)
    return page(list(found.order_by("-pk")[: limit + 1]), limit, key=lambda one: one.pk, shown=_shown)


def _shown(event: Event) -> EventAnswer:
    return EventAnswer(
        number=event.number,
        kind=event.kind,
        at=event.at,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        actor_label=event.actor_label,
        entity_id=event.entity_id,
        member_id=event.member_id,
        run_id=event.run_id,
        plan_id=event.plan_id,
        data={name: value for name, value in event.data.items() if name not in HIDDEN},
        hash=event.hash,
    )
