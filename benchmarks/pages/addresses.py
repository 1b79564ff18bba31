"""Every page of ``rollcall.web.urls`` that an admin of a company can look at, for a measurement."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.urls import reverse
from msgspec import Struct

from rollcall.accounts import access
from rollcall.accounts.models import Entity
from rollcall.connections.models import Employee
from rollcall.directory.queries import members_of
from rollcall.sync.models import Line, Plan, Run

ACTS: Final = frozenset(
    (
        *("switch_entity", "switch_language", "do_members", "suspend_member", "lift_suspension"),
        *("archive_member", "bring_back_member", "resend_invitation", "cancel_invitation", "confirm_bank"),
        *("dispute_bank", "sync_now", "pause", "resume", "join_connection", "configure_count"),
        *("configure_against", "configure_people", "plan_decide", "plan_undo", "revoke_token"),
        *("check_audit", "csv_again"),
        *("erase_member", "allow_again", "decide_who"),
    )
)
"""Addresses that are only posted to; they answer 405 to whoever wants to look."""

ELSEWHERE: Final = {
    "home": "leads to another page",
    "join": "is for strangers with an invitation",
    "welcome": "is for whoever has just joined",
    "mails_off": "is for strangers with a mail",
    "webhook": "is for HR tools",
    "metrics": "is for programs that watch the installation",
    "metrics_json": "is for programs that watch the installation",
    "operations": "is for whoever runs the installation, about all companies",
    "authorise": "leads to the HR tool",
    "authorised": "is where the HR tool leads back to",
    "connect_credentials": "asks for the password first",
    "connect_confirm": "asks the HR tool, whose time would be measured",
    "plan_csv": "is a file as long as it has to be",
    "between_csv": "is a file as long as it has to be",
    "audit_csv": "is a file as long as it has to be",
    "demo_mail": "is of a demonstration",
    "demo_mails": "is of a demonstration",
    "demo_mail_preview": "is of a demonstration",
    "design": "is of a demonstration",
}
"""Addresses that are not measured, and why."""

_PLAIN: Final = (
    *(
        "invite_member",
        "erased_members",
        "me",
        "my_mails",
        "integrations",
        "integrations_status",
        "disconnect",
        "instant",
        "drill",
        "limits",
        "who",
    ),
    *(
        "configure",
        "choose_entity",
        "entities",
        "add_entity",
        "company_plan",
        "tokens",
        "make_token",
        "audit",
    ),
    *("why_search", "between", "drill_progress"),
)
_UNCONNECTED: Final = ("request_tool", "guides", "other_tool", "csv_upload")
_TOOL: Final = "hibob"


class Page(Struct, frozen=True, kw_only=True):
    """A page under the name of its address, with a word behind it where one is asked for in several ways."""

    name: str
    addresses: Sequence[str]
    # posted, where a question is a list of people
    form: Mapping[str, Sequence[str]] | None = None


def of_plan(made: Plan) -> Iterator[Page]:
    """Yield the pages of a plan that waits."""
    address = reverse("plan", args=[made.pk])
    with access.acting_for(made.company_id):
        lines = Line.objects.filter(plan=made).order_by("number").values_list("number", "name")
        found = list(lines[::2_500])
    names = [name.split()[0] for _number, name in found if name]
    yield Page(name="plan", addresses=[address])
    further = [f"{address}?kind=create&after={number}" for number, _name in found]
    yield Page(name="plan, further down", addresses=further)
    yield Page(name="plan, searched", addresses=[f"{address}?kind=create&q={name}" for name in names])
    yield Page(name="plan_progress", addresses=[reverse("plan_progress", args=[made.pk])])


def of_company(entity: Entity, made: Plan) -> Iterator[Page]:
    """Yield the pages of an entity with an HR tool; ``made`` is applied by now."""
    with access.acting_for(entity.company_id):
        people = list(members_of(entity.pk).order_by("search", "pk").values_list("pk", "last_name")[::2_500])
        rows = list(Employee.objects.order_by("pk").values_list("pk", flat=True)[::2_500])
        runs = list(Run.objects.order_by("-pk").values_list("pk", flat=True)[::500])
    ids, names = [pk for pk, _name in people], [name for _pk, name in people if name]
    yield from _of_members(ids, names)
    yield from _of_runs(runs, made)
    yield Page(name="configure, searched", addresses=_asked("configure", names))
    for name in ("configure_count", "configure_against"):
        yield Page(name=name, addresses=[reverse(name)], form=_choice(entity))
    yield Page(name="why_search, searched", addresses=_asked("why_search", names))
    yield Page(name="why_member", addresses=[reverse("why_member", args=[pk]) for pk in ids])
    yield Page(name="why_employee", addresses=[reverse("why_employee", args=[pk]) for pk in rows])
    yield Page(name="between, several", addresses=[f"{reverse('between')}?group=several"])
    yield Page(name="between, searched", addresses=_asked("between", names))
    yield Page(name="entity", addresses=[reverse("entity", args=[entity.pk])])
    yield Page(name="edit_entity", addresses=[reverse("edit_entity", args=[entity.pk])])
    yield Page(name="change_role", addresses=[reverse("change_role", args=[entity.pk, pk]) for pk in ids])
    yield Page(name="audit, of a person", addresses=[f"{reverse('audit')}?member={pk}" for pk in ids])
    yield Page(name="audit, searched", addresses=_asked("audit", names))
    for name in _PLAIN:
        yield Page(name=name, addresses=[reverse(name)])


def of_unconnected(file: str) -> Iterator[Page]:
    """Yield the pages of an entity without an HR tool; ``file`` is the address of one that was handed in."""
    yield Page(name="csv_file", addresses=[file])
    for name in ("connect", "guide"):
        yield Page(name=name, addresses=[reverse(name, args=[_TOOL])])
    for name in _UNCONNECTED:
        yield Page(name=name, addresses=[reverse(name)])


def _choice(entity: Entity) -> Mapping[str, Sequence[str]]:
    """Return the form of somebody who has just picked a place: the numbers that follow every click."""
    with access.acting_for(entity.company_id):
        place = Employee.objects.exclude(work_location=None).values_list("work_location", flat=True)[0]
    return {
        "scope": ["filter"],
        "include_managers": ["on"],
        "c0-attribute": ["work_location"],
        "c0-test": ["one_of"],
        "c0-value": [str(place)],
    }


def _asked(name: str, texts: Sequence[str]) -> list[str]:
    return [f"{reverse(name)}?q={text}" for text in texts]


def _of_members(ids: Sequence[int], names: Sequence[str]) -> Iterator[Page]:
    members = f"{reverse('members')}?state=invited"
    yield Page(name="members", addresses=[members])
    yield Page(name="members, further down", addresses=[f"{members}&after={pk}" for pk in ids])
    yield Page(name="members, back", addresses=[f"{members}&before={pk}" for pk in ids[1:] or ids])
    yield Page(name="members, searched", addresses=[f"{members}&q={name}" for name in names])
    yield Page(name="members, managed", addresses=[f"{members}&hr=managed"])
    yield Page(name="member", addresses=[reverse("member", args=[pk]) for pk in ids])
    form = {"action": ["suspend"], "state": ["invited"], "member": [str(pk) for pk in ids[:50]]}
    yield Page(name="ask_members", addresses=[reverse("ask_members")], form=form)


def _of_runs(runs: Sequence[int], made: Plan) -> Iterator[Page]:
    address = reverse("runs")
    yield Page(name="runs", addresses=[address])
    yield Page(name="runs, further down", addresses=[f"{address}?before={pk}" for pk in runs])
    for show in ("changes", "held", "failed"):
        yield Page(name=f"runs, {show}", addresses=[f"{address}?show={show}"])
    yield Page(name="run", addresses=[reverse("run", args=[pk]) for pk in runs])
    yield Page(name="plan, applied", addresses=[reverse("plan", args=[made.pk])])
