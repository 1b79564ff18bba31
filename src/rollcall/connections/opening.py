"""Open a connector for a connection, as the operator's settings allow."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
from django.conf import settings

from rollcall.connections.models import Connection
from rollcall.connectors import catalogue
from rollcall.connectors.base import Connector, Wanted
from rollcall.http_client import Limits


@contextmanager
def opened(connection: Connection) -> Iterator[Connector]:
    """Yield the connector of a stored connection. Raises ``SourceError``, and ``SealBroken`` for moved secrets."""
    wanted = msgspec.convert(connection.wanted or {}, Wanted)
    with opened_with(connection.tool, connection.get_credentials(), wanted) as connector:
        yield connector


@contextmanager
def opened_with(tool: str, credentials: Mapping[str, str], wanted: Wanted) -> Iterator[Connector]:
    """Yield a connector for credentials that are not stored (yet).

    The operator may name another address for the tool, and how often one request is tried (5 times).
    """
    with catalogue.connect(
        tool,
        credentials,
        environ_base_url=os.environ.get(f"ROLLCALL_BASE_URL_{tool.upper()}"),
        allow_hosts=settings.ROLLCALL_ALLOW_HOSTS,
        wanted=wanted,
        limits=Limits(tries=int(os.environ.get("ROLLCALL_HTTP_TRIES") or Limits().tries)),
    ) as connector:
        yield connector
