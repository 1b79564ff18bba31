"""Settings > Entities and roles: the entities somebody looks after, the people with roles, and changes of both."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from rollcall.accounts.access import ADMINS, admin_required, grants_here
from rollcall.accounts.models import Entity, Role
from rollcall.connections.gallery import tool_name
from rollcall.connections.models import State, Subscription
from rollcall.directory import entities as changes
from rollcall.directory import queries, roles
from rollcall.directory.actions import Refused
from rollcall.engine.roster import Role as MemberRole
from rollcall.sync.models import WAITING, Plan
from rollcall.web.company.entity_forms import AddEntityForm, EditEntityForm, currency_label, zone_label
from rollcall.web.session import actor_of, entity_of, role_of, user_of
from rollcall.web.tools.tool_card import CHIPS, state_for
from rollcall.web.words import value_label

_LONGEST_SEARCH: Final = 200

ALLOWS: Final = (
    (_("See their own details, and confirm their bank account"), "oacr"),
    (_("See the members of the entity"), "oac"),
    (_("Invite, change, suspend and archive members"), "oa"),
    (_("Connect the HR tool, choose employees, confirm changes"), "oa"),
    (_("Read the audit log, make API tokens"), "oa"),
    (_("Give the roles admin, controller and requester"), "oa"),
    (_("Make somebody an owner, or change the role of an owner"), "o"),
    (_("Add an entity"), "o"),
)
"""What a role may do, each with the first letters of the roles that may."""

MEANS: Final[Mapping[str, Any]] = {
    Role.OWNER: _("Everything an admin may, and also: make owners, add entities."),
    Role.ADMIN: _("Manages members, the HR tool, API tokens and roles below owner, and reads the audit log."),
    Role.CONTROLLER: _("Sees all members of the entity, and changes nothing."),
    Role.REQUESTER: _("Sees their own details only."),
}

_REFUSALS: Final[Mapping[str, Any]] = {
    "not_allowed": _(
        "Only owners and admins of the entity can give roles. Yours has changed in the meantime."
    ),
    "own_rise": _("Nobody can give themselves a stronger role. Ask another owner."),
    "owners_only": _("Only an owner can make somebody an owner, or change the role of one."),
    "last_owner": _("This is the last owner of the entity. Make somebody else an owner first."),
    "archived": _("This member is archived. Bring them back first; then give them a role."),
    "name_taken": _("Your company has an entity named “{name}” already. Choose another name."),
}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An entity as the list shows it. `counts` and `state` are for those who look after it."""

    entity: Entity
    role: str
    country: str
    currency: str
    zone: str
    # the time of day there
    now: str
    counts: Mapping[str, int] | None = None
    tool: str = ""
    # word, icon and colour of the connection's state
    state: tuple[Any, str, str] | None = None


def refusal(error: Refused) -> str:
    """Return the sentence for a change of a role or an entity that was refused."""
    return str(format_lazy(_REFUSALS[error.code], **error.params))


def _time_of_day(entity: Entity) -> str:
    return date_format(timezone.now().astimezone(ZoneInfo(entity.time_zone)), "H:i")


def _seen(request: HttpRequest, only: Entity | None = None) -> list[Seen]:
    """Return the company's entities in which this person has a role, by name. Three statements."""
    mine = {one.entity_id: one for one in grants_here(request) if only in (None, one.entity)}
    kept = [pk for pk, one in mine.items() if one.role in ADMINS]
    counts = changes.counts_by_state(kept)
    used = {
        one.entity_id: one
        for one in Subscription.objects.select_related("connection").filter(entity__in=kept)
        if one.connection.state != State.DISCONNECTED
    }
    waiting = {one.entity_id: one for one in Plan.objects.filter(entity__in=kept, state__in=WAITING)}
    found = []
    for pk, grant in mine.items():
        one = grant.entity
        there = used.get(pk)
        found.append(
            Seen(
                entity=one,
                role=grant.role,
                country=value_label("country", one.country),
                currency=currency_label(one.currency),
                zone=zone_label(one.time_zone),
                now=_time_of_day(one),
                counts=counts.get(pk),
                tool=tool_name(there.connection.tool) if there else "",
                state=CHIPS[state_for(there, waiting.get(pk))] if there else None,
            )
        )
    return sorted(found, key=lambda one: one.entity.name.casefold())


