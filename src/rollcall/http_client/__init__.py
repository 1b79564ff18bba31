"""The only way Rollcall speaks HTTP to others: bounded, verified, and to judged addresses only."""

from rollcall.http_client.addresses import (
    Resolve,
    check_url,
    classify_address,
    one_dns_label,
    system_resolve,
)
from rollcall.http_client.answer import Answer, Limits
from rollcall.http_client.client import RETRY_STATUSES, HttpClient, open_client
from rollcall.http_client.errors import (
    AddressRefused,
    BrokenBody,
    HttpError,
    LabelRefused,
    Throttled,
    TimedOut,
    Unreachable,
    UnsendableRequest,
)
from rollcall.http_client.retry import retry_after

__all__ = [
    "RETRY_STATUSES",
    "AddressRefused",
    "Answer",
    "BrokenBody",
    "HttpClient",
    "HttpError",
    "LabelRefused",
    "Limits",
    "Resolve",
    "Throttled",
    "TimedOut",
    "Unreachable",
    "UnsendableRequest",
    "check_url",
    "classify_address",
    "one_dns_label",
    "open_client",
    "retry_after",
    "system_resolve",
]
