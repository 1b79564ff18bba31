"""From what an admin pastes to the host of a Lucca account. Only hosts of Lucca's come out (H4, H5)."""

import re
from typing import Final

from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import WrongAddress
from rollcall.connectors.lucca.declaration import LUCCA, WHERE

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"

_HOST: Final = re.compile(
    rf"{_LABEL}\.(?:ilucca|ilucca-test|ilucca-demo)\.(?:net|ch)"
    rf"|{_LABEL}\.sandbox\.(?:eu1|eu2|ch1)\.luccasoftware\.com"
)
"""Documented on developers.lucca.fr (using the API), 2026-11-22; a sandbox's label is account and name."""

# A page's address may end in anything, as long as the host before it is whole.
_PASTED: Final = re.compile(r"(?:https?://)?([a-z0-9.-]+)(?:/[\x21-\x7e]*)?")
_ACCOUNT: Final = re.compile(_LABEL)
USUAL: Final = ".ilucca.net"


def host_of(text: str) -> str:
    """Return the host for an account's name, host or any address in it. Raises ``WrongAddress``."""
    folded = text.strip()
    # before lower(), which turns a few letters from elsewhere into ASCII ones
    pasted = _PASTED.fullmatch(folded.lower()) if folded.isascii() else None
    if pasted is not None:
        if _HOST.fullmatch(pasted[1]):
            return pasted[1]
        if _ACCOUNT.fullmatch(folded.lower()):
            return folded.lower() + USUAL
    raise Dialogue(tool=LUCCA.name, address=text).failure(WrongAddress, "no host of Lucca's", remedy=WHERE)


def account_of(host: str) -> str:
    """Return the account's own label."""
    return host.partition(".")[0]
