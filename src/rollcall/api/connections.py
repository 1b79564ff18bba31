"""Connections: connect, look after, pause, disconnect; and the values to filter by."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from rollcall.accounts.models import Entity
from rollcall.api.auth import (
    Bearer,
    caller,
    company_id,
    connection_for,
    entity_of,
    refuse_if_shared,
    users_of,
)
from rollcall.api.problems import Problem
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after_number, page, read, respond, told
from rollcall.connections import gallery, queries
from rollcall.connections.models import Connection
from rollcall.sync import actions
from rollcall.sync.plans.catching_up import looks_of
from rollcall.sync.words.sentences import error_sentence, field_label


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What ended the last run; ``detail`` says who must do what."""

    code: str
    detail: str
    params: Mapping[str, Any]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """An entity whose changes wait for a look, since syncs were stopped; ``plan_id`` once a run has read the tool."""

    entity_id: int
    paused_since: datetime
    plan_id: int | None


class ConnectionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A company's use of an HR tool, without its credentials."""

    id: int
    tool: str
    tool_name: str
    # the company's label at the tool, and its name there
    address: str
    company_name: str
    # connecting, action_required, connected, syncing, held, error, paused or disconnected
    state: str
    error: ErrorAnswer | None
    # {"read": n} while a run reads
    progress: Mapping[str, Any]
    employees: int
    # fields that were asked for and do not come
    unreadable: Sequence[str]
    # how many records could not be read
    set_aside: int
    entity_ids: Sequence[int]
    # entities in which no run changes anybody until a person has looked at what happened during a pause
    waiting_for_look: Sequence[Look]
    connected_at: datetime | None
    last_good_at: datetime | None
    next_run_at: datetime | None


class Connect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Connect an entity to a tool; names of credentials and of data to leave out are those of the tool."""

    entity_id: int
    tool: str
    credentials: dict[str, str]
    leave_out: list[str] = []


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let one more entity use a connection."""

    entity_id: int


class Disconnected(msgspec.Struct, frozen=True):
    """How many members no HR tool manages any more; they stay as they are (S48)."""

    released: int


class FilterValue(msgspec.Struct, frozen=True):
    """A value and how many employees have it; null stands for *empty*."""

    value: str | None
    count: int


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """Something to filter by, with its values, most common first."""

    attribute: str
    label: str
    values: Sequence[FilterValue]


router = Router(tags=["connections"])
_WRITE = Bearer("connections:write")
_EXAMPLE = {
    "entity_id": 1,
    "tool": "bamboohr",
    "credentials": {"subdomain": "acme", "api_key": "..."},
    "leave_out": ["bank_account"],
}


@router.get("", auth=Bearer("read"), summary="List connections", **told(Listed[ConnectionAnswer]))
def list_connections(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = "") -> HttpResponse:
    """The connections that the token reaches, by id."""
    found = Connection.objects.filter(company_id=company_id(request), pk__gt=after_number(cursor)).order_by(
        "pk"
    )
    only = caller(request).entity_id
    if only is not None:
        found = found.filter(subscription__entity_id=only)
    return page(list(found[: limit + 1]), limit, key=lambda one: one.pk, shown=_shown)


@router.post(
    "",
    auth=_WRITE,
    summary="Connect an HR tool",
    **told(ConnectionAnswer, takes=Connect, example=_EXAMPLE, status=201, also=(409, 502, 503)),
)
def create_connection(request: HttpRequest) -> HttpResponse:
    """Try the credentials, store them sealed, start the first read, which changes no member (S13, S14, S25).

    Takes seconds: the tool is asked. Its errors are answered with their code and the sentence for the admin.
    """
    body = read(request, Connect)
    entity = entity_of(request, body.entity_id)
    tool = gallery.TOOLS.get(body.tool)
    if tool is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "unknown_tool", tool=body.tool)
    _refuse_bound_to_other(request, entity, body.tool)
    wanted = gallery.wanted_without(tool, body.leave_out)
    credentials = gallery.tidied(tool, body.credentials)
    access = actions.try_credentials(body.tool, credentials, wanted)
    made = actions.connect(
        entity, body.tool, credentials, wanted=wanted, access=access, actor=caller(request)
    )
    return respond(_shown(made), HTTPStatus.CREATED)


