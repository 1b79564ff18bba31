"""Humaans' errors: one shape for all of them (documented; the texts are assumed)."""

from rollcall.simulators.wire import Reply, json_reply

_NAMES = {
    400: "BadRequest",
    401: "NotAuthenticated",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    503: "Unavailable",
}


def failure(status: int, message: str = "", *, told: int | None = None) -> Reply:
    """The reply for a status; `told` is the code inside if it differs."""
    name = _NAMES.get(told or status, "GeneralError")
    body = {"code": told or status, "name": name, "message": message or name, "issues": []}
    return json_reply(body, status)
