"""Employees: the mirror of the HR tool, without account numbers, and why somebody is or is not a member."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from rollcall.api.auth import Bearer, connection_read_by, refuse_if_shared, subscription_for
from rollcall.api.members import LinkAnswer, link_answer
from rollcall.api.plans import ChangeAnswer, change_answer
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after, by_place, page, respond, told
from rollcall.connections.models import Employee as Row
from rollcall.connections.models import Subscription
from rollcall.connections.queries import page_of_employees
from rollcall.connections.rows import employee_of
from rollcall.engine.change import Why
from rollcall.engine.explain import Explanation, Rule
from rollcall.engine.levers import Way
from rollcall.engine.scope import Condition
from rollcall.engine.snapshot import DELIVERABLE, Employee
from rollcall.sync.models import Line
from rollcall.sync.plans.preview import latest_plan
from rollcall.sync.why.asking import Answer, about_employee
from rollcall.sync.words import findings as sentences

COLUMNS: Final = (
    "external_id",
    "delivered",
    "bank_digest",
    "bank_mask",
    *(set(DELIVERABLE) - {"bank_account"}),
)
_LISTED: Final = ("external_id", *(name for name in DELIVERABLE if name != "bank_account"))
_CUSTOM: Final = _LISTED.index("custom")


class Said(msgspec.Struct, frozen=True):
    """A finding: a code that does not change, and the sentence that people read."""

    code: str
    sentence: str


class ConditionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of the filter, and whether the employee meets it."""

    condition: Condition
    value: str | None
    holds: bool
    sentence: str


class StepAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would have to be different."""

    code: str
    params: Mapping[str, str]
    sentence: str


class WayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Things that would have to be different, all of them, and what the next run would do then."""

    steps: Sequence[StepAnswer]
    leads_to: Said


class FindingsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What decides about the employee, in the order in which it does, and what the next run will do."""

    # false: settings are not confirmed, so nobody is managed; the findings are about the draft
    confirmed: bool
    # where they stand today, from status and dates
    standing: Said
    rule: Said
    conditions: Sequence[ConditionAnswer]
    tie: Said
    outcome: Said
    # the plan's code for the reason, null when a plan has no line for them
    reason_code: Why | None
    reason: str
    remarks: Sequence[str]
    ways: Sequence[WayAnswer]


class WhyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """HR record, rule, link, findings, and the newest plan's lines for one employee."""

    employee: Employee
    # the HR tool's last list has them
    listed: bool
    in_scope: bool
    # the condition that keeps them out
    kept_out_by: Condition | None
    member_id: int | None
    link: LinkAnswer | None
    # lines of the entity's newest plan about them; empty when nothing stands out
    changes: Sequence[ChangeAnswer]
    findings: FindingsAnswer


router = Router(tags=["employees"])
_row: Final = by_place(Employee, ("id", *_LISTED[1:]), without=("bank_account",))
_AT = "/{int:entity_id}/employees"


@router.get(_AT, auth=Bearer("read"), summary="List employees", **told(Listed[Employee], also=(409,)))
def list_employees(
    request: HttpRequest, entity_id: int, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = ""
) -> HttpResponse:
    """Everybody whom the HR tool listed last, in order of id, members or not.

    A field that the tool did not deliver is left out; delivered but empty is null. A token of one entity is
    refused where other entities use the same connection: it would see their people.
    """
    connection_id = connection_read_by(request, entity_id)
    rows = page_of_employees(connection_id, (*_LISTED, "delivered"), after=after(cursor), size=limit + 1)
    return page(rows, limit, key=lambda row: row[0], shown=_listed)


@router.get(_AT + "/{employee_id}/why", auth=Bearer("read"), summary="Why?", **told(WhyAnswer, also=(409,)))
def why_employee(request: HttpRequest, entity_id: int, employee_id: str) -> HttpResponse:
    """What decides about one employee: record, scope, link, the next run's decision, and what would change it."""
    subscription = _subscription(request, entity_id)
    now = timezone.now()
    found = (
        about_employee(subscription.entity, now=now, employee_id=employee_id)
        if "\x00" not in employee_id
        else None
    )
    if found is None or found.explanation is None or found.row is None:
        raise Http404
    failed = [one.condition for one in found.explanation.judged if not one.holds]
    in_scope = found.explanation.rule not in (Rule.OUTSIDE, Rule.KEPT_OUT)
    return respond(
        WhyAnswer(
            employee=_shown(found.row),
            listed=found.row.absent_since is None,
            in_scope=in_scope,
            kept_out_by=failed[0] if failed and found.explanation.rule is Rule.OUTSIDE else None,
            member_id=found.member.pk if found.link else None,
            link=link_answer(found.link, found.link.connection) if found.link else None,
            changes=_changes(subscription, employee_id),
            findings=_findings(found, found.explanation),
        )
    )


def _findings(answer: Answer, found: Explanation) -> FindingsAnswer:
    tool = sentences.tool_of(answer)
    assert answer.employee is not None  # noqa: S101 - an explanation is always of a record
    return FindingsAnswer(
        confirmed=answer.live,
        standing=Said(found.standing, sentences.standing_sentence(found.standing, answer.employee, tool)),
        rule=Said(found.rule, sentences.rule_sentence(answer)),
        conditions=[
            ConditionAnswer(
                condition=one.condition,
                value=one.value,
                holds=one.holds,
                sentence=sentences.condition_sentence(one, tool),
            )
            for one in found.judged
        ],
        tie=Said(found.tie, sentences.tie_sentence(answer)),
        outcome=Said(found.verdict.outcome, sentences.headline(answer)),
        reason_code=found.verdict.why,
        reason=sentences.reason(answer),
        remarks=sentences.remark_sentences(answer),
        ways=[_way(one, answer) for one in found.ways],
    )


def _way(way: Way, answer: Answer) -> WayAnswer:
    tool = sentences.tool_of(answer)
    then = sentences.way_sentence(way, tool, member=answer.member is not None)
    return WayAnswer(
        steps=[
            StepAnswer(code=one.lever, params=one.params, sentence=sentences.step_sentence(one, tool))
            for one in way.steps
        ],
        leads_to=Said(way.leads_to, then),
    )


def _subscription(request: HttpRequest, entity_id: int) -> Subscription:
    found = subscription_for(request, entity_id)
    refuse_if_shared(request, found.connection_id)
    return found


def _changes(subscription: Subscription, employee_id: str) -> list[ChangeAnswer]:
    plan = latest_plan(subscription.entity_id)
    if plan is None:
        return []
    found = Line.objects.filter(plan=plan, employee_id=employee_id).order_by("number")
    return [change_answer(line, subscription.connection.tool) for line in found]


def _listed(row: Sequence[Any]) -> object:
    *values, delivered = row
    for place in _not_delivered(delivered):
        values[place] = msgspec.UNSET
    if values[_CUSTOM] is not msgspec.UNSET:
        values[_CUSTOM] = msgspec.json.decode(values[_CUSTOM] or "{}")
    return _row(*values)


@functools.lru_cache(maxsize=1024)
def _not_delivered(mask: int) -> Sequence[int]:
    """Return the places in a row of what the tool did not deliver."""
    return tuple(_LISTED.index(name) for name in _LISTED[1:] if not mask & 1 << DELIVERABLE.index(name))


def _shown(row: Row) -> Employee:
    employee = employee_of({name: getattr(row, name) for name in COLUMNS})
    return msgspec.structs.replace(employee, bank_account=msgspec.UNSET)