def _refuse_bound_to_other(request: HttpRequest, entity: Entity, tool: str) -> None:
    """New credentials for a tool that other entities use would be theirs too."""
    used = Connection.objects.filter(company_id=entity.company_id, tool=tool).first()
    if used is not None:
        refuse_if_shared(request, used.pk)


@router.get("/{int:connection_id}", auth=Bearer("read"), summary="Get a connection", **told(ConnectionAnswer))
def get_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """State, error and progress of a connection; times are UTC."""
    return respond(_shown(connection_for(request, connection_id)))


@router.delete("/{int:connection_id}", auth=_WRITE, summary="Disconnect", **told(Disconnected, also=(409,)))
def delete_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Stop for good: credentials and employees are erased, members stay as they are (S47, S48)."""
    found = connection_for(request, connection_id)
    refuse_if_shared(request, found.pk)
    return respond(Disconnected(actions.disconnect(found, actor=caller(request))))


@router.post(
    "/{int:connection_id}/entities",
    auth=_WRITE,
    summary="Use a connection in one more entity",
    **told(ConnectionAnswer, takes=Join, example={"entity_id": 2}, also=(409,)),
)
def join_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Connect once, use in many: the entity has its own scope and settings."""
    found = connection_for(request, connection_id)
    body = read(request, Join)
    actions.join(entity_of(request, body.entity_id), found, actor=caller(request))
    return respond(_shown(found))


@router.post(
    "/{int:connection_id}/sync",
    auth=_WRITE,
    summary="Sync now",
    **told(ConnectionAnswer, status=202, also=(409,)),
)
def sync_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Have a worker run it as soon as one is free; the runs say what became of it."""
    found = connection_for(request, connection_id)
    actions.start(found, trigger="person", actor=caller(request))
    return respond(_shown(found), HTTPStatus.ACCEPTED)


@router.post(
    "/{int:connection_id}/pause", auth=_WRITE, summary="Pause", **told(ConnectionAnswer, also=(409,))
)
def pause_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Stop runs until somebody resumes."""
    found = connection_for(request, connection_id)
    refuse_if_shared(request, found.pk)
    actions.pause(found, actor=caller(request))
    return respond(_shown(found))


@router.post(
    "/{int:connection_id}/resume",
    auth=_WRITE,
    summary="Resume",
    **told(ConnectionAnswer, status=202, also=(409,)),
)
def resume_connection(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Go on after a pause: a run starts at once, and changes nobody. What happened meanwhile waits as a held plan for
    a person; `waiting_for_look` names it. When nothing happened, runs go on by themselves.
    """
    found = connection_for(request, connection_id)
    refuse_if_shared(request, found.pk)
    actions.resume(found, actor=caller(request))
    return respond(_shown(found), HTTPStatus.ACCEPTED)


@router.get(
    "/{int:connection_id}/filter-values",
    auth=Bearer("read"),
    summary="List values to filter by",
    **told(Listed[Attribute]),
)
def list_filter_values(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Every attribute of the HR tool with its values and how many employees have each (S31-S34). One page."""
    found = queries.filter_values(connection_for(request, connection_id).pk)
    return respond(
        Listed(
            [
                Attribute(
                    attribute=name,
                    label=field_label(name),
                    values=[FilterValue(one.value, one.count) for one in values],
                )
                for name, values in found.items()
            ],
            None,
        )
    )


def _shown(one: Connection) -> ConnectionAnswer:
    error = None
    if one.error:
        detail = error_sentence(one.error, one.error_params)
        error = ErrorAnswer(code=one.error, detail=detail, params=one.error_params)
    return ConnectionAnswer(
        id=one.pk,
        tool=one.tool,
        tool_name=gallery.tool_name(one.tool),
        address=one.address,
        company_name=one.company_name,
        state=str(one.state),
        error=error,
        progress=one.progress,
        employees=one.employees,
        unreadable=one.unreadable,
        set_aside=len(one.set_aside),
        entity_ids=users_of(one.pk),
        waiting_for_look=[
            Look(entity_id=entity, paused_since=since, plan_id=plan)
            for entity, since, plan in looks_of(one.pk)
        ],
        connected_at=one.connected_at,
        last_good_at=one.last_good_at,
        next_run_at=one.next_run_at,
    )
