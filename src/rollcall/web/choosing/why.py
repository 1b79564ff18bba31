"""Why? (product decision 16): find anybody, and read in sentences why they are, or are not, a member."""

from datetime import datetime
from typing import Any, Final, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from msgspec import Struct

from rollcall.accounts.access import ADMINS, CompanyRequest, admin_required
from rollcall.connections.models import State as ConnectionState
from rollcall.connections.queries import subscription_of
from rollcall.connections.searching import LONGEST
from rollcall.engine.explain import Explanation, Rule
from rollcall.engine.levers import Lever
from rollcall.engine.outcome import Outcome
from rollcall.engine.snapshot import Employee
from rollcall.engine.status import Standing
from rollcall.events.models import Event
from rollcall.sync.why.asking import Answer, about_employee, about_member, is_gone
from rollcall.sync.why.people_search import MOST, Hit, search
from rollcall.sync.words import findings as said
from rollcall.sync.words.sentences import day_text, error_sentence, kind_label
from rollcall.web.event_sentences import actor_name, event_sentence
from rollcall.web.moments import Moment, moment
from rollcall.web.session import entity_of
from rollcall.web.words import attribute_label, value_label

EVENTS: Final = 20
HUGE: Final = 2**63

GOOD: Final = frozenset({Outcome.CREATE, Outcome.LINK, Outcome.UPDATE, Outcome.REACTIVATE, Outcome.IN_STEP})
# What tells the person apart and what filters ask for; shown when HR has it.
RECORD: Final = (
    "employee_number",
    "job_title",
    "department",
    "team",
    "work_location",
    "country",
    "legal_entity",
    "cost_center",
    "employment_type",
)
DATES: Final = ("start_date", "last_working_day", "end_date")


@require_safe
@admin_required
def why_search(request: HttpRequest) -> HttpResponse:
    """Find somebody by name, e-mail or number; one hit leads straight to the answer."""
    entity = entity_of(request)
    asked = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    used = subscription_of(entity.pk)
    hits = search(entity.pk, used.connection_id if used else None, asked)
    if len(hits) == 1:
        return _to(hits[0])
    shown = {
        "asked": asked,
        "hits": hits[:MOST],
        "more": len(hits) > MOST,
        "most": MOST,
        "tool": said.tool_of(Answer(entity=entity, subscription=used)),
        "connected": used is not None and not is_gone(used.connection),
    }
    return render(request, "why/search.html", shown)


def _to(hit: Hit) -> HttpResponse:
    if hit.row_id is not None:
        return redirect("why_employee", hit.row_id)
    return redirect("why_member", hit.member_id)


@require_safe
@admin_required
def why_employee(request: HttpRequest, row_id: int) -> HttpResponse:
    """The answer for an employee of the entity's HR tool, member or not, by the id of their row in the mirror."""
    now = timezone.now()
    return _answer(
        request, about_employee(entity_of(request), now=now, row_id=row_id) if row_id < HUGE else None, now
    )


@require_safe
@admin_required
def why_member(request: HttpRequest, member_id: int) -> HttpResponse:
    """The answer for a member, known to the HR tool or not."""
    now = timezone.now()
    found = about_member(entity_of(request), member_id, now=now) if member_id < HUGE else None
    return _answer(request, found, now)


def _answer(request: HttpRequest, answer: Answer | None, now: datetime) -> HttpResponse:
    if answer is None:
        raise Http404
    found, zone = answer.explanation, answer.entity.time_zone
    connection = answer.subscription.connection if answer.subscription else None
    shown = {
        "answer": answer,
        "name": answer.name or (answer.member.email if answer.member else gettext("(no name)")),
        "tool": said.tool_of(answer),
        "headline": said.headline(answer),
        "reason": said.reason(answer, value_label),
        "look": _look(found),
        "gone": connection is not None and is_gone(connection),
        "paused": connection is not None and connection.state == ConnectionState.PAUSED,
        "error": error_sentence(connection.error, connection.error_params) if connection else "",
        "read": moment(connection.last_good_at, zone) if connection else None,
        "next": moment(connection.next_run_at, zone) if connection and answer.runs else None,
        "wanted": [kind_label(line.kind) for line in answer.wanted],
        "ways": _ways(answer),
        "belongs": found is not None and found.verdict.outcome in GOOD,
        "remarks": said.remark_sentences(answer),
        "elsewhere": _elsewhere(request, answer),
        "events": _events(answer),
        **(_steps(answer, found, answer.employee) if found and answer.employee else {}),
    }
    return render(request, "why/answer.html", shown)


