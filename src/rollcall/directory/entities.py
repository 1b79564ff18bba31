"""The company's entities: one more, and changes of one; each with its audit entry."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import Count

from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import create_entity
from rollcall.accounts.models import Company, Entity, User
from rollcall.directory.actions import Refused, add_member
from rollcall.directory.models import Member
from rollcall.engine.roster import Role, State
from rollcall.events.catalogue import Kind
from rollcall.events.outbox import NewEvent, append

CHANGEABLE: Final = ("name", "time_zone", "language")
"""What may change later; country and currency are what an entity is."""


def add(company: Company, values: Mapping[str, str], *, owner: User, actor: Actor, now: datetime) -> Entity:
    """Make an entity, and ``owner`` its first member and owner, so that somebody can open it.

    ``values`` are name, country (ISO 3166 alpha-2), currency (ISO 4217), time_zone (IANA) and language. Raises
    ``Refused``: name_taken.
    """
    # Two people who add the same name at once: the second waits here, and then sees the first one's.
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    _refuse_taken(company.pk, values["name"])
    made = create_entity(company, **values)
    known = Member.objects.filter(company_id=company.pk, user=owner).order_by("pk").first()
    _tell(Kind.ENTITY_CREATED, made, actor, {"name": made.name})
    add_member(
        made,
        user=owner,
        first_name=known.first_name if known else owner.full_name,
        last_name=known.last_name if known else "",
        role=Role.OWNER,
        actor=actor,
        now=now,
    )
    return made


def change(entity: Entity, values: Mapping[str, str], *, actor: Actor) -> bool:
    """Change what is ``CHANGEABLE`` of an entity; return whether anything changed. Raises ``Refused``: name_taken."""
    locked = Entity.objects.select_for_update(no_key=True).get(pk=entity.pk)
    fields = {name: [getattr(locked, name), value] for name, value in values.items() if name in CHANGEABLE}
    fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
    if not fields:
        return False
    if "name" in fields:
        Company.objects.select_for_update(no_key=True).get(pk=locked.company_id)
        _refuse_taken(locked.company_id, fields["name"][1], but=locked.pk)
    for name, (_, after) in fields.items():
        setattr(locked, name, after)
    locked.save(update_fields=list(fields))
    _tell(Kind.ENTITY_CHANGED, locked, actor, {"fields": fields})
    return True


def counts_by_state(entity_ids: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    """Return for each entity how many members are invited, active and archived. One statement."""
    grouped = Member.objects.filter(entity__in=entity_ids).values_list("entity_id", "state")
    found = {pk: {state.value: 0 for state in State} for pk in entity_ids}
    for entity_id, state, count in grouped.annotate(Count("pk")).order_by():
        found[entity_id][state] = count
    return found


def _refuse_taken(company_id: int, name: str, *, but: int = 0) -> None:
    if Entity.objects.filter(company_id=company_id, name__iexact=name.strip()).exclude(pk=but).exists():
        raise Refused("name_taken", name=name.strip())


def _tell(kind: Kind, entity: Entity, actor: Actor, data: dict[str, Any]) -> None:
    append([NewEvent(company_id=entity.company_id, kind=kind, actor=actor, entity_id=entity.pk, data=data)])