@admin_required
@require_safe
def entities(request: HttpRequest) -> HttpResponse:
    """List the entities of this person in the company, and say what each role may do."""
    shown = {
        "entities": _seen(request),
        "owner": role_of(request) == Role.OWNER,
        "allows": [(what, [letter in who for letter in "oacr"]) for what, who in ALLOWS],
    }
    return render(request, "entities/list.html", shown)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_entity(request: HttpRequest) -> HttpResponse:
    """Add an entity to the company; whoever adds it owns it. Owners only."""
    if role_of(request) != Role.OWNER:
        raise PermissionDenied
    here = entity_of(request)
    same = {name: getattr(here, name) for name in ("country", "currency", "time_zone", "language")}
    form = AddEntityForm(request.POST or None, initial=same)
    if request.method == "POST" and form.is_valid():
        try:
            made = changes.add(
                here.company,
                {name: form.cleaned_data[name] for name in ("name", *same)},
                owner=user_of(request),
                actor=actor_of(request),
                now=timezone.now(),
            )
        except Refused as error:
            form.add_error("name", refusal(error))
        else:
            said = gettext(
                "%(entity)s is there, and you own it. Look at it with the switch in the navigation."
            )
            messages.success(request, said % {"entity": made.name})
            return redirect("entity", made.pk)
    return render(request, "entities/add.html", {"form": form}, status=422 if form.errors else 200)


@admin_required
@require_safe
def entity(request: HttpRequest, entity: int) -> HttpResponse:
    """Show one entity and its people with roles; `?q=` finds anybody else. (Access finds the entity by its id.)"""
    search = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    here = entity_of(request)
    found = roles.people(here.pk, search)
    shown = {
        "seen": _seen(request, here)[0],
        "people": found[: roles.SHOWN],
        "more": len(found) > roles.SHOWN,
        "shown": roles.SHOWN,
        "q": search,
        "me": user_of(request).pk,
        "owner": role_of(request) == Role.OWNER,
    }
    return render(request, "entities/entity.html", shown)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_entity(request: HttpRequest, entity: int) -> HttpResponse:
    """Change name, time zone or language of an entity."""
    here = entity_of(request)
    form = EditEntityForm(
        request.POST or None, initial={name: getattr(here, name) for name in changes.CHANGEABLE}
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = changes.change(here, form.changes(), actor=actor_of(request))
        except Refused as error:
            form.add_error("name", refusal(error))
        else:
            _say_what_changed(request, form, changed=done)
            return redirect("entity", here.pk)
    shown = {"form": form, "entity": here, "time": _time_of_day(here), "zone": zone_label(here.time_zone)}
    return render(request, "entities/edit.html", shown, status=422 if form.errors else 200)


def _say_what_changed(request: HttpRequest, form: EditEntityForm, *, changed: bool) -> None:
    if not changed:
        messages.info(request, gettext("Nothing was changed."))
    elif "time_zone" in form.changed_data:
        said = gettext("Saved. From the next sync on, last working days end at midnight in %(zone)s.")
        messages.success(request, said % {"zone": zone_label(form.cleaned_data["time_zone"])})
    else:
        messages.success(request, gettext("Saved."))


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_role(request: HttpRequest, entity: int, member_id: int) -> HttpResponse:
    """Ask which role a member shall have, saying what each allows, and give it."""
    here = entity_of(request)
    found = queries.member(here.pk, member_id)
    if found is None:
        raise Http404
    asked, error = request.POST.get("role", ""), ""
    if request.method == "POST":
        if asked not in set(MemberRole):
            error = gettext("Choose a role.")
        else:
            try:
                _give(request, found, MemberRole(asked))
            except Refused as refused:
                error = refusal(refused)
            else:
                own = found.user_id == user_of(request).pk
                return redirect("home") if own else redirect("entity", here.pk)
    shown = {"member": found, "entity": here, "options": _options(request, found), "error": error}
    return render(request, "entities/role.html", shown, status=422 if error else 200)


def _give(request: HttpRequest, member: Any, role: MemberRole) -> None:
    if not roles.change_role(member, role, actor=actor_of(request)):
        messages.info(request, gettext("Nothing was changed."))
        return
    name = f"{member.first_name} {member.last_name}".strip() or member.email
    said = gettext("%(name)s is now: %(role)s.") % {"name": name, "role": Role(role.value).label}
    messages.success(request, said)


def _options(request: HttpRequest, member: Any) -> list[dict[str, Any]]:
    """Return each role with what it allows, and why it can't be given, if so."""
    last = roles.is_last_owner(member)
    own = member.user_id == user_of(request).pk
    by = role_of(request)
    found = []
    for role in roles.STRONGEST_FIRST:
        code = roles.why_not(by=by, own=own, before=member.role, after=role, last_owner=last)
        same = role == member.role
        label = Role(role.value).label
        found.append(
            {
                "role": role.value,
                "label": label,
                "means": MEANS[Role(role.value)],
                "same": same,
                "why_not": str(_REFUSALS[code]) if code and not same else "",
            }
        )
    return found
