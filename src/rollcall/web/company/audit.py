"""Settings > Audit log: everything that happened, newest first, filtered, as a file, and proven."""

from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from rollcall.accounts.access import ADMINS, admin_required, grants_here
from rollcall.accounts.models import ApiToken, Entity, Grant, Role
from rollcall.connections.queries import subscription_of
from rollcall.directory import names
from rollcall.events import queries
from rollcall.events.models import Event
from rollcall.events.outbox import verify
from rollcall.sync.words.sentences import field_label
from rollcall.web.company import audit_filters
from rollcall.web.company.audit_filters import Asked
from rollcall.web.company.entity_forms import zone_label
from rollcall.web.event_sentences import actor_name, event_sentence
from rollcall.web.moments import Moment, moment
from rollcall.web.session import entity_of

MOST_PEOPLE: Final = 200
"""How many members a search for a person takes into account."""

_MOST_ACTORS: Final = 200


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as the page shows it."""

    event: Event
    at: Moment | None
    sentence: str
    actor: str
    person: names.Named | None
    # entity of another place than the one looked at; its members, plans and runs open only there
    elsewhere: str
    linked: bool
    changes: list[tuple[str, Any, Any]]

    @property
    def fresh(self) -> bool:
        """Whether nothing was there before, as for somebody new: then only what came is told."""
        return all(after and not before for _name, before, after in self.changes)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody may look: their entities, and whether these are all of the company."""

    here: Entity
    # key of the HR tool of the entity looked at, for entries that don't name theirs
    tool: str
    mine: dict[int, Entity]
    whole: bool

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone whose days and hours count."""
        return ZoneInfo(self.here.time_zone)

    def entities(self, asked: Asked) -> tuple[int | None, ...] | None:
        """Return the entities to look through; nobody reaches one that they don't look after."""
        if asked.entity == audit_filters.COMPANY:
            return (None,)
        if asked.entity == audit_filters.EVERYWHERE:
            return None if self.whole else (*self.mine, None)
        chosen = audit_filters.number(asked.entity)
        return (chosen,) if chosen in self.mine else (self.here.pk, None)


def place_of(request: HttpRequest) -> Place:
    """Return where this person may look."""
    here = entity_of(request)
    mine = {one.entity_id: one.entity for one in grants_here(request) if one.role in ADMINS}
    others = Entity.objects.filter(company_id=here.company_id).exclude(pk__in=mine)
    used = subscription_of(here.pk)
    tool = used.connection.tool if used else ""
    return Place(here=here, tool=tool, mine=mine, whole=not others.exists())


def sentence_of(place: Place, event: Event) -> str:
    """Return what happened; the HR tool has its name in entries of the entity looked at."""
    return event_sentence(event, tool=place.tool if event.entity_id == place.here.pk else "")


def query_of(place: Place, asked: Asked) -> tuple[queries.Wanted, bool]:
    """Return the query, and whether more people were found than it takes into account."""
    members: tuple[int, ...] | None = (asked.member,) if asked.member else None
    more = False
    if asked.q:
        found = names.named_like(list(place.mine), asked.q, size=MOST_PEOPLE)
        members, more = tuple(found[:MOST_PEOPLE]), len(found) > MOST_PEOPLE
    wanted = audit_filters.wanted(
        asked, entities=place.entities(asked), members=members, zone=place.here.time_zone
    )
    return wanted, more


def _rows(place: Place, events: list[Event]) -> list[Row]:
    people = names.names_of([one.member_id for one in events if one.member_id])
    return [_row(place, one, people.get(one.member_id or 0)) for one in events]


def _row(place: Place, event: Event, person: names.Named | None) -> Row:
    other = place.mine.get(event.entity_id or 0)
    return Row(
        event=event,
        at=moment(event.at, place.here.time_zone),
        sentence=sentence_of(place, event),
        actor=actor_name(event),
        person=person,
        elsewhere=other.name if other and other != place.here else "",
        linked=event.entity_id == place.here.pk,
        changes=[(field_label(name), *pair) for name, pair in (event.data.get("fields") or {}).items()],
    )


def _actors(place: Place) -> list[tuple[str, str]]:
    """Return those who act by themselves, by name; two statements."""
    grants = Grant.objects.filter(entity__in=place.mine).exclude(role=Role.REQUESTER)
    people = {one.user_id: one.user.get_full_name() for one in grants.select_related("user")[:_MOST_ACTORS]}
    tokens = ApiToken.objects.filter(company_id=place.here.company_id, entity__in=place.mine)
    tokens |= ApiToken.objects.filter(company_id=place.here.company_id, entity=None)
    found = [(f"user:{pk}", name) for pk, name in sorted(people.items(), key=lambda one: one[1].casefold())]
    word = gettext("API token “{name}”")
    return found + [
        (f"token:{one.pk}", word.format(name=one.name)) for one in tokens.order_by("name")[:_MOST_ACTORS]
    ]


def _person(place: Place, member_id: int) -> names.Named | None:
    """Return whose entries were asked for by id, unless they belong to an entity of others."""
    found = names.names_of([member_id] if member_id else []).get(member_id)
    return found if found and found.entity_id in place.mine else None


@admin_required
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Show a page of entries. Some fifteen statements, however many entries there are."""
    place, asked = place_of(request), audit_filters.asked(request.GET)
    wanted, more_people = query_of(place, asked)
    before = audit_filters.number(request.GET.get("before", ""))
    events = queries.page(place.here.company_id, wanted, before=before)
    shown = events[: queries.PAGE]
    actors = _actors(place)
    if asked.actor_id and asked.actor not in dict(actors):
        # Somebody without a role by now: the entries still know the name.
        actors.append((asked.actor, actor_name(shown[0]) if shown else gettext("somebody without a role")))
    context = {
        "rows": _rows(place, shown),
        "next": shown[-1].pk if len(events) > queries.PAGE else None,
        "paged": bool(before),
        "asked": asked,
        "groups": audit_filters.GROUPS,
        "actors": actors,
        "entities": sorted(place.mine.values(), key=lambda one: one.name.casefold()),
        "person": _person(place, asked.member),
        "more_people": more_people,
        "most_people": MOST_PEOPLE,
        "written": queries.written(place.here.company_id),
        "zone": zone_label(place.here.time_zone),
    }
    return render(request, "audit/page.html", context)


@require_POST
@admin_required
def check_audit(request: HttpRequest) -> HttpResponse:
    """Walk the company's chain of hashes and say whether anybody touched an entry."""
    company_id = entity_of(request).company_id
    broken = verify(company_id)
    if broken is not None:
        said = gettext(
            "The chain breaks at entry %(number)s: it, or the one before, was changed or removed in the database. "
            "Tell whoever runs Rollcall, and keep a copy of the database as it is now."
        )
        messages.error(request, said % {"number": number_format(broken, force_grouping=True)})
        return redirect("audit")
    count = queries.written(company_id)
    said = ngettext(
        "%(count)s entry checked: nobody has changed or removed it.",
        "%(count)s entries checked: nobody has changed, removed or reordered one.",
        count,
    )
    messages.success(request, said % {"count": number_format(count, force_grouping=True)})
    return redirect("audit")
