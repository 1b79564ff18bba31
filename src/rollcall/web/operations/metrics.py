"""`/metrics` for Prometheus, `/metrics.json` for other monitoring: only for whoever shows the operator's word."""

import secrets
from collections.abc import Callable
from functools import wraps

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.http import require_safe

from rollcall.operations import metrics as operator_metrics
from rollcall.operations.facts import Facts, facts
from rollcall.operations.judging import Finding, findings

View = Callable[[HttpRequest], HttpResponse]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What `/metrics.json` answers: what is wrong, worst first, and the facts."""

    findings: list[Finding]
    facts: Facts


def _operator_only(view: View) -> View:
    """Let in whoever sends ``Authorization: Bearer ROLLCALL_METRICS_TOKEN``; without that setting nobody.

    Where a request comes from is no proof: behind a proxy everybody comes from this machine.
    """

    @wraps(view)
    def inner(request: HttpRequest) -> HttpResponse:
        if not settings.ROLLCALL_METRICS_TOKEN:
            raise Http404
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        wanted = settings.ROLLCALL_METRICS_TOKEN.encode()
        if kind.lower() != "bearer" or not secrets.compare_digest(shown.strip().encode(), wanted):
            return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
        return view(request)

    return inner


@require_safe
@_operator_only
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with everything in Prometheus's text format."""
    return HttpResponse(operator_metrics.rendered(facts(timezone.now())), content_type=operator_metrics.TYPE)


@require_safe
@_operator_only
def as_json(request: HttpRequest) -> HttpResponse:
    """Answer with the facts and what is wrong with them, in English."""
    found = facts(timezone.now())
    with override("en"):
        body = msgspec.json.encode(State(findings=findings(found), facts=found))
    return HttpResponse(body, content_type="application/json")
