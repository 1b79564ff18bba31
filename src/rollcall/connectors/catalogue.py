"""The one list of connectors, and the way to open one."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import httpx
from msgspec import Struct

from rollcall.connectors.bamboohr.connector import BambooHR
from rollcall.connectors.base import (
    EVERYTHING,
    Around,
    Connector,
    CredentialField,
    Grant,
    Tool,
    Wanted,
)
from rollcall.connectors.client import Dialogue, http_failure
from rollcall.connectors.errors import WrongAddress, WrongCredentials, gettext_noop
from rollcall.connectors.oauth import ACCESS_TOKEN
from rollcall.connectors.pacing import Limiter, pace
from rollcall.connectors.personio.connector import Personio
from rollcall.http_client import HttpClient, HttpError, LabelRefused, one_dns_label

TOOLS: Final[Mapping[str, type[Connector]]] = {
    "bamboohr": BambooHR,
    "personio": Personio,
}


class Announced(Struct, frozen=True):
    """A tool of the gallery that cannot be connected yet (S65)."""

    key: str
    name: str
    region: str


ANNOUNCED: Final = (
    Announced("hibob", "HiBob", gettext_noop("Worldwide")),
    Announced("workday", "Workday", gettext_noop("Worldwide")),
    Announced("payfit", "PayFit", gettext_noop("Europe")),
    Announced("lucca", "Lucca", gettext_noop("Europe")),
    Announced("deel", "Deel", gettext_noop("Worldwide")),
)

STAND_IN_HEADER: Final = "X-Simulated-Host"
"""Tells a stand-in server which host would have been asked; sent only to an origin the operator named."""


@contextmanager
def connect(
    tool_key: str,
    credentials: Mapping[str, str],
    *,
    environ_base_url: str | None = None,
    allow_hosts: Collection[str] = (),
    wanted: Wanted = EVERYTHING,
    app: Mapping[str, str] | None = None,
    grant: Grant | None = None,
    limiter: Limiter | None = None,
    **http_options: Any,
) -> Iterator[Connector]:
    """Yield a connector whose HTTP clients are open; nothing is sent yet.

    ``environ_base_url`` is another origin for the tool, named by the operator; it stands for all of the tool's
    origins and is judged like any other address, so a private one must be in ``allow_hosts``. ``app`` and
    ``grant`` are for tools with OAuth (see ``Around``). With a ``limiter`` requests keep to the tool's limits.
    ``http_options`` go to ``HttpClient``. Raises ``LookupError`` for a tool that is not in ``TOOLS``,
    ``WrongAddress`` for a subdomain that is none (H5) and ``WrongCredentials`` for a missing credential.
    """
    kind = TOOLS[tool_key]
    given = normalised(kind, credentials)
    http_options.setdefault("wait_for", kind.wait_for)
    http_options.setdefault("limits", kind.http_limits)
    if limiter is not None:
        sleep = http_options.get("sleep", time.sleep)
        http_options.setdefault("before", pace(kind, given, limiter, sleep))
    with ExitStack() as stack:
        opened = {
            name: stack.enter_context(
                _client(kind.tool, given, address, environ_base_url, allow_hosts, http_options)
            )
            for name, address in {"": kind.tool.base_url, **kind.tool.origins}.items()
        }
        own = opened.pop("")
        yield kind(given, own, wanted, Around(others=opened, app=app or {}, grant=grant))


def _client(
    tool: Tool,
    given: Mapping[str, str],
    address: str,
    instead: str | None,
    allow_hosts: Collection[str],
    options: Mapping[str, Any],
) -> HttpClient:
    real = address.format_map(given)
    if instead:
        options = {
            **options,
            "headers": {STAND_IN_HEADER: httpx.URL(real).host, **options.get("headers", {})},
        }
    try:
        return HttpClient(instead or real, allow_hosts=allow_hosts, **options)
    except HttpError as error:
        raise http_failure(_dialogue(tool, given), error) from None


def normalised(kind: type[Connector], credentials: Mapping[str, str]) -> dict[str, str]:
    """Return the credentials without outer blanks, subdomains as one DNS label, as the connector keeps them.

    Raises as ``connect`` does.
    """
    tool = kind.tool
    given = {name: value.strip() for name, value in credentials.items() if value.strip()}
    for field in tool.credentials:
        if field.kind == "subdomain" and (field.required or field.name in given):
            given[field.name] = _label(tool, field, given.get(field.name, ""))
        elif field.required and field.name not in given and ACCESS_TOKEN not in given:
            raise _dialogue(tool, given).failure(WrongCredentials, f"no {field.name}")
    ways = (*tool.ways, *([(ACCESS_TOKEN,)] if tool.oauth else []))
    if ways and not any(given.keys() >= set(way) for way in ways):
        raise _dialogue(tool, given).failure(WrongCredentials, "no whole set of credentials")
    return dict(kind.prepared(given))


def _label(tool: Tool, field: CredentialField, text: str) -> str:
    try:
        return one_dns_label(text, suffixes=field.suffixes)
    except LabelRefused as error:
        raise Dialogue(tool=tool.name, address=text).failure(
            WrongAddress, f"{field.name}: {error.code}"
        ) from None


def _dialogue(tool: Tool, given: Mapping[str, str]) -> Dialogue:
    return Dialogue(tool=tool.name, address=given.get("subdomain", ""))
