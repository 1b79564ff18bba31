"""The one list of connectors, and the way to open one."""

import functools
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx
from msgspec import Struct

from rollcall.connectors.bamboohr.connector import BambooHR
from rollcall.connectors.base import (
    EVERYTHING,
    Connector,
    CredentialField,
    Tool,
    Wanted,
)
from rollcall.connectors.client import Dialogue, http_failure
from rollcall.connectors.errors import WrongAddress, WrongCredentials, gettext_noop
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
    **http_options: Any,
) -> Iterator[Connector]:
    """Yield a connector whose HTTP client is open; nothing is sent yet.

    ``environ_base_url`` is another origin for the tool, named by the operator; it is judged like any other
    address, so a private one must be in ``allow_hosts``. ``http_options`` go to ``HttpClient``. Raises
    ``LookupError`` for a tool that is not in ``TOOLS``, ``WrongAddress`` for a subdomain that is none
    (H5) and ``WrongCredentials`` for a missing credential.
    """
    kind = TOOLS[tool_key]
    given = normalised(kind.tool, credentials)
    real = kind.tool.base_url.format_map(given)
    if environ_base_url:
        headers = {
            STAND_IN_HEADER: httpx.URL(real).host,
            **http_options.pop("headers", {}),
        }
        http_options["headers"] = headers
    http_options.setdefault("wait_for", kind.wait_for)
    opened = functools.partial(HttpClient, environ_base_url or real, allow_hosts=allow_hosts, **http_options)
    try:
        http = opened()
    except HttpError as error:
        raise http_failure(_dialogue(kind.tool, given), error) from None
    with http:
        yield kind(given, http, wanted)


def normalised(tool: Tool, credentials: Mapping[str, str]) -> dict[str, str]:
    """Return the credentials without outer blanks, subdomains as one DNS label.

    Raises as ``connect`` does.
    """
    given = {name: value.strip() for name, value in credentials.items()}
    for field in tool.credentials:
        if field.kind == "subdomain":
            given[field.name] = _label(tool, field, given.get(field.name, ""))
        elif not given.get(field.name):
            raise _dialogue(tool, given).failure(WrongCredentials, f"no {field.name}")
    return given


def _label(tool: Tool, field: CredentialField, text: str) -> str:
    try:
        return one_dns_label(text, suffixes=field.suffixes)
    except LabelRefused as error:
        raise Dialogue(tool=tool.name, address=text).failure(
            WrongAddress, f"{field.name}: {error.code}"
        ) from None


def _dialogue(tool: Tool, given: Mapping[str, str]) -> Dialogue:
    return Dialogue(tool=tool.name, address=given.get("subdomain", ""))
