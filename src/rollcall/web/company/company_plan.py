"""Settings > Plan: what the company's plan includes, what follows from it here, and who changes it (S5)."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from rollcall.accounts.access import admin_required
from rollcall.accounts.models import Plan
from rollcall.connections.gallery import tool_name
from rollcall.connections.models import State
from rollcall.connections.queries import subscription_of
from rollcall.directory import numbers
from rollcall.sync.actions import PLANS_WITH_HR
from rollcall.web.session import entity_of

INCLUDES: Final = (
    (_("Members, roles and invitations by hand"), tuple(Plan)),
    (_("Any number of entities"), tuple(Plan)),
    (_("API, audit log"), tuple(Plan)),
    (_("HR integration: connect an HR tool, choose employees, preview, sync every hour"), PLANS_WITH_HR),
    (_("Bank details, line managers and leavers from the HR tool"), PLANS_WITH_HR),
)
"""What there is, each with the plans that include it."""


@admin_required
@require_safe
def company_plan(request: HttpRequest) -> HttpResponse:
    """Show the company's plan beside the others."""
    entity = entity_of(request)
    company, used = entity.company, subscription_of(entity.pk)
    included = company.plan in PLANS_WITH_HR
    connection = used.connection if used and used.connection.state != State.DISCONNECTED else None
    shown = {
        "company": company,
        "plan": Plan(company.plan),
        "plans": [(plan, plan == company.plan) for plan in Plan],
        "rows": [
            (what, [(plan in included, plan == company.plan) for plan in Plan]) for what, included in INCLUDES
        ],
        "included": included,
        "command": f"rollcall plan {company.pk} {Plan.ESSENTIALS.value if included else Plan.SCALE.value}",
        "tool": tool_name(connection.tool) if connection else "",
        "paused": connection is not None and connection.state == State.PAUSED,
        "managed": numbers.counts(entity.pk).managed,
    }
    return render(request, "plan/page.html", shown)
