"""From a bearer token to an actor, and to the rows it may reach."""

from http import HTTPStatus
from typing import cast

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja.security import HttpBearer

from rollcall.accounts import tokens
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.api.problems import Problem
from rollcall.connections.models import Connection, Subscription
from rollcall.connections.queries import connection_of, subscription_of
from rollcall.sync.models import Plan
from rollcall.sync.plans.preview import plan_of


class Bearer(HttpBearer):
    """Lets in live tokens with one scope. Session cookies open nothing: no request can be forged (CSRF)."""

    openapi_bearerFormat = "rc_..."  # noqa: N815 - the document's own name
    openapi_description = (
        "An API token of the company, or of one entity, as `Authorization: Bearer rc_...`. Admins make"
        " tokens in the settings; each is shown once. Scopes: `read`; `members:write`; `members:erase` (only"
        " owners give it; it cannot be undone); `connections:write`"
        " (connect, configure, sync, pause, disconnect); `plans:approve`. No scope includes another."
        " A token of one entity sees that entity alone."
    )

    def __init__(self, scope: str) -> None:
        """Name the scope that the operation needs."""
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Return who calls, or None. A missing token costs the same look-up as a wrong one (N4)."""
        kind, _, raw = request.headers.get("Authorization", "").partition(" ")
        return self.authenticate(request, raw.strip() if kind.lower() == "bearer" else "")

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Verify the token and act for its company until the request ends. Raises ``Problem``: 403."""
        actor = tokens.enter(token)
        if actor is None:
            return None
        if self.scope not in actor.scopes:
            raise Problem(HTTPStatus.FORBIDDEN, "forbidden", scope=self.scope)
        return actor


def caller(request: HttpRequest) -> Actor:
    """Return the token's actor; for operations behind ``Bearer``."""
    return cast("Actor", request.auth)  # type: ignore[attr-defined] # set by ninja


def company_id(request: HttpRequest) -> int:
    """Return the company of the token."""
    return cast("int", caller(request).company_id)


def entities_of(request: HttpRequest) -> QuerySet[Entity]:
    """Return the entities that the token reaches, by id."""
    found = Entity.objects.filter(company_id=company_id(request)).order_by("pk")
    only = caller(request).entity_id
    return found if only is None else found.filter(pk=only)


def reachable(request: HttpRequest, entity_id: int) -> int:
    """Return the id again. Raises Http404 when the token is another entity's; whose entity it is, is not looked at."""
    if caller(request).entity_id not in (None, entity_id):
        raise Http404
    return entity_id


def entity_of(request: HttpRequest, entity_id: int) -> Entity:
    """Return the entity. Raises Http404; unknown and foreign look the same (Z1)."""
    only = caller(request).entity_id
    found = (
        Entity.objects.select_related("company").filter(company_id=company_id(request), pk=entity_id).first()
    )
    if found is None or only not in (None, found.pk):
        raise Http404
    return found


def subscription_for(request: HttpRequest, entity_id: int) -> Subscription:
    """Return the entity's use of a connection. Raises Http404, and ``Problem`` 409 when there is none yet."""
    found = subscription_of(entity_of(request, entity_id).pk)
    if found is None:
        raise Problem(HTTPStatus.CONFLICT, "not_connected")
    return found


def connection_read_by(request: HttpRequest, entity_id: int) -> int:
    """Return the id of the entity's connection, for lists. Raises as `subscription_for` and `refuse_if_shared` do."""
    found = Entity.objects.filter(company_id=company_id(request), pk=reachable(request, entity_id))
    used = list(found.values_list("subscription__connection_id", flat=True))
    if not used:
        raise Http404
    if used[0] is None:
        raise Problem(HTTPStatus.CONFLICT, "not_connected")
    refuse_if_shared(request, used[0])
    return int(used[0])


def connection_for(request: HttpRequest, connection_id: int) -> Connection:
    """Return the connection: any of the company, or the one that the token's entity uses. Raises Http404."""
    found = connection_of(company_id(request), connection_id)
    only = caller(request).entity_id
    if found is None or (only is not None and only not in users_of(found.pk)):
        raise Http404
    return found


def users_of(connection_id: int) -> list[int]:
    """Return the ids of the entities that use the connection."""
    used = Subscription.objects.filter(connection=connection_id).order_by("entity_id")
    return list(used.values_list("entity_id", flat=True))


def refuse_if_shared(request: HttpRequest, connection_id: int) -> None:
    """Keep a token of one entity from what would touch others. Raises ``Problem``: 403."""
    only = caller(request).entity_id
    if only is not None and set(users_of(connection_id)) - {only}:
        raise Problem(HTTPStatus.FORBIDDEN, "shared")


def plan_for(request: HttpRequest, entity_id: int, plan_id: int) -> Plan:
    """Return a plan of the entity. Raises Http404."""
    found = plan_of(entity_of(request, entity_id).pk, plan_id)
    if found is None:
        raise Http404
    return found
