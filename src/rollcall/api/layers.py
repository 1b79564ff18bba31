"""What an API request passes instead of the layers of pages: no session, no cookie, no message, no sign-in."""

from collections.abc import Callable
from typing import Final, cast

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.locale import LocaleMiddleware
from django.urls import resolve

_AT: Final = "/api/v1/"


class ApiMiddleware:
    """Answers addresses of the API, and hands all others on. Stands before what only pages need.

    The host is checked, the language chosen and the length told as for pages. One transaction per request; an answer
    of 500 and above takes everything back. Operations answer every exception themselves (`problems.install`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response
        self._layers = LocaleMiddleware(CommonMiddleware(_answer))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or hand on."""
        if not request.path_info.startswith(_AT):
            return self.get_response(request)
        return cast("HttpResponseBase", self._layers(request))


def _answer(request: HttpRequest) -> HttpResponseBase:
    match = resolve(request.path_info)
    request.resolver_match = match
    with transaction.atomic():
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if response.status_code >= 500:
            transaction.set_rollback(True)
    return response
