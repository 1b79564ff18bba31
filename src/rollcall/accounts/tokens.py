"""API tokens: issued once in the clear, kept as a SHA-256, verified, revoked (N4)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from rollcall.accounts.access import acting_for, presenting
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import ApiToken, Entity, Grant, Role, User

PREFIX: Final = "rc_"
ERASE: Final = "members:erase"
"""The one thing that cannot be undone: only an owner gives it."""

SCOPES: Final = ("read", "members:write", ERASE, "connections:write", "plans:approve")
_USE_IS_NOTED_EVERY = timedelta(minutes=1)
_SHOWN = 8


def issue(
    *,
    company_id: int,
    name: str,
    scopes: Collection[str],
    entity: Entity | None = None,
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token and return its row and the token itself, which is shown this once and can't be found
    again.

    Call it inside `acting_for(company_id)`. Raises ValueError for unknown or no scopes, or an entity of
    others.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        message = f"scopes are some of {', '.join(SCOPES)}"
        raise ValueError(message)
    if entity is not None and entity.company_id != company_id:
        message = "the entity is not the company's"
        raise ValueError(message)
    raw = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        company_id=company_id,
        entity=entity,
        name=name,
        token_hash=_digest(raw),
        prefix=raw[:_SHOWN],
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_by=created_by,
        expires_at=expires_at,
    )
    return row, raw


def verify(raw: str) -> Actor | None:
    """Return who calls, or None for anything but a live token; all others look the same.

    The actor carries company, entity (None: all) and scopes. A wrong token costs the same digest and look-up
    as a right one; the look-up is by digest, so its timing tells nothing about the token.
    """
    wanted = _digest(raw)
    with presenting(wanted):
        row = ApiToken.objects.filter(token_hash=wanted).first()
    if row is None or not hmac.compare_digest(row.token_hash, wanted) or not _alive(row):
        return None
    _note_use(row)
    return Actor(
        kind="token",
        id=row.pk,
        label=row.name,
        company_id=row.company_id,
        entity_id=row.entity_id,
        scopes=tuple(row.scopes),
    )


def revoke(token: ApiToken) -> bool:
    """End the token at once; False when it was ended before. Call it inside `acting_for(company)`."""
    live = ApiToken.objects.filter(pk=token.pk, company_id=token.company_id, revoked_at=None)
    return live.update(revoked_at=timezone.now()) == 1


def may_erase(token_id: int | None, entity_id: int) -> bool:
    """Tell whether the token may erase members, and whoever made it is still an owner of the entity.

    The operator's own tokens were made by nobody. Call it inside `acting_for(company)`.
    """
    row = ApiToken.objects.filter(pk=token_id or 0).first()
    if row is None or ERASE not in row.scopes or not _alive(row) or row.entity_id not in (None, entity_id):
        return False
    if row.created_by_id is None:
        return True
    return Grant.objects.filter(user_id=row.created_by_id, entity_id=entity_id, role=Role.OWNER).exists()


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode(errors="replace")).hexdigest()


def _alive(row: ApiToken) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > timezone.now())


def _note_use(row: ApiToken) -> None:
    now = timezone.now()
    if row.last_used_at is not None and row.last_used_at > now - _USE_IS_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_IS_NOTED_EVERY)
    with acting_for(row.company_id):
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
