"""The face of the connectors for rooms above: the values and errors they may meet, and the ways to open one."""

from rollcall.connections.opening import opened, opened_with
from rollcall.connectors.base import Access, Wanted
from rollcall.connectors.errors import OtherCompany, RateLimited, SourceError

__all__ = ["Access", "OtherCompany", "RateLimited", "SourceError", "Wanted", "opened", "opened_with"]
