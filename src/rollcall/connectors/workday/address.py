"""Which host and which tenant an admin means by what was pasted."""

import re
from typing import Final

from msgspec import Struct

# Hosts of Workday's services, and no others (H4, H5): documented ones are services1.myworkday.com and
# wd2-impl-services1.workday.com.
_HOST: Final = r"(?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,3}(?:my)?workday\.com)"
_TENANT: Final = r"(?P<tenant>[A-Za-z0-9][A-Za-z0-9_.-]{0,99})"
_END: Final = r"(?:[/?].*)?"

_FORMS: Final = tuple(
    re.compile(f"(?i:(?:https?://)?{_HOST}(?::443)?/ccx){path}{_END}")
    for path in (
        # the REST API endpoint, of the whole API or of one part; documented, the latter assumed
        rf"/api/(?:[A-Za-z]+/)?v\d+(?:\.\d+)?/{_TENANT}",
        rf"/oauth2/{_TENANT}/(?:token|authorize)",
        # a report as a service; before the general form, whose tenant it would be
        rf"/service/customreport2/{_TENANT}/.+",
        rf"/service/(?!customreport2/){_TENANT}/[A-Za-z_]+",
    )
)
# A bare host is only understood if it is one of services: the others show pages and no API.
_BARE: Final = re.compile(rf"(?i:(?:https?://)?(?=[^/]*services){_HOST}/?)")


class Place(Struct, frozen=True):
    """Where a company's services are."""

    host: str
    tenant: str


def place(pasted: str, username: str) -> Place | None:
    """Return the place meant by ``pasted``, in any form of Workday's own; None if it is none.

    A bare host is enough if the user name ends with ``@tenant``.
    """
    text = _address_in(pasted)
    for form in _FORMS:
        if found := form.fullmatch(text):
            return Place(found["host"].lower(), found["tenant"])
    bare = _BARE.fullmatch(text)
    tenant = re.fullmatch(rf".+@{_TENANT}", username)
    if bare and tenant:
        return Place(bare["host"].lower(), tenant["tenant"])
    return None


def _address_in(pasted: str) -> str:
    """Return the address alone, where its label or quotes were pasted with it."""
    found = re.search(r"(?i)https?://[^\s\"'<>]+", pasted)
    return found[0] if found else pasted.strip(" \t\r\n\"'<>")


def endpoint(where: Place) -> str:
    """Return the REST API endpoint as the report “View API Clients” shows it."""
    return f"https://{where.host}/ccx/api/v1/{where.tenant}"


def without_tenant(username: str, tenant: str) -> str:
    """Return the user name without ``@tenant``; another ``@`` may be a part of it."""
    name, _, said = username.rpartition("@")
    return name if name and said.casefold() == tenant.casefold() else username
