"""BambooHR's calls, and the bodies with which they are ordered. Documented on documentation.bamboohr.com."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from rollcall.connectors.webhooks import Call, Heard, check, check_time, digest_of, signature

PATH: Final = "/api/v1/webhooks"

EVENTS: Final = ("employee.created", "employee.updated", "employee.deleted")
"""Not to be mixed with the older ``employee_with_fields`` events (documented), whose calls hold people's data."""

_EPOCH: Final = re.compile(r"\d{9,11}")


class Ordered(Struct, frozen=True, rename="camel"):
    """The answer to an order: the only time that the key is shown (shape seen)."""

    id: str | int
    private_key: str


def order(url: str, monitored: Sequence[str]) -> dict[str, Any]:
    """Return the body that orders calls to ``url`` when one of ``monitored`` changes, without any values."""
    return {
        "name": "Rollcall",
        "url": url,
        "format": "json",
        "monitorFields": list(monitored),
        # a call is a reason to look: nobody's data needs to travel in it
        "postFields": {},
        "events": list(EVENTS),
        "includeCompanyDomain": True,
    }


def hear(secret: str, call: Call, now: datetime) -> Heard:
    """Check the signature: hex of HMAC-SHA256 over the raw body and the time. Raises ``NotGenuine``.

    Attempts that failed are repeated for some hours; that each is signed with a time of its own is assumed.
    """
    told = call.headers.get("x-bamboohr-timestamp", "").strip()
    expected = signature(secret.encode(), call.body + told.encode())
    check(call.headers.get("x-bamboohr-signature", ""), expected)
    check_time(_moment(told), now)
    return Heard(event=digest_of(call))


def _moment(told: str) -> datetime | None:
    """Return the time of a call: seconds since 1970, or ISO 8601 with an offset (both seen)."""
    if _EPOCH.fullmatch(told):
        return datetime.fromtimestamp(int(told), UTC)
    try:
        return datetime.fromisoformat(told)
    except ValueError:
        return None
