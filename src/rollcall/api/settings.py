"""Settings of an entity: who belongs, what is read, when people are invited. Changing them makes a plan."""

from http import HTTPStatus

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from rollcall.api.auth import Bearer, caller, plan_for, subscription_for
from rollcall.api.plans import PlanAnswer, plan_answer
from rollcall.api.problems import Problem
from rollcall.api.wire import read, respond, told
from rollcall.connections.queries import matching
from rollcall.engine.limits import Limits
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.engine.settings import Settings, signed
from rollcall.sync import actions


class SettingsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that were confirmed, and those of the preview that waits, if there is one."""

    # a preview was confirmed, so runs may change members (S27)
    live: bool
    version: int
    settings: Settings
    draft: Settings | None
    # employees who meet the confirmed scope or were added by hand, of how many
    matching: int
    employees: int


router = Router(tags=["settings"])
_EXAMPLE = {
    "scope": {
        "type": "filter",
        "conditions": [{"attribute": "work_location", "test": "one_of", "values": ["Paris", None]}],
        "include_managers": True,
    },
    "exceptions": [
        {"employee_id": "4711", "act": "keep_out", "reason": "Has an account at the parent company"}
    ],
    "archive_inactive": True,
    "invite": {"type": "days_before", "days": 7},
    "domains": ["acme.example"],
    "fields": {"job_title": "at_creation", "bank_account": "not_read"},
}


@router.get(
    "/{int:entity_id}/settings",
    auth=Bearer("read"),
    summary="Get settings",
    **told(SettingsAnswer, also=(409,)),
)
def get_settings(request: HttpRequest, entity_id: int) -> HttpResponse:
    """The entity's settings for its connection; 409 `not_connected` without one."""
    found = subscription_for(request, entity_id)
    settings = found.get_settings()
    count = matching(found.connection_id, settings.scope, settings.exceptions)
    return respond(
        SettingsAnswer(
            live=found.is_live,
            version=found.version,
            settings=settings,
            draft=found.get_draft() if found.draft else None,
            matching=count.matching,
            employees=count.employees,
        )
    )


@router.put(
    "/{int:entity_id}/settings",
    auth=Bearer("connections:write"),
    summary="Preview new settings",
    **told(PlanAnswer, takes=Settings, example=_EXAMPLE, also=(409,)),
)
def put_settings(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Make the plan of these settings and return it (S39). Nothing changes until the plan is approved.

    What is left out has its default, not the value confirmed last. ``by`` and ``at`` of a new exception are set to
    the caller and now; those of one that was there already stay. Limits are not changed here, see "Change limits".
    """
    found = subscription_for(request, entity_id)
    settings = read(request, Settings)
    _refuse_nonsense(settings, found.get_limits())
    settings = msgspec.structs.replace(settings, limits=found.get_limits())
    actor = caller(request)
    settings = signed(settings, found.get_draft(), by=actor.label, at=timezone.now())
    made = actions.preview(found, settings, actor=actor)
    return respond(plan_answer(plan_for(request, entity_id, made.pk)))


def _refuse_nonsense(settings: Settings, limits: Limits) -> None:
    unknown = sorted(set(settings.fields) - set(OWNED_FIELDS))
    if unknown:
        _refuse("fields", f"not a member's field: {', '.join(unknown)}")
    if settings.limits not in (limits, Limits()):
        _refuse("limits", "changed at /limits, with a reason")


def _refuse(field: str, message: str) -> None:
    raise Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", fields=[{"field": f"body.{field}", "message": message}]
    )
