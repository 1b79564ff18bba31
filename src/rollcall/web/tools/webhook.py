"""Where HR tools call us. The address is a secret by itself; the call is checked and answered at once."""

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from rollcall.sync.incoming import webhooks

LARGEST: Final = 1024 * 1024
"""Bytes of a call; nothing of its content is used, and no tool sends a hundredth of it."""


@csrf_exempt
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, token: str) -> HttpResponse:
    """Answer 200 (with the challenge's text), 401 to what is not signed, 404 to an unknown address, 413 if too large.

    No session is looked at. A call of a tool carries no origin, so there is nothing for a forgery to use.
    """
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    call = webhooks.Call(
        method=request.method or "",
        headers={name.lower(): value for name, value in request.headers.items()},
        query={name: request.GET[name] for name in request.GET},
        body=request.body,
    )
    try:
        reply = webhooks.hear(token, call, now=timezone.now())
    except webhooks.NotGenuine:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    if reply is None:
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    return HttpResponse(reply, content_type="text/plain; charset=utf-8")
