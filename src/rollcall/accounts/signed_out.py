"""Somebody whose session has ended in the middle: to sign in, told why, and back to the page they were on."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Return the way to the sign-in page; after it people are back on the page they saw.

    What a form or a part of a page asked for is not an address to come back to: the page it stood on is.
    """
    part = request.headers.get("HX-Request") == "true"
    if request.method in ("GET", "HEAD") and not part:
        return redirect_to_login(request.get_full_path())
    asked = request.headers.get("HX-Current-URL") if part else request.headers.get("Referer")
    if request.method in ("GET", "HEAD"):
        messages.info(request, gettext("You were signed out meanwhile. Sign in to go on where you were."))
    else:
        messages.warning(
            request, gettext("You were signed out meanwhile, so nothing was done. Sign in and do it again.")
        )
    there = redirect_to_login(_own_path(request, asked))
    if not part:
        return there
    # htmx would put the sign-in page into the part; this header makes it leave the page instead.
    answer = HttpResponse()
    answer.headers["HX-Redirect"] = there.headers["Location"]
    return answer


def _own_path(request: HttpRequest, address: str | None) -> str:
    """Return path and query of an address of ours; the start page for any other."""
    if not address or not url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
