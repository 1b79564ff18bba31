"""The face of the connectors for rooms above: the values and errors they may meet, and the ways to open one."""

from rollcall.connections.opening import opened, opened_with
from rollcall.connectors.base import Access, Connector, Wanted
from rollcall.connectors.errors import OtherCompany, RateLimited, SourceError

__all__ = [
    "Access",
    "Connector",
    "OtherCompany",
    "RateLimited",
    "SourceError",
    "Wanted",
    "opened",
    "opened_with",
]
