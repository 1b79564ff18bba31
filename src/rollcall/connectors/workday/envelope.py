"""The requests, as text. Order of elements matters to Workday (documented); names of version 44.0."""

import html
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

VERSION: Final = "v44.0"
"""In the path and on the request. Versions are kept for years and rename elements: stay on one (documented)."""

NAMESPACE: Final = "urn:com.workday/bsvc"

_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_TEXT: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText"
)
# what XML 1.0 can carry in no way, escaped or not (section 2.2)
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(text: str) -> str:
    """Return ``text`` as it stands in XML, in an element or an attribute."""
    return html.escape(text, quote=True)


def sendable(text: str) -> bool:
    """Whether XML can carry ``text`` at all."""
    return not _IMPOSSIBLE.search(text)


def envelope(username: str, password: str, body: str) -> bytes:
    """Return a SOAP 1.1 message with a WS-Security UsernameToken; ``username`` as ``user@tenant``."""
    return (
        f'<soapenv:Envelope xmlns:soapenv="{_SOAP}" xmlns:bsvc="{NAMESPACE}"><soapenv:Header>'
        f'<wsse:Security soapenv:mustUnderstand="1" xmlns:wsse="{_WSSE}"><wsse:UsernameToken>'
        f"<wsse:Username>{escaped(username)}</wsse:Username>"
        f'<wsse:Password Type="{_TEXT}">{escaped(password)}</wsse:Password>'
        "</wsse:UsernameToken></wsse:Security>"
        "<bsvc:Workday_Common_Header><bsvc:Include_Reference_Descriptors_In_Response>true"
        "</bsvc:Include_Reference_Descriptors_In_Response></bsvc:Workday_Common_Header>"
        f"</soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def request(operation: str, *parts: str) -> str:
    """Return the request element of ``operation`` such as ``Get_Workers_Request``."""
    inside = "".join(parts)
    return f'<bsvc:{operation} bsvc:version="{VERSION}">{inside}</bsvc:{operation}>'


def element(name: str, inside: str) -> str:
    """Return ``inside``, already XML, as an element of Workday's namespace."""
    return f"<bsvc:{name}>{inside}</bsvc:{name}>"


def flags(named: Mapping[str, bool]) -> str:
    """Return switches in the order given."""
    return "".join(element(name, "true" if on else "false") for name, on in named.items())


def moment(at: datetime) -> str:
    """Return an aware time as Workday reads it, in UTC to the millisecond, which is how Workday writes it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def response_filter(*, page: int, count: int, effective: str = "", entered: datetime | None = None) -> str:
    """Return which page to send, of which day's truth (``effective``, ISO), as typed in until ``entered``."""
    return element(
        "Response_Filter",
        (element("As_Of_Effective_Date", effective) if effective else "")
        + (element("As_Of_Entry_DateTime", moment(entered)) if entered else "")
        + element("Page", str(page))
        + element("Count", str(count)),
    )


EVERYBODY: Final = {"Exclude_Inactive_Workers": False, "Exclude_Contingent_Workers": False}


def criteria(window: tuple[str, datetime, datetime] | None = None) -> str:
    """Return the criteria for everybody, or for whom something changed in a window.

    A window is ``Updated`` (when it was typed in) or ``Effective`` (when it becomes true), from and through.
    """
    log = ""
    if window is not None:
        kind, since, until = window
        log = element(
            "Transaction_Log_Criteria_Data",
            element(
                "Transaction_Date_Range_Data",
                element(f"{kind}_From", moment(since)) + element(f"{kind}_Through", moment(until)),
            ),
        )
    return element("Request_Criteria", log + flags(EVERYBODY))


def references(kind: str, ids: Iterable[str]) -> str:
    """Return references to workers by ids of one kind, such as ``WID``; unknown ones are passed over."""
    listed = "".join(
        element("Worker_Reference", f'<bsvc:ID bsvc:type="{kind}">{escaped(each)}</bsvc:ID>') for each in ids
    )
    lenient = 'bsvc:Skip_Non_Existing_Instances="true" bsvc:Ignore_Invalid_References="true"'
    return f"<bsvc:Request_References {lenient}>{listed}</bsvc:Request_References>"


REFERENCE_ONLY: Final = element("Response_Group", flags({"Include_Reference": True}))
"""The ids of workers and nothing else."""

_ORGANISED: Final = frozenset({"department", "team", "legal_entity", "cost_center", "custom"})


def response_group(leave_out: Collection[str]) -> str:
    """Return which parts of a worker to send: as soon as one flag is set, only those flagged come (documented).

    ``leave_out`` has fields of Employee that the admin does not want read.
    """
    organised = not frozenset(leave_out) >= _ORGANISED
    left_out = (
        "Exclude_Organization_Support_Role_Data",
        "Exclude_Location_Hierarchies",
        "Exclude_Cost_Center_Hierarchies",
        "Exclude_Company_Hierarchies",
        "Exclude_Region_Hierarchies",
    )
    named = {
        "Include_Reference": True,
        "Include_Personal_Information": True,
        "Include_Employment_Information": True,
        "Include_Organizations": organised,
        # these mean something only beside organisations
        **dict.fromkeys(left_out if organised else (), True),
        "Include_Management_Chain_Data": "manager_id" not in leave_out,
        "Include_User_Account": "language" not in leave_out,
    }
    return element("Response_Group", flags({name: True for name, on in named.items() if on}))
