"""Open a connector for a connection, as the operator's settings allow."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec
from django.conf import settings

from rollcall.connections import source_files
from rollcall.connections.grants import StoredGrant
from rollcall.connections.models import Connection
from rollcall.connections.pacing import InDatabase
from rollcall.connections.tool_counts import ToolCounts
from rollcall.connectors import catalogue
from rollcall.connectors.base import Connector, Grant, Wanted
from rollcall.http_client import Limits
from rollcall.telemetry import traffic

AUTHORISED: Final = "settings/integrations/authorised/"
"""The page to which a tool sends people back. Asking the router would load all pages into a worker."""

BYTES_OF_ONE: Final = 8 * 1024
"""Room in a run for each person there is known to be, unpacked: a long record, twice, as a list may be read again."""

QUICK: Final = Limits(connect=5, read=10, whole=10, tries=1, waiting=0)


@contextmanager
def opened(connection: Connection, *, quickly: bool = False) -> Iterator[Connector]:
    """Yield the connector of a stored connection. Raises ``SourceError``, and ``SealBroken`` for moved secrets.

    ``quickly`` is for what somebody waits for: one try, ten seconds.
    """
    if catalogue.TOOLS[connection.tool].tool.kind == "file":
        with source_files.opened(connection) as file:
            yield file
        return
    wanted = msgspec.convert(connection.wanted or {}, Wanted)
    grant = StoredGrant(connection.company_id, connection.pk)
    with opened_with(
        connection.tool,
        connection.get_credentials(),
        wanted,
        grant,
        people=connection.employees,
        quickly=quickly,
    ) as connector:
        yield connector


@contextmanager
def opened_with(
    tool: str,
    credentials: Mapping[str, str],
    wanted: Wanted,
    grant: Grant | None = None,
    *,
    people: int = 0,
    quickly: bool = False,
) -> Iterator[Connector]:
    """Yield a connector for credentials that are not stored (yet).

    The operator may name another address for the tool, and how often one request is tried (5 times). ``people``: as
    many as are known to be there, from which on a run may receive more (T8).
    """
    limits = QUICK if quickly else limits_of(tool, people)
    with (
        traffic.heard_by(ToolCounts(tool)),
        InDatabase() as limiter,
        catalogue.connect(
            tool,
            credentials,
            environ_base_url=base_url_of(tool),
            allow_hosts=settings.ROLLCALL_ALLOW_HOSTS,
            wanted=wanted,
            app=app_of(tool),
            grant=grant,
            limiter=limiter,
            limits=limits,
        ) as connector,
    ):
        yield connector


def limits_of(tool: str, people: int = 0) -> Limits:
    """Return how long and how much a run may ask of a tool that is known to have so many people."""
    limits = catalogue.TOOLS[tool].http_limits
    return msgspec.structs.replace(
        limits,
        tries=int(os.environ.get("ROLLCALL_HTTP_TRIES") or limits.tries),
        run_bytes=max(limits.run_bytes, people * BYTES_OF_ONE),
    )


def base_url_of(tool: str) -> str | None:
    """Return the other origin that the operator has named for the tool, if any."""
    return os.environ.get(f"ROLLCALL_BASE_URL_{tool.upper()}")


def app_of(tool: str) -> dict[str, str]:
    """Return the operator's app at the tool (client_id, client_secret, redirect_uri); empty if there is none."""
    client_id = os.environ.get(f"ROLLCALL_{tool.upper()}_CLIENT_ID", "")
    if not client_id:
        return {}
    return {
        "client_id": client_id,
        "client_secret": os.environ.get(f"ROLLCALL_{tool.upper()}_CLIENT_SECRET", ""),
        "redirect_uri": f"{settings.ROLLCALL_URL}/{AUTHORISED}",
    }
