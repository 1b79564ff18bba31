"""Members of an entity: list, look, change by hand, suspend, archive."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from rollcall.api.auth import Bearer, caller, company_id, entity_of, reachable
from rollcall.api.wire import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Listed,
    Search,
    after_number,
    by_place,
    page_of_rows,
    read,
    respond,
    told,
)
from rollcall.connections.models import Connection
from rollcall.directory import actions, bulk, listed, queries
from rollcall.directory.bulk import Action
from rollcall.engine.roster import State
from rollcall.sync.words.sentences import why_sentence


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What lists and single members have in common."""

    id: int
    # invited, active or archived
    state: str
    role: str
    email: str
    first_name: str
    last_name: str
    employee_number: str | None
    job_title: str | None
    department: str | None
    team: str | None
    work_location: str | None
    country: str | None
    legal_entity: str | None
    cost_center: str | None
    employment_type: str | None
    language: str | None
    start_date: date | None
    manager_id: int | None
    # an account without its numbers
    bank_mask: str | None
    bank_confirmed_at: datetime | None
    invited_at: datetime | None
    signed_up_at: datetime | None
    archived_at: datetime | None
    # no access until somebody lifts the suspension, whatever the state
    suspended_at: datetime | None
    # managed, released or manual (S57-S60)
    hr_status: str


class ListedMember(Base, frozen=True, kw_only=True):
    """A member in a list."""


class LinkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The tie to an employee of an HR tool; ``why_not`` says why it manages the member no longer."""

    connection_id: int
    tool: str
    employee_id: str
    managed: bool
    why_not: str


class MemberAnswer(Base, frozen=True, kw_only=True):
    """One member with what only the HR tool may change: field -> tool (S55)."""

    locked_fields: Mapping[str, str]
    link: LinkAnswer | None


class MemberPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields to change; what is left out stays, ``null`` or ``""`` empties."""

    email: str | msgspec.UnsetType = msgspec.UNSET
    first_name: str | msgspec.UnsetType | None = msgspec.UNSET
    last_name: str | msgspec.UnsetType | None = msgspec.UNSET
    job_title: str | msgspec.UnsetType | None = msgspec.UNSET
    department: str | msgspec.UnsetType | None = msgspec.UNSET
    team: str | msgspec.UnsetType | None = msgspec.UNSET
    work_location: str | msgspec.UnsetType | None = msgspec.UNSET
    cost_center: str | msgspec.UnsetType | None = msgspec.UNSET


COLUMNS: Final = tuple(name for name in Base.__struct_fields__ if name != "hr_status")
_row: Final = by_place(ListedMember, listed.COLUMNS)

router = Router(tags=["members"])
_WRITE = Bearer("members:write")
_AT = "/{int:entity_id}/members"


@router.get(_AT, auth=Bearer("read"), summary="List members", **told(Listed[ListedMember]))
def list_members(
    request: HttpRequest,
    entity_id: int,
    *,
    state: State | None = None,
    search: Search = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = "",
) -> HttpResponse:
    """Members of the entity by id; ``search`` looks in names and addresses."""
    rows = listed.page(
        company_id(request),
        reachable(request, entity_id),
        state=state,
        search=search,
        after=after_number(cursor),
        size=limit + 1,
    )
    if rows is None:
        raise Http404
    return page_of_rows(rows, limit, _row)


@router.get(_AT + "/{int:member_id}", auth=Bearer("read"), summary="Get a member", **told(MemberAnswer))
def get_member(request: HttpRequest, entity_id: int, member_id: int) -> HttpResponse:
    """One member with the fields that the HR tool owns."""
    return respond(_shown(request, entity_id, member_id))


@router.patch(
    _AT + "/{int:member_id}",
    auth=_WRITE,
    summary="Change a member",
    **told(MemberAnswer, takes=MemberPatch, example={"job_title": "Buyer"}, also=(409,)),
)
def patch_member(request: HttpRequest, entity_id: int, member_id: int) -> HttpResponse:
    """Change fields by hand. A field that the HR tool owns is refused with 409 `managed` (S55, S56)."""
    found = queries.member(entity_of(request, entity_id).pk, member_id)
    if found is None:
        raise Http404
    body = msgspec.to_builtins(read(request, MemberPatch))
    values = {name: value or "" for name, value in body.items()}
    actions.edit(found, values, actor=caller(request), now=timezone.now())
    return respond(_shown(request, entity_id, member_id))


@router.post(
    _AT + "/{int:member_id}/suspend",
    auth=_WRITE,
    summary="Suspend a member",
    **told(MemberAnswer, also=(409,)),
)
def suspend_member(request: HttpRequest, entity_id: int, member_id: int) -> HttpResponse:
    """End access at once, managed or not; a sync never gives it back. The state stays. 409: `suspended`,
    `archived`, `last_owner`.
    """
    return _act(request, entity_id, member_id, Action.SUSPEND)


@router.post(
    _AT + "/{int:member_id}/lift-suspension",
    auth=_WRITE,
    summary="Lift a suspension",
    **told(MemberAnswer, also=(409,)),
)
def lift_suspension(request: HttpRequest, entity_id: int, member_id: int) -> HttpResponse:
    """Give a suspended member their access back. 409: `not_suspended`."""
    return _act(request, entity_id, member_id, Action.LIFT)


@router.post(
    _AT + "/{int:member_id}/archive",
    auth=_WRITE,
    summary="Archive a member",
    **told(MemberAnswer, also=(409,)),
)
def archive_member(request: HttpRequest, entity_id: int, member_id: int) -> HttpResponse:
    """Archive at once, managed or not; a sync never takes it back. 409: `archived`, `last_owner`."""
    return _act(request, entity_id, member_id, Action.ARCHIVE)


def _act(request: HttpRequest, entity_id: int, member_id: int, action: Action) -> HttpResponse:
    found = queries.member(entity_of(request, entity_id).pk, member_id)
    if found is None:
        raise Http404
    bulk.one(found, action, actor=caller(request), now=timezone.now())
    return respond(_shown(request, entity_id, member_id))


def _shown(request: HttpRequest, entity_id: int, member_id: int) -> MemberAnswer:
    found = queries.member(entity_of(request, entity_id).pk, member_id)
    if found is None:
        raise Http404
    link = queries.link_of(found)
    return MemberAnswer(
        **{name: getattr(found, name) for name in COLUMNS},
        hr_status=str(queries.hr_status(link)),
        locked_fields=queries.locked_fields(found),
        link=link_answer(link, link.connection) if link else None,
    )


def link_answer(link: Any, connection: Connection) -> LinkAnswer:
    """Return the link (a row that ``directory.queries`` gave) as the API shows it."""
    why = why_sentence(link.why_not, link.why_not_params, tool=connection.tool) if link.why_not else ""
    return LinkAnswer(
        connection_id=connection.pk,
        tool=connection.tool,
        employee_id=link.employee_id,
        managed=link.managed,
        why_not=why,
    )
