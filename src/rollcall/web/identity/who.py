"""Who is who: each record that waits for a person, both sides beside each other, and the answers that make sense."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from rollcall.accounts.access import admin_required
from rollcall.connections.models import Employee as Row
from rollcall.connections.queries import subscription_of
from rollcall.engine.change import Why
from rollcall.engine.match import Decided
from rollcall.engine.roster import State
from rollcall.sync.actions import Refused
from rollcall.sync.identity import conflicts
from rollcall.sync.identity.conflicts import Conflict
from rollcall.sync.why.asking import is_gone, name_of, row_name
from rollcall.sync.words.findings import status_text
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import day_text, field_label, why_sentence
from rollcall.web.moments import Moment, moment
from rollcall.web.session import actor_of, entity_of

LONGEST_NUMBER: Final = 9  # digits of a line's number

_TITLES: Final[Mapping[Why, str]] = {
    Why.SHARED_EMAIL: gettext_noop("Two records with one e-mail"),
    Why.EMAIL_TAKEN: gettext_noop("E-mail of another member"),
    Why.MEMBER_LINKED_ELSEWHERE: gettext_noop("Two records for one member"),
    Why.NEW_NUMBER: gettext_noop("New number, known e-mail"),
    Why.HAS_NEW_NUMBER: gettext_noop("New number, known e-mail"),
    Why.REUSED_ID: gettext_noop("Same number, another person"),
    Why.LOOKS_LIKE: gettext_noop("E-mail that looks like another"),
}
_ANSWERS: Final[Mapping[tuple[Why, Decided], tuple[str, str]]] = {
    (Why.SHARED_EMAIL, Decided.SAME): (
        gettext_noop("This record counts"),
        gettext_noop("The other one is left aside."),
    ),
    (Why.MEMBER_LINKED_ELSEWHERE, Decided.SAME): (
        gettext_noop("Same person: use this record"),
        gettext_noop("The member stays and is linked to this record instead of the other."),
    ),
    (Why.MEMBER_LINKED_ELSEWHERE, Decided.OTHER): (
        gettext_noop("Two people"),
        gettext_noop("This person gets no access before the HR tool has an e-mail of their own."),
    ),
    (Why.NEW_NUMBER, Decided.SAME): (
        gettext_noop("Same person: link to this member"),
        gettext_noop("No second member is made. Whoever was archived comes back as a requester."),
    ),
    (Why.NEW_NUMBER, Decided.OTHER): (
        gettext_noop("Two people"),
        gettext_noop("The member is archived like any leaver; then this person is invited as somebody new."),
    ),
    (Why.HAS_NEW_NUMBER, Decided.OTHER): (
        gettext_noop("Two people"),
        gettext_noop("The member is archived like any leaver."),
    ),
    (Why.REUSED_ID, Decided.SAME): (
        gettext_noop("Same person"),
        gettext_noop("The member takes the new name and the other details."),
    ),
    (Why.REUSED_ID, Decided.OTHER): (
        gettext_noop("Somebody else"),
        gettext_noop(
            "The member is no longer managed, at once. The new person inherits nothing and is treated as new."
        ),
    ),
    (Why.LOOKS_LIKE, Decided.SAME): (
        gettext_noop("The new e-mail is right"),
        gettext_noop("The member takes it."),
    ),
    (Why.LOOKS_LIKE, Decided.OTHER): (
        gettext_noop("It is right: another person"),
        gettext_noop("They are invited at this e-mail."),
    ),
}
_LEAVE: Final = (
    gettext_noop("Leave it"),
    gettext_noop("Nobody is changed, and nobody is asked again until one of the records changes."),
)
_STATES: Final[Mapping[str, str]] = {
    State.INVITED: gettext_noop("Invited"),
    State.ACTIVE: gettext_noop("Active"),
    State.ARCHIVED: gettext_noop("Archived"),
}
_FIELDS: Final = (
    "work_email",
    "employee_number",
    "start_date",
    "last_working_day",
    "work_location",
    "status",
)


class Side(Struct, frozen=True, kw_only=True):
    """One record or member as a column: what it is, who it is, and its facts in the order of the others."""

    heading: str
    name: str
    address: str
    facts: Sequence[str]
    changed: Moment | None


class Answer(Struct, frozen=True, kw_only=True):
    """One thing that may be said, and what it does."""

    kind: str
    label: str
    does: str


class Shown(Struct, frozen=True, kw_only=True):
    """One conflict as the page shows it."""

    number: int
    row_id: int
    title: str
    name: str
    sentence: str
    sides: Sequence[Side]
    # label and the facts of each side
    lines: Sequence[tuple[str, Sequence[str], bool]]
    answers: Sequence[Answer]
    digest: str


@require_safe
@admin_required
def who(request: HttpRequest) -> HttpResponse:
    """Everybody who waits, 20 at a time; ``left`` shows whom somebody wanted to leave as they are."""
    entity = entity_of(request)
    used = subscription_of(entity.pk)
    if used is None or is_gone(used.connection):
        return render(request, "identity/none.html")
    left = request.GET.get("left") == "1"
    found = conflicts.waiting(used, after=_number(request.GET.get("after", "")), left=left)
    shown = {
        "rows": [_shown(one, used.connection.tool, entity.time_zone) for one in found.conflicts],
        "more": found.more,
        "paged": bool(request.GET.get("after")),
        "left": left,
        "after": request.GET.get("after", "") if not left else "",
    }
    return render(request, "identity/who.html", shown)


@require_POST
@admin_required
def decide(request: HttpRequest, row_id: int) -> HttpResponse:
    """Take what somebody says about a record; refused when it is not what they saw. The next sync takes it up."""
    entity = entity_of(request)
    used = subscription_of(entity.pk)
    row = Row.objects.filter(connection_id=used.connection_id, pk=row_id).first() if used else None
    kind, digest = request.POST.get("decision", ""), request.POST.get("digest", "")[:64]
    if used is None or row is None:
        raise Http404
    try:
        conflicts.decide(used, row.external_id, kind, digest, actor=actor_of(request), now=timezone.now())
    except Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
    else:
        messages.success(
            request,
            gettext("Left as it is. Nobody is asked again until one of the records changes.")
            if kind == Decided.LEAVE
            else gettext("Noted. The next sync acts on it, inside the limits."),
        )
    back = request.POST.get("back", "")
    return redirect(reverse("who") + (f"?after={_number(back)}" if _number(back) else ""))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0


def _shown(one: Conflict, tool: str, zone: str) -> Shown:
    sides = [_record(one.record, gettext("Record in the HR tool"), zone)]
    if one.other is not None:
        sides.append(_record(one.other, gettext("Other record in the HR tool"), zone))
    if one.member is not None:
        sides.append(_member(one.member, gettext("Member"), zone))
    facts = list(zip(*(side.facts for side in sides), strict=True))
    return Shown(
        number=one.number,
        row_id=one.record.pk,
        title=gettext(_TITLES[one.why]),
        name=sides[0].name,
        sentence=why_sentence(one.why, one.params, tool=tool),
        sides=sides,
        lines=[
            (field_label(name), values, _differ(name, values, records=len(sides) - (one.member is not None)))
            for name, values in zip(_FIELDS, facts, strict=True)
            if any(values)
        ],
        answers=[_answer(one, kind) for kind in one.choices],
        digest=one.digest,
    )


def _differ(name: str, values: Sequence[str], *, records: int) -> bool:
    """Tell whether the sides contradict each other; a member's state is another thing than a record's status."""
    told = values[:records] if name == "status" else values
    return len({one for one in told if one}) > 1


def _answer(one: Conflict, kind: Decided) -> Answer:
    label, does = _ANSWERS.get((one.why, kind), _LEAVE)
    return Answer(kind=str(kind), label=gettext(label), does=gettext(does))


def _record(row: Row, heading: str, zone: str) -> Side:
    values: list[Any] = [getattr(row, name) for name in _FIELDS]
    values[1] = row.employee_number or row.external_id
    values[-1] = status_text(row.status or "")
    values[0] = _with_odd_letters(row.work_email or "")
    return Side(
        heading=heading,
        name=row_name(row),
        address=reverse("why_employee", args=[row.pk]),
        facts=[_text(value) for value in values],
        changed=moment(row.changed_at, zone),
    )


def _with_odd_letters(email: str) -> str:
    """Return an address with the numbers of the letters that only look like those of the alphabet (I4)."""
    odd = dict.fromkeys(f"{letter} = U+{ord(letter):04X}" for letter in email if not letter.isascii())
    return f"{email} ({', '.join(odd)})" if odd else email


def _member(member: Any, heading: str, zone: str) -> Side:
    values = (
        member.email,
        member.employee_number,
        member.start_date,
        None,
        member.work_location,
        gettext(_STATES[member.state]),
    )
    return Side(
        heading=heading,
        name=name_of(member),
        address=reverse("member", args=[member.pk]),
        facts=[_text(value) for value in values],
        changed=moment(member.archived_at or member.signed_up_at or member.created_at, zone),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return day_text(value.isoformat()) if isinstance(value, date) else str(value)
