"""Erase archived members for good, and let somebody who was erased come back (Z7)."""

from datetime import datetime

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from rollcall.accounts.tokens import ERASE
from rollcall.api.auth import Bearer, caller, entity_of
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after_number, page, read, respond, told
from rollcall.directory import erasing as stones
from rollcall.directory import queries
from rollcall.directory.erasing import Buried
from rollcall.sync import erasing


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; kept with the token's name. Write no name or address of the person in it."""

    reason: str


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody was erased; nothing says who it was."""

    id: int
    erased_at: datetime
    erased_by: str
    reason: str
    # the HR tool that knew them, empty for somebody made by hand
    tool: str
    # the audit log is still being emptied
    unfinished: bool
    # when a person let the HR tool bring them in again
    lifted_at: datetime | None
    lifted_by: str


router = Router(tags=["members"])
_ERASE = Bearer(ERASE)
_AT = "/{int:entity_id}/erasures"


@router.post(
    "/{int:entity_id}/members/{int:member_id}/erase",
    auth=_ERASE,
    summary="Erase a member for good",
    **told(Erasure, takes=Erase, example={"reason": "asked for by letter"}, also=(409,)),
)
def erase_member(request: HttpRequest, entity_id: int, member_id: int) -> HttpResponse:
    """Erase an archived member; this cannot be undone, and no sync brings them back.

    The audit log and what names them elsewhere follow within minutes (`unfinished`). 409: `not_archived`,
    `owners_only`, `gone`; 422: `reason_needed`.
    """
    entity = entity_of(request, entity_id)
    found = queries.member(entity.pk, member_id)
    if found is None:
        raise Http404
    reason = read(request, Erase).reason.replace("\0", "")
    stone = erasing.erase(found, reason=reason, actor=caller(request), now=timezone.now())
    return respond(_one(entity.pk, stone))


@router.get(_AT, auth=Bearer("read"), summary="List erasures", **told(Listed[Erasure]))
def list_erasures(
    request: HttpRequest, entity_id: int, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = ""
) -> HttpResponse:
    """Who was erased from the entity is not in here: only when, by whom and why. Newest first."""
    entity = entity_of(request, entity_id)
    found = stones.buried(entity.pk, before=after_number(cursor), size=limit)
    return page(list(found), limit, key=lambda one: one.id, shown=_shown)


@router.post(
    _AT + "/{int:tombstone_id}/allow-again",
    auth=_ERASE,
    summary="Let somebody come back",
    **told(Erasure, also=(409,)),
)
def allow_again(request: HttpRequest, entity_id: int, tombstone_id: int) -> HttpResponse:
    """Let the HR tool bring somebody in again who was erased; what was erased stays erased. 409: `lifted`."""
    entity = entity_of(request, entity_id)
    if stones.one_buried(entity.pk, tombstone_id) is None:
        raise Http404
    erasing.allow_again(entity, tombstone_id, actor=caller(request))
    return respond(_one(entity.pk, tombstone_id))


def _one(entity_id: int, tombstone_id: int) -> Erasure:
    found = stones.one_buried(entity_id, tombstone_id)
    if found is None:
        raise Http404
    return _shown(found)


def _shown(one: Buried) -> Erasure:
    return Erasure(**msgspec.structs.asdict(one))
