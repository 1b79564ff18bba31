"""Events: the audit log, newest first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from rollcall.api.auth import Bearer, caller, company_id, entity_of
from rollcall.api.problems import Problem
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after_number, by_place, page, told
from rollcall.events import queries
from rollcall.events.catalogue import Kind


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
_COLUMNS: Final = EventAnswer.__struct_fields__
_DATA: Final = _COLUMNS.index("data")
_row: Final = by_place(EventAnswer, _COLUMNS)

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9000


@router.get("", auth=Bearer("read"), summary="List events", **told(Listed[EventAnswer]))
def list_events(
    request: HttpRequest,
    *,
    entity_id: int | None = None,
    member_id: int | None = None,
    kind: Kind | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = "",
) -> HttpResponse:
    """The audit log of the company, an entity or a member, from `since` on and before `until` (with a zone).

    A token of one entity sees that entity's alone.
    """
    only = caller(request).entity_id if entity_id is None else entity_of(request, entity_id).pk
    wanted = queries.Wanted(
        entities=None if only is None else (only,),
        kinds=(kind,) if kind else (),
        members=None if member_id is None else (member_id,),
        since=_aware("since", since),
        until=_aware("until", until),
    )
    rows = queries.rows(
        company_id(request), wanted, (*_COLUMNS, "id"), before=after_number(cursor), size=limit
    )
    return page(rows, limit, key=lambda row: row[-1], shown=_shown)


def _aware(name: str, moment: datetime | None) -> datetime | None:
    """Return the moment. Raises ``Problem``: 422 for one without a zone, or at the ends of the calendar."""
    if moment is None:
        return None
    if moment.tzinfo is None or not _FIRST_YEAR < moment.year < _LAST_YEAR:
        fields = [{"field": name, "message": "a time with its zone, such as 2026-11-22T09:00:00Z"}]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", fields=fields)
    return moment


def _shown(row: Sequence[Any]) -> object:
    *values, _id = row
    values[_DATA] = queries.without_hidden(msgspec.json.decode(values[_DATA]))
    return _row(*values)
