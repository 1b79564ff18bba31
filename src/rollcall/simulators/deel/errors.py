"""Deel's three shapes of errors, and SCIM's. The shapes are documented, the texts assumed."""

from rollcall.simulators.wire import Reply, Request, json_reply

_TEXTS = {403: "Insufficient scope", 404: "Not found", 405: "Method not allowed", 429: "Too many requests"}


def failure(request: Request | None, status: int, text: str = "") -> Reply:
    """The reply for a status: the long shape, or a short one for 401 and 5xx. 429 has no headers."""
    if request is not None and request.path.startswith("/scim/"):
        return scim_failure(status, text or _TEXTS.get(status, "Not possible"))
    if status == 401:
        return json_reply({"error": "Unauthorized"}, 401)
    if status >= 500:
        return json_reply({"error": {"code": "internal", "message": "Not possible", "details": None}}, status)
    told = {
        "method": request.method if request else "GET",
        "url": request.path if request else "/rest/v2/people",
        "status": status,
        "api_req_id": f"sim-{status}",
        "docs": "https://developer.deel.com",
        "source": "simulator",
        "code": 5,
    }
    error = {"message": text or _TEXTS.get(status, "Not possible"), "path": told["url"]}
    return json_reply({"request": told, "errors": [error]}, status)


def invalid(field: str, text: str) -> Reply:
    """400 for a parameter."""
    return json_reply({"errors": [{"code": "invalid", "field": field, "message": text}]}, 400)


def scim_failure(status: int, detail: str, kind: str | None = None) -> Reply:
    """An error in SCIM's words; `status` is a text."""
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": detail}
    more = {"status": str(status)} | ({"scimType": kind} if kind else {})
    return json_reply(body | more, status)
