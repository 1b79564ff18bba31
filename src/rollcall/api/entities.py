"""Entities: who they are, what they use, how many members they have."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from rollcall.accounts.models import Entity
from rollcall.api.auth import Bearer, entities_of, entity_of
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after_number, page, respond, told
from rollcall.connections.models import Subscription
from rollcall.connections.queries import subscription_of
from rollcall.directory import queries
from rollcall.sync.plans.preview import waiting_plan


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What lists and single entities have in common; ``time_zone`` is an IANA name."""

    id: int
    name: str
    country: str
    currency: str
    time_zone: str
    language: str
    # whose employees are its members, if it is connected
    connection_id: int | None
    # settings were confirmed, so runs may change members
    live: bool


class ListedEntity(Base, frozen=True, kw_only=True):
    """An entity in a list."""


class EntityAnswer(Base, frozen=True, kw_only=True):
    """One entity. ``members`` counts invited, active, archived and managed."""

    # the plan that waits for a person
    waiting_plan_id: int | None
    members: Mapping[str, int]


router = Router(tags=["entities"])


@router.get("", auth=Bearer("read"), summary="List entities", **told(Listed[ListedEntity]))
def list_entities(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = "") -> HttpResponse:
    """The entities that the token reaches, by id."""
    rows = list(entities_of(request).filter(pk__gt=after_number(cursor))[: limit + 1])
    used = {one.entity_id: one for one in Subscription.objects.filter(entity__in=rows)}
    return page(
        rows,
        limit,
        key=lambda one: one.pk,
        shown=lambda one: ListedEntity(**_base(one, used.get(one.pk))),
    )


@router.get("/{int:entity_id}", auth=Bearer("read"), summary="Get an entity", **told(EntityAnswer))
def get_entity(request: HttpRequest, entity_id: int) -> HttpResponse:
    """One entity with its numbers and the plan that waits."""
    entity = entity_of(request, entity_id)
    plan = waiting_plan(entity.pk)
    return respond(
        EntityAnswer(
            **_base(entity, subscription_of(entity.pk)),
            waiting_plan_id=plan.pk if plan else None,
            members=queries.counts(entity.pk),
        )
    )


def _base(entity: Entity, subscription: Subscription | None) -> dict[str, Any]:
    same = ("name", "country", "currency", "time_zone", "language")
    return {
        "id": entity.pk,
        **{name: getattr(entity, name) for name in same},
        "connection_id": subscription.connection_id if subscription else None,
        "live": bool(subscription and subscription.is_live),
    }
