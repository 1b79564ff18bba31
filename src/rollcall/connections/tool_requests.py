"""HR tools that admins miss: who asked, and what whoever runs this Rollcall has answered (S64)."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count
from msgspec import Struct

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.connections.models import ToolRequest
from rollcall.events.catalogue import Kind
from rollcall.events.outbox import NewEvent, append

DUTY = "tool_requests"
"""Looks across companies, for whoever runs this Rollcall."""


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody typed."""

    name: str
    website: str = ""
    # how many people the company has there
    people: int | None = None
    note: str = ""


class Asked(Struct, frozen=True, kw_only=True):
    """One missing tool with all its voices."""

    key: str
    name: str
    voices: int
    # the first who asked, and when
    asked_by: str
    asked_at: datetime
    # the most people that somebody named
    people: int | None
    notes: tuple[str, ...]
    websites: tuple[str, ...]
    companies: int
    state: str
    answer: str


def key_of(name: str) -> str:
    """Return what names of the same tool have in common: “Sage HR ” and “sage-hr” are one."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in apart if letter.isalnum())


def ask(entity: Entity, wish: Wish, *, actor: Actor, now: datetime) -> int:
    """Keep a wish; the same person's second one takes the place of the first. Returns the tool's voices here.

    A tool that was asked for before keeps its name, state and answer.
    """
    key = key_of(wish.name)
    earlier = ToolRequest.objects.filter(company_id=entity.company_id, key=key).order_by("pk").first()
    words = {"website": wish.website, "people": wish.people, "note": wish.note}
    _row, new = ToolRequest.objects.update_or_create(
        company_id=entity.company_id,
        key=key,
        user_id=actor.id or 0,
        defaults=words,
        create_defaults={
            **words,
            "entity": entity,
            "name": earlier.name if earlier else wish.name,
            "state": earlier.state if earlier else ToolRequest.State.OPEN,
            "answer": earlier.answer if earlier else "",
            "asked_by": actor.label,
            "asked_at": now,
        },
    )
    if new:
        event = NewEvent(
            company_id=entity.company_id,
            entity_id=entity.pk,
            kind=Kind.TOOL_REQUESTED,
            actor=actor,
            data={"name": wish.name},
        )
        append([event])
    return ToolRequest.objects.filter(company_id=entity.company_id, key=key).count()


def asked_in(company_id: int) -> list[Asked]:
    """Return what a company has asked for, the latest tool first. One statement."""
    rows = ToolRequest.objects.filter(company_id=company_id).order_by("pk")
    return sorted(_grouped(rows), key=lambda one: one.asked_at, reverse=True)


def asked_everywhere() -> list[Asked]:
    """Return what all companies have asked for, most voices first; for whoever runs this Rollcall."""
    with access.on_duty(DUTY):
        found = _grouped(ToolRequest.objects.order_by("pk"))
    return sorted(found, key=lambda one: (-one.voices, one.name.casefold()))


def answer(name: str, state: str, text: str) -> int:
    """Answer everybody who asked for a tool, under any spelling. Returns how many companies did."""
    key = key_of(name)
    with access.on_duty(DUTY):
        found = ToolRequest.objects.filter(key=key).values("company_id").annotate(voices=Count("pk"))
        companies = sorted(one["company_id"] for one in found)
    for company_id in companies:
        with access.acting_for(company_id):
            ToolRequest.objects.filter(company_id=company_id, key=key).update(state=state, answer=text)
    return len(companies)


def _grouped(rows: Iterable[ToolRequest]) -> list[Asked]:
    by_key: dict[str, list[ToolRequest]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    return [
        Asked(
            key=key,
            name=voices[0].name,
            voices=len(voices),
            asked_by=voices[0].asked_by,
            asked_at=voices[0].asked_at,
            people=max((one.people for one in voices if one.people is not None), default=None),
            notes=tuple(one.note for one in voices if one.note),
            websites=tuple(dict.fromkeys(one.website for one in voices if one.website)),
            companies=len({one.company_id for one in voices}),
            state=voices[0].state,
            answer=voices[0].answer,
        )
        for key, voices in by_key.items()
    ]
