"""SOAP faults as errors of ours. Fault first, status second: nearly all faults come with status 500 (documented)."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import (
    MissingPermission,
    SourceError,
    ToolFailing,
    UnexpectedAnswer,
    WrongAddress,
    WrongCredentials,
    gettext_noop,
)
from rollcall.connectors.workday.cutting import Refused, cut, parsed

FAULT: Final = {"Fault": "Body"}

# element of a fault -> what it tells; all local names, as prefixes vary (documented)
_CODE: Final = "faultcode"
_TEXTS: Final = frozenset({"faultstring", "Message", "Detail_Message"})

NOT_AUTHORIZED: Final = "not authorized"

REMEDIES: Final[Mapping[type[SourceError], str]] = {
    WrongCredentials: gettext_noop(
        "In Workday, check that the Integration System User's password has not expired and that the account is"
        " not locked, that “Manage Authentication Policies” allows it “User Name Password”, and that the REST API"
        " endpoint is of the same tenant: Workday signs it in as name@tenant."
    ),
    MissingPermission: gettext_noop(
        "Then run “Activate Pending Security Policy Changes” in Workday: permissions count only after that."
    ),
    WrongAddress: gettext_noop(
        "Open the report “View API Clients” in Workday and copy “Workday REST API Endpoint” from its top, such as"
        " https://wd2-impl-services1.workday.com/ccx/api/v1/acme."
    ),
}
"""What helps, beside the general sentence of the error."""


class Fault(Struct, frozen=True):
    """What a fault tells; ``code`` without the prefix, both in lower case."""

    code: str
    text: str


def fault_in(body: bytes) -> Fault | None:
    """Return the fault of an answer; None if there is none, or no readable XML."""
    try:
        faults = [parsed(each) for each in cut(body, FAULT)["Fault"]]
    except Refused:
        return None
    if not faults:
        return None
    told = [(each.tag.rpartition("}")[2], (each.text or "").strip()) for each in faults[0].iter()]
    code = next((text for name, text in told if name == _CODE), "")
    texts = " ".join(text for name, text in told if name in _TEXTS)
    return Fault(code.rpartition(":")[2].lower(), texts.lower())


def meaning(fault: Fault) -> type[SourceError]:
    """Return what a fault means (codes documented or seen; ``Server`` assumed)."""
    if fault.code.endswith("authenticationerror"):
        return WrongCredentials
    if NOT_AUTHORIZED in fault.text:
        return MissingPermission
    if fault.code.startswith("server"):
        return ToolFailing
    # a validation fault, another version, an element it does not know: our request is wrong
    return UnexpectedAnswer


def failure(dialogue: Dialogue, kind: type[SourceError], detail: str) -> SourceError:
    """Return the error with its remedy."""
    return dialogue.failure(kind, detail, remedy=REMEDIES.get(kind, ""))


def fault_error(dialogue: Dialogue, fault: Fault) -> SourceError:
    """Return the error a fault means; its text is the tool's and is not repeated (H7)."""
    kind = meaning(fault)
    validation = ", validation" if fault.code.endswith("validationerror") else ""
    return failure(dialogue, kind, f"SOAP fault{validation}: {kind.code}")
