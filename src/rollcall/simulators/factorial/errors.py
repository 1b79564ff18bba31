"""Factorial's two shapes of errors. The shapes are documented, the texts assumed."""

from rollcall.simulators.wire import Reply, json_reply

_TEXTS = {403: "Forbidden", 404: "Not found", 422: "Unprocessable", 429: "Too many requests"}


def failure(status: int, text: str = "") -> Reply:
    """The reply for a status: an error's name for 401, a list for the rest."""
    if status == 401:
        return json_reply({"error": "invalid_token"}, 401)
    return json_reply({"errors": [text or _TEXTS.get(status, "Not possible")]}, status)
