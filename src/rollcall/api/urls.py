"""Every address of the API, mounted at ``api/v1/``."""

import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from rollcall.api import (
    conflicts,
    connections,
    employees,
    entities,
    erasures,
    events,
    limits,
    members,
    plans,
    problems,
    runs,
    settings,
    tools,
    wire,
)

api = NinjaAPI(
    title="Rollcall",
    version="1",
    description=(
        "Keeps the members of a spend platform in step with the company's HR tool."
        ' Lists are `{"items": [...], "next": cursor or null}`; pass `next` as `cursor` for the page that'
        " follows. Every error is an `application/problem+json` document whose `code` does not change."
        " Sentences come in the language of `Accept-Language` (English or French). Times are UTC."
    ),
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
problems.install(api)


def _whole_or_nothing(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Take back what an operation wrote before it was refused; the token's last use stays noted.

    Whoever only reads has nothing to take back.
    """

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "GET":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            return view(request, *args, **kwargs)

    return inner


api.add_decorator(_whole_or_nothing)
api.add_router("/tools", tools.router)
api.add_router("/entities", entities.router)
api.add_router("/entities", settings.router)
api.add_router("/entities", limits.router)
api.add_router("/entities", plans.router)
api.add_router("/entities", members.router)
api.add_router("/entities", erasures.router)
api.add_router("/entities", employees.router)
api.add_router("/entities", conflicts.router)
api.add_router("/connections", connections.router)
api.add_router("/connections", runs.router)
api.add_router("/events", events.router)


@functools.cache
def document() -> bytes:
    """Return the OpenAPI document as JSON."""
    schema = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    schema["components"] = {**schema["components"], "schemas": wire.schemas()}
    return msgspec.json.encode(schema)


def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document; it holds nobody's data, so it needs no token."""
    return HttpResponse(document(), content_type="application/json")


def _with_problems(pattern: URLPattern) -> URLPattern:
    """Have the address answer a wrong method with a problem document too; ninja writes plain text."""
    view = pattern.callback

    @functools.wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(request, *args, **kwargs)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        said = problems.answer(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed")
        said.headers["Allow"] = response.headers["Allow"]
        return said

    pattern.callback = inner
    return pattern


app_name = "api"
urlpatterns = [
    path("openapi.json", openapi, name="openapi-json"),
    *(_with_problems(one) for one in api.urls[0] if isinstance(one, URLPattern) and one.name != "api-root"),
    re_path(r"", csrf_exempt(problems.not_found)),
]
