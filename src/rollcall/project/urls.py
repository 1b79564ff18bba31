"""Every address of the installation: pages, API, sign-in, health."""

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path


def healthz(request: HttpRequest) -> HttpResponse:
    """200 `ok` when this process answers and reaches its database; for load balancers and `rollcall up`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def closed(request: HttpRequest) -> HttpResponse:
    """The address somebody signs in with is their work address: it changes with the member, not by hand."""
    raise Http404


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("account/email/", closed),
    path("account/", include("allauth.urls")),
    path("api/v1/", include("rollcall.api.urls")),
    path("", include("rollcall.web.urls")),
]
