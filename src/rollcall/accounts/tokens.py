"""API tokens: issued once in the clear, kept as a SHA-256, verified, revoked (N4)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from rollcall.accounts.access import acting_for, presenting
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import ApiToken, Entity, Grant, Role, User
from rollcall.accounts.rows import fetch

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
    with acting_for(row.company_id):
        _note_use(row.pk, row.last_used_at)
    return _actor(row.pk, row.name, row.company_id, row.entity_id, row.scopes)


# In one exchange, in this order: the wall opens for the digest, and a live token opens its company's instead.
_ENTER: Final = """
    SELECT set_config('rollcall.presented', %(digest)s, true), set_config('rollcall.company', '', true),
        set_config('rollcall.duty', '', true);
    SELECT id, name, company_id, entity_id, scopes, last_used_at,
        set_config('rollcall.company', company_id::text, true), set_config('rollcall.presented', '', true)
    FROM accounts_apitoken
    WHERE token_hash = %(digest)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %(now)s)
"""


def enter(raw: str) -> Actor | None:
    """Return who calls, as `verify` does, and act for their company until the present transaction ends.

    One statement, for every request of the API begins with it; nothing is remembered between two requests, so that a
    token that was revoked opens nothing from that moment on. For None the wall is closed to all.
    """
    if not connection.in_atomic_block:
        message = "enter needs a transaction: the setting would end with the statement"
        raise RuntimeError(message)
    found = fetch(_ENTER, {"digest": _digest(raw), "now": timezone.now()})
    if not found:
        fetch("SELECT set_config('rollcall.presented', '', true)", [])
        return None
    ((token_id, name, company_id, entity_id, scopes, last_used_at, *_settings),) = found
    _note_use(token_id, last_used_at)
    return _actor(token_id, name, company_id, entity_id, msgspec.json.decode(scopes, type=list[str]))


def _actor(
    token_id: int, name: str, company_id: int, entity_id: int | None, scopes: Collection[str]
) -> Actor:
    return Actor(
        kind="token",
        id=token_id,
        label=name,
        company_id=company_id,
        entity_id=entity_id,
        scopes=tuple(scopes),
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


def _note_use(token_id: int, last_used_at: datetime | None) -> None:
    """Note the use once a minute. Whoever finds that another request is noting it leaves it to that one."""
    now = timezone.now()
    if last_used_at is not None and last_used_at > now - _USE_IS_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_IS_NOTED_EVERY)
    # A request may go on for long after it has noted its use: others must not wait for its end.
    free = ApiToken.objects.select_for_update(skip_locked=True).filter(stale, pk=token_id)
    ApiToken.objects.filter(pk__in=free.values("pk")).update(last_used_at=now)
