"""Between entities (product decision 6): people who belong to no entity of the company, and people in several."""

import csv
import io
from collections.abc import Sequence
from typing import Final, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe
from msgspec import Struct

from rollcall.accounts.access import ADMINS, CompanyRequest, admin_required
from rollcall.connections.cells import safe_cell
from rollcall.connections.gallery import tool_name
from rollcall.connections.models import Subscription, Tally
from rollcall.connections.queries import subscription_of
from rollcall.connections.searching import LONGEST
from rollcall.engine.explain import Judged
from rollcall.engine.scope import Condition, Named, by_employee, outside, value_of
from rollcall.sync.why import tally
from rollcall.sync.why.asking import is_gone
from rollcall.sync.why.between import PAGE, Group, Person, Place, counts, people, people_found, places_of
from rollcall.sync.words.findings import condition_sentence
from rollcall.web.moments import moment
from rollcall.web.session import entity_of
from rollcall.web.words import attribute_label, value_label

LONGEST_ID: Final = 18  # digits of a number that PostgreSQL can hold
SHOWN: Final = ("work_location", "department", "legal_entity")


class Reason(Struct, frozen=True, kw_only=True):
    """Why an entity does not have somebody; without a name the reader is no admin of it."""

    entity: str
    sentence: str


class Row(Struct, frozen=True, kw_only=True):
    """One person as the page shows them."""

    row_id: int
    name: str
    email: str
    facts: Sequence[str]
    # named entities the person is in, and how many others
    inside: Sequence[str]
    others: int
    # for people in no entity: what keeps them out of each
    reasons: Sequence[Reason]


class _Looked(Struct, frozen=True, kw_only=True):
    """What both lists are made from."""

    subscription: Subscription
    places: Sequence[Place]
    # entities that use the connection without confirmed settings
    unset: int
    # ids of the entities that the reader may administer
    mine: frozenset[int]
    tally: Tally | None


@require_safe
@admin_required
def between(request: HttpRequest) -> HttpResponse:
    """The two lists, 50 people at a time, with what keeps each out or which entities have them."""
    looked = _look(request)
    if looked is None or not looked.places:
        shown = {"connected": looked is not None, "tool": _tool(looked)}
        return render(request, "between/none.html", shown)
    numbers = tally.counts_of(looked.tally, looked.places)
    counted = looked.tally if numbers else None
    numbers = numbers or counts(looked.subscription.connection_id, looked.places)
    group = _group(request, looked)
    asked, after = _search(request), request.GET.get("after", "")
    number = int(after) if after.isascii() and after.isdigit() and len(after) <= LONGEST_ID else 0
    found = _found(looked, group, counted, asked, number)
    # What nobody here has would be an empty column.
    columns = [name for name in SHOWN if any(value_of(one.employee, name) for one in found)]
    shown = {
        "tool": _tool(looked),
        "numbers": numbers,
        "counted": moment(counted.counted_at, entity_of(request).time_zone) if counted else None,
        "places": looked.places,
        "one": len(looked.places) == 1,
        "unset": looked.unset,
        "group": group,
        "asked": asked,
        "columns": [attribute_label(name) for name in columns],
        "rows": [_row(one, looked, columns) for one in found[:PAGE]],
        "more": found[PAGE - 1].row_id if len(found) > PAGE else None,
        "paged": bool(number),
    }
    return render(request, "between/list.html", shown)


@require_safe
@admin_required
def between_csv(request: HttpRequest) -> HttpResponse:
    """One list as a CSV file for spreadsheets; no cell can be taken for a formula (F6)."""
    looked, text = _look(request), io.StringIO()
    table = csv.writer(text)
    labels = [attribute_label(name) for name in ("work_email", *SHOWN)]
    table.writerow(
        [gettext("Name"), gettext("Number in the HR tool"), *labels, gettext("Entities"), gettext("Why")]
    )
    if looked is not None and looked.places:
        group = _group(request, looked)
        for one in people(
            looked.subscription.connection_id, looked.places, group, search=_search(request), size=None
        ):
            table.writerow([safe_cell(cell) for cell in _cells(one, looked)])
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="between-entities.csv"'
    return answer


def _found(looked: _Looked, group: Group, counted: Tally | None, asked: str, after: int) -> list[Person]:
    """Return a page of a list, and one more: of those who were counted, where they are known by name."""
    connection_id = looked.subscription.connection_id
    known = tally.people_of(counted, group, search=asked, after=after) if counted else None
    if known is None and asked:
        return people_found(connection_id, looked.places, group, asked, after=after)
    if known is None:
        return list(people(connection_id, looked.places, group, after=after))
    return known


def _look(request: HttpRequest) -> _Looked | None:
    """Return what the entity's connection is used for, ``None`` while there is none with people in it."""
    used = subscription_of(entity_of(request).pk)
    if used is None or is_gone(used.connection):
        return None
    places, unset = places_of(used.connection)
    grants = cast("CompanyRequest", request).grants
    mine = frozenset(grant.entity_id for grant in grants if grant.role in ADMINS)
    counted = tally.tally_of(used.connection_id)
    return _Looked(subscription=used, places=places, unset=unset, mine=mine, tally=counted)


def _tool(looked: _Looked | None) -> str:
    return tool_name(looked.subscription.connection.tool) if looked else ""


def _group(request: HttpRequest, looked: _Looked) -> Group:
    several = request.GET.get("group") == Group.SEVERAL and len(looked.places) > 1
    return Group.SEVERAL if several else Group.NOWHERE


def _search(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]


def _row(one: Person, looked: _Looked, columns: Sequence[str] = SHOWN) -> Row:
    employee = one.employee
    address = employee.work_email.strip() if isinstance(employee.work_email, str) else ""
    inside = [place for place in looked.places if place.entity_id in one.inside]
    named = [_with_reason(one, place) for place in inside if place.entity_id in looked.mine]
    return Row(
        row_id=one.row_id,
        name=one.name or address or employee.id,
        email=address,
        facts=[value_label(name, value) if (value := value_of(employee, name)) else "" for name in columns],
        inside=named,
        others=len(inside) - len(named),
        reasons=[] if inside else [_reason(one, place, looked) for place in looked.places],
    )


def _with_reason(one: Person, place: Place) -> str:
    """Return the entity's name, and that the person is there as somebody's manager, if so."""
    if outside(place.settings.scope, by_employee(place.settings.exceptions), one.employee) is None:
        return place.name
    return gettext("{entity} (as line manager)").format(entity=place.name)


def _reason(one: Person, place: Place, looked: _Looked) -> Reason:
    if place.entity_id not in looked.mine:
        return Reason(entity=gettext("Another entity"), sentence=gettext("You do not manage it."))
    rule = outside(place.settings.scope, by_employee(place.settings.exceptions), one.employee)
    said = _said(rule, one, _tool(looked)) if rule else ""
    return Reason(entity=place.name, sentence=said)


def _said(rule: Condition | Named, one: Person, tool: str) -> str:
    if isinstance(rule, Named):
        return gettext("Kept out by name: “{reason}”.").format(reason=rule.reason)
    judged = Judged(condition=rule, value=value_of(one.employee, rule.attribute), holds=False)
    return condition_sentence(judged, tool, value_label)


def _cells(one: Person, looked: _Looked) -> list[str]:
    row = _row(one, looked)
    entities = [*row.inside]
    if row.others:
        entities.append(ngettext("{n} other entity", "{n} other entities", row.others).format(n=row.others))
    why = " ".join(f"{reason.entity}: {reason.sentence}" for reason in row.reasons)
    return [row.name, one.employee.id, row.email, *row.facts, ", ".join(entities), why]
