"""The addresses at which HR tools may call us: making them, checking what arrives.

A genuine call is a reason to look and nothing else: no byte of it reaches the mirror.
"""

import secrets as chance
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction
from msgspec import Struct

from rollcall.accounts import access, secrets
from rollcall.connections.models import Connection, Webhook, WebhookCall
from rollcall.connections.opening import base_url_of, opened
from rollcall.connectors import catalogue
from rollcall.connectors.base import Connector
from rollcall.connectors.errors import SourceError
from rollcall.connectors.webhooks import Call, NotGenuine

__all__ = [
    "Call",
    "NotGenuine",
    "Notice",
    "address",
    "ensure",
    "forget_old",
    "prepare",
    "receive",
    "take_back",
]

REMEMBERED: Final = timedelta(days=7)
"""Longer than any tool repeats a delivery."""

PATH: Final = "hooks/"
"""Where the pages have these addresses, the token behind it. Asking the router would load all pages into a worker."""

_TABLE: Final = "connections_webhook"


class Notice(Struct, frozen=True, kw_only=True):
    """What a call came to: whose it is, what to answer, and whether to look at the tool."""

    company_id: int
    connection_id: int
    # somebody's data changed, for the first time in this event
    change: bool
    settles_in: float
    reply: bytes


class _Keys(Struct, frozen=True):
    token: str
    secret: str


def prepare(connection: Connection, *, now: datetime, secret: str = "") -> Webhook:
    """Return the connection's webhook, made if there is none; ``secret`` is the one the tool's admin was shown."""
    hook = Webhook.objects.filter(connection=connection).first()
    if hook is None:
        token = chance.token_urlsafe(32)
        hook = Webhook.objects.create(
            company_id=connection.company_id, connection=connection, token_digest=_digest(token), made_at=now
        )
        _set_keys(hook, _Keys(token, secret or chance.token_urlsafe(32)))
    elif secret:
        _set_keys(hook, _Keys(_keys(hook).token, secret))
    return hook


def of(connection: Connection) -> Webhook | None:
    """Return the connection's webhook, if it has one."""
    return Webhook.objects.filter(connection=connection).first()


def address(hook: Webhook) -> str:
    """Return the address to call, a secret by itself: whoever knows it can only make us look."""
    return f"{settings.ROLLCALL_URL}/{PATH}{_keys(hook).token}/"


def ensure(connection: Connection, connector: Connector, *, now: datetime) -> None:
    """Register the webhook at the tool, where that can be done and was not done yet.

    Speaks to the tool, so never inside a transaction. A refusal is noted and not raised: runs by the clock need
    no webhooks. Tools call https addresses only; a stand-in of the operator's calls any.
    """
    reachable = settings.ROLLCALL_URL.startswith("https:") or base_url_of(connection.tool) is not None
    if connector.tool.webhooks != "registered" or not reachable:
        return
    with access.acting_for(connection.company_id):
        hook = prepare(connection, now=now)
        if hook.registration:
            return
        url, keys = address(hook), _keys(hook)
    try:
        made = connector.register(url, keys.secret)
    except SourceError as error:
        hook.error = error.code
    else:
        hook.registration, hook.error = made.id, ""
        keys = _Keys(keys.token, made.secret)
    with access.acting_for(connection.company_id):
        _set_keys(hook, keys)
        hook.save(update_fields=["registration", "error"])


def take_back(connection: Connection) -> None:
    """Take the webhook away while there is a key to do it with, at the tool too.

    If the tool can't be asked now, it calls an address that nobody has until it gives up.
    """
    hook = Webhook.objects.filter(connection=connection).first()
    if hook is None:
        return
    if hook.registration:
        with suppress(SourceError, secrets.SealBroken), opened(connection, quickly=True) as connector:
            connector.unregister(hook.registration)
    hook.delete()


def receive(token: str, call: Call, *, now: datetime) -> Notice | None:
    """Return what a call came to, or ``None`` for an address that nobody has. Raises ``NotGenuine``."""
    with access.presenting(_digest(token)):
        found = Webhook.objects.filter(token_digest=_digest(token)).values_list("company_id", "pk").first()
    if found is None:
        return None
    with access.acting_for(found[0]):
        hook = Webhook.objects.select_related("connection").get(pk=found[1])
        heard = catalogue.TOOLS[hook.connection.tool].hear(_keys(hook).secret, call, now)
        Webhook.objects.filter(pk=hook.pk).update(last_at=now)
        change = heard.change and hook.connection.is_used and not _heard_before(hook, heard.event, now)
        return Notice(
            company_id=hook.company_id,
            connection_id=hook.connection_id,
            change=change,
            settles_in=heard.settles_in,
            reply=heard.reply,
        )


def forget_old(now: datetime) -> None:
    """Forget events heard long ago; on the scheduler's duty."""
    WebhookCall.objects.filter(at__lt=now - REMEMBERED).delete()


def _heard_before(hook: Webhook, event: str, now: datetime) -> bool:
    if not event:
        return False
    try:
        with transaction.atomic():
            WebhookCall.objects.create(company_id=hook.company_id, webhook=hook, event=event[:200], at=now)
    except IntegrityError:
        return True
    return False


def _keys(hook: Webhook) -> _Keys:
    plain = secrets.unseal(
        bytes(hook.keys), company_id=hook.company_id, table=_TABLE, field="keys", row=str(hook.pk)
    )
    return msgspec.json.decode(plain, type=_Keys)


def _set_keys(hook: Webhook, keys: _Keys) -> None:
    hook.keys = secrets.seal(
        msgspec.json.encode(keys), company_id=hook.company_id, table=_TABLE, field="keys", row=str(hook.pk)
    )
    hook.save(update_fields=["keys"])


def _digest(token: str) -> str:
    return secrets.sign("webhook", token)
