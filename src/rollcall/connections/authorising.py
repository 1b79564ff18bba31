"""Connecting without a key to paste: a person signs in at the tool and lets Rollcall in (S20, S21)."""

import httpx
from django.conf import settings

from rollcall.connections.opening import app_of, base_url_of
from rollcall.connectors import catalogue, oauth


def is_offered(tool: str) -> bool:
    """Tell whether people can authorise Rollcall at the tool: it has that way, and the operator an app there."""
    return catalogue.TOOLS[tool].tool.oauth is not None and bool(app_of(tool))


def authorize_url(tool: str, state: str) -> str:
    """Return where to send the browser; ``state`` comes back with the answer. Raises ``LookupError`` if not offered."""
    declared = catalogue.TOOLS[tool].tool.oauth
    if declared is None or not is_offered(tool):
        raise LookupError(tool)
    url = oauth.authorize_url(declared, app_of(tool), state)
    instead = base_url_of(tool)
    if not instead:
        return url
    # a stand-in has all of the tool's addresses on one origin
    there, origin = httpx.URL(url), httpx.URL(instead)
    return str(there.copy_with(scheme=origin.scheme, host=origin.host, port=origin.port))


def redeem(tool: str, code: str) -> dict[str, str]:
    """Return the credentials for the code that came back. Talks to the tool. Raises ``SourceError``."""
    return catalogue.redeem(
        tool,
        code,
        app=app_of(tool),
        environ_base_url=base_url_of(tool),
        allow_hosts=settings.ROLLCALL_ALLOW_HOSTS,
    )
