"""The one list of connectors, and the way to open one."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import Any, Final

import httpx
from msgspec import Struct

from rollcall.connectors import oauth
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
from rollcall.connectors.csv_file.connector import CsvFile
from rollcall.connectors.csv_file.errors import NoFile
from rollcall.connectors.csv_file.layout import Layout
from rollcall.connectors.deel.connector import Deel
from rollcall.connectors.errors import WrongAddress, WrongCredentials, gettext_noop
from rollcall.connectors.factorial.connector import Factorial
from rollcall.connectors.hibob.connector import HiBob
from rollcall.connectors.humaans.connector import Humaans
from rollcall.connectors.lucca.connector import Lucca
from rollcall.connectors.pacing import Limiter, pace
from rollcall.connectors.payfit.connector import PayFit
from rollcall.connectors.personio.connector import Personio
from rollcall.connectors.scim.connector import Scim
from rollcall.connectors.workday.connector import Workday
from rollcall.http_client import HttpClient, HttpError, LabelRefused, one_dns_label

TOOLS: Final[Mapping[str, type[Connector]]] = {
    "bamboohr": BambooHR,
    "csv": CsvFile,
    "deel": Deel,
    "factorial": Factorial,
    "hibob": HiBob,
    "humaans": Humaans,
    "lucca": Lucca,
    "payfit": PayFit,
    "personio": Personio,
    "scim": Scim,
    "workday": Workday,
}


class Announced(Struct, frozen=True):
    """A tool of the gallery that cannot be connected yet (S65)."""

    key: str
    name: str
    region: str


ANNOUNCED: Final[tuple[Announced, ...]] = (
    Announced("charliehr", "CharlieHR", gettext_noop("Europe")),
    Announced("eurecia", "Eurécia", gettext_noop("Europe")),
    Announced("gusto", "Gusto", gettext_noop("North America")),
    Announced("kenjo", "Kenjo", gettext_noop("Europe")),
    Announced("rippling", "Rippling", gettext_noop("Worldwide")),
    Announced("sagehr", "Sage HR", gettext_noop("Worldwide")),
    Announced("successfactors", "SAP SuccessFactors", gettext_noop("Worldwide")),
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
    if kind.tool.kind == "file":
        raise NoFile("credentials are of no use")
    given = normalised(kind, credentials)
    http_options.setdefault("wait_for", kind.wait_for)
    http_options.setdefault("limits", kind.http_limits)
    # one for all clients: whoever gives one up gives up the others, and the waits between requests
    over = http_options.setdefault("over", Event())
    if limiter is not None:
        sleep = http_options.get("sleep", over.wait)
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


def open_file(tool_key: str, content: bytes, layout: Layout, wanted: Wanted = EVERYTHING) -> CsvFile:
    """Return the connector of a file, for a tool whose kind is "file". Raises ``FileRefused``.

    ``LookupError`` for any other tool.
    """
    if TOOLS[tool_key] is not CsvFile:
        raise LookupError(tool_key)
    return CsvFile(content, layout, wanted)


def redeem(
    tool_key: str,
    code: str,
    *,
    app: Mapping[str, str],
    environ_base_url: str | None = None,
    allow_hosts: Collection[str] = (),
    **http_options: Any,
) -> dict[str, str]:
    """Return the credentials for the code that a person's authorisation brought (see ``OAuth``).

    Arguments as for ``connect``. Raises ``LookupError`` for a tool without authorisation, and ``SourceError``.
    """
    tool = TOOLS[tool_key].tool
    if tool.oauth is None:
        raise LookupError(tool_key)
    address = tool.origins[tool.oauth.origin] if tool.oauth.origin else tool.base_url
    with _client(tool, {}, address, environ_base_url, allow_hosts, http_options) as http:
        return oauth.redeem(tool.oauth, http, Dialogue(tool=tool.name), app, code)


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
        elif field.required and field.name not in given and oauth.ACCESS_TOKEN not in given:
            raise _dialogue(tool, given).failure(WrongCredentials, f"no {field.name}")
    ways = (*tool.ways, *([(oauth.ACCESS_TOKEN,)] if tool.oauth else []))
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
    shown = next((given[name] for name in ("subdomain", "address", "base_url") if name in given), "")
    return Dialogue(tool=tool.name, address=shown)
