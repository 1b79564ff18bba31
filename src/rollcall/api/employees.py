"""Employees: the mirror of the HR tool, without account numbers, and why somebody is or is not a member."""

from collections.abc import Sequence
from typing import Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router

from rollcall.api.auth import Bearer, refuse_if_shared, subscription_for
from rollcall.api.members import LinkAnswer, link_answer
from rollcall.api.plans import ChangeAnswer, change_answer
from rollcall.api.wire import DEFAULT_LIMIT, Cursor, Limit, Listed, after, page, respond, told
from rollcall.connections.models import Employee as Row
from rollcall.connections.models import Subscription
from rollcall.connections.queries import page_of_employees
from rollcall.connections.rows import employee_of
from rollcall.directory import queries
from rollcall.engine.scope import Condition, judge
from rollcall.engine.snapshot import DELIVERABLE, Employee
from rollcall.sync.models import Line
from rollcall.sync.preview import latest_plan

COLUMNS: Final = (
    "external_id",
    "delivered",
    "bank_digest",
    "bank_mask",
    *(set(DELIVERABLE) - {"bank_account"}),
)


class WhyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """HR record, rule, link and the newest plan's lines for one employee."""

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


router = Router(tags=["employees"])
_AT = "/{int:entity_id}/employees"


@router.get(_AT, auth=Bearer("read"), summary="List employees", **told(Listed[Employee], also=(409,)))
def list_employees(
    request: HttpRequest, entity_id: int, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = ""
) -> HttpResponse:
    """Everybody whom the HR tool listed last, in order of id, members or not.

    A field that the tool did not deliver is left out; delivered but empty is null. A token of one entity is
    refused where other entities use the same connection: it would see their people.
    """
    rows = page_of_employees(
        _subscription(request, entity_id).connection_id, after=after(cursor), size=limit + 1
    )
    return page(rows, limit, key=lambda row: row.external_id, shown=_shown)


@router.get(_AT + "/{employee_id}/why", auth=Bearer("read"), summary="Why?", **told(WhyAnswer, also=(409,)))
def why_employee(request: HttpRequest, entity_id: int, employee_id: str) -> HttpResponse:
    """What decided about one employee: record, scope, link, and the reasons of the newest plan."""
    subscription = _subscription(request, entity_id)
    rows = Row.objects.filter(connection_id=subscription.connection_id).defer("bank_sealed")
    row = rows.filter(external_id=employee_id).first() if "\x00" not in employee_id else None
    if row is None:
        raise Http404
    employee = _shown(row)
    kept_out_by = judge(subscription.get_settings().scope, employee)
    linked = queries.members_of(entity_id).filter(
        link__connection_id=subscription.connection_id, link__employee_id=employee_id
    )
    member = linked.first()
    link = queries.link_of(member) if member else None
    return respond(
        WhyAnswer(
            employee=employee,
            listed=row.absent_since is None,
            in_scope=kept_out_by is None,
            kept_out_by=kept_out_by,
            member_id=member.pk if member else None,
            link=link_answer(link, link.connection) if link else None,
            changes=_changes(subscription, employee_id),
        )
    )


def _subscription(request: HttpRequest, entity_id: int) -> Subscription:
    found = subscription_for(request, entity_id)
    refuse_if_shared(request, found.connection)
    return found


def _changes(subscription: Subscription, employee_id: str) -> list[ChangeAnswer]:
    plan = latest_plan(subscription.entity_id)
    if plan is None:
        return []
    found = Line.objects.filter(plan=plan, employee_id=employee_id).order_by("number")
    return [change_answer(line, subscription.connection.tool) for line in found]


def _shown(row: Row) -> Employee:
    employee = employee_of({name: getattr(row, name) for name in COLUMNS})
    return msgspec.structs.replace(employee, bank_account=msgspec.UNSET)
