"""How whoever plays the HR manager, or a tool's server, speaks to programs on this machine."""

import ssl
from typing import Final

import httpx

NO_AUTHORITIES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody, which plain HTTP does not mind: reading the public authorities costs 20 ms for each client."""

LOOPBACK: Final = httpx.Client(trust_env=False, verify=NO_AUTHORITIES, timeout=30)
"""Plain HTTP on this machine, past any proxy of the environment."""