def _look(found: Explanation | None) -> tuple[str, str]:
    """Return colour and icon of the result."""
    if found is None:
        return "", "user"
    if found.verdict.outcome in GOOD:
        return "ok", "circle-check"
    return ("warn", "triangle-alert") if found.verdict.why else ("", "circle-minus")


def _steps(answer: Answer, found: Explanation, employee: Employee) -> dict[str, Any]:
    """Return the sentences of record, rule and match."""
    tool = said.tool_of(answer)
    return {
        "standing": said.standing_sentence(found.standing, employee, tool),
        "record": _record(employee),
        "rule": said.rule_sentence(answer),
        "rule_holds": found.rule not in (Rule.OUTSIDE, Rule.KEPT_OUT),
        "conditions": [(one.holds, said.condition_sentence(one, tool, value_label)) for one in found.judged],
        "tie": said.tie_sentence(answer),
        "missing_since": moment(answer.row.absent_since, answer.entity.time_zone) if answer.row else None,
        "changed": moment(answer.row.changed_at, answer.entity.time_zone) if answer.row else None,
    }


def _record(employee: Employee) -> list[tuple[str, str]]:
    """Return what HR says, as label and text; what it left empty is left out, save what decides."""
    address = employee.work_email.strip() if isinstance(employee.work_email, str) else ""
    shown = [
        (attribute_label("work_email"), address or gettext("(empty)")),
        (attribute_label("status"), said.status_text(str(employee.status))),
    ]
    for name in DATES:
        day = getattr(employee, name)
        if day:
            shown.append((attribute_label(name), day_text(day.isoformat())))
    for name in RECORD:
        value = getattr(employee, name)
        if value:
            shown.append((attribute_label(name), value_label(name, value)))
    return shown


class _Step(Struct, frozen=True, kw_only=True):
    """One thing to change, and where, if that is in Rollcall."""

    sentence: str
    in_settings: bool
    on_member: bool


def _ways(answer: Answer) -> list[dict[str, Any]]:
    tool, found = said.tool_of(answer), answer.explanation
    return [
        {
            "steps": [
                _Step(
                    sentence=said.step_sentence(step, tool),
                    in_settings=step.lever in said.SETTINGS,
                    on_member=step.lever is Lever.BRING_BACK,
                )
                for step in way.steps
            ],
            "then": said.way_sentence(way, tool, member=answer.member is not None),
        }
        for way in (found.ways if found else ())
    ]


def _elsewhere(request: HttpRequest, answer: Answer) -> dict[str, Any] | None:
    """Return the other entities of the connection, by name where the reader is an admin; ``None`` without any."""
    mine = {grant.entity_id for grant in cast("CompanyRequest", request).grants if grant.role in ADMINS}
    inside, outside = answer.elsewhere.inside, answer.elsewhere.outside
    if not (inside or outside) or answer.explanation is None:
        return None
    here = answer.explanation.rule not in (Rule.OUTSIDE, Rule.KEPT_OUT)
    if here and not inside:
        return None
    return {
        "here": here,
        "inside": [one.name for one in inside if one.entity_id in mine],
        "others": len([one for one in inside if one.entity_id not in mine]),
        "works_here": answer.explanation.standing is not Standing.LEFT,
    }


class _Entry(Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    sentence: str
    actor: str
    at: Moment | None


def _events(answer: Answer) -> list[_Entry]:
    """Return what happened to the member, newest first."""
    if answer.member is None:
        return []
    found = Event.objects.filter(company_id=answer.entity.company_id, member_id=answer.member.pk)
    tool, zone = said.tool_of(answer), answer.entity.time_zone
    return [
        _Entry(sentence=event_sentence(one, tool=tool), actor=actor_name(one), at=moment(one.at, zone))
        for one in found.order_by("-id")[:EVENTS]
    ]
