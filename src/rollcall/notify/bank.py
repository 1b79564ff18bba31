"""What the mails about bank accounts say (product decision 9). Call them with the reader's language active."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext

from rollcall.accounts.models import Entity
from rollcall.directory.names import names_of
from rollcall.events.models import Event
from rollcall.notify.letter import Letter, Section, Sentence
from rollcall.notify.letters import why_admin, why_member


def changed(_event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To the member whose account it is (product decision 9)."""
    return Letter(
        subject=Sentence(gettext("Confirm your new bank account at {entity}"), values),
        preview=Sentence(gettext("It is used only after you have said that it is yours."), {}),
        title=Sentence(gettext("Is this new bank account yours?"), {}),
        first_name=str(values["first_name"]),
        paragraphs=[
            Sentence(gettext("The HR tool of {entity} has a new bank account for you."), values),
            Sentence(gettext("It is used only after you have said that it is yours."), {}),
            Sentence(
                gettext(
                    "If you did not expect this, do not confirm it,"
                    " and talk to an admin of {entity} in person or by phone at once."
                ),
                values,
            ),
        ],
        action=gettext("Check my bank account"),
        link=link,
        why=why_member(values),
    )


def changed_admins(event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To the owners and admins of the member's entity (product decision 9)."""
    named = names_of([event.member_id]).get(event.member_id) if event.member_id else None
    known = {**values, "name": (named.name if named else "") or values["first_name"] or gettext("a member")}
    return Letter(
        subject=Sentence(gettext("New bank account for {name} at {entity}"), known),
        preview=Sentence(gettext("It is not used until {name} has confirmed it."), known),
        title=Sentence(gettext("{name} has a new bank account"), known),
        paragraphs=[
            Sentence(gettext("It came from the HR tool of {entity}."), known),
            Sentence(gettext("It is not used until {name} has confirmed it."), known),
            Sentence(
                gettext("If it surprises you, ask {name} in person: changed accounts are how fraud begins."),
                known,
            ),
        ],
        action=gettext("Look at the member"),
        link=link,
        why=why_admin(values),
    )


def disputed(event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To the owners and admins of the entity of a member who says that the new account isn't theirs."""
    known = {
        **values,
        "name": event.data.get("name") or gettext("a member"),
        "moment": date_format(event.at.astimezone(_zone_of(event)), "j F Y, H:i"),
    }
    steps = [
        gettext("Pay nothing to this account. Rollcall does not use it."),
        gettext("Ask {name} in person or by phone, not by mail, what they know about the change."),
        gettext("Find out in the HR tool who changed the account, and have it corrected there."),
        gettext("If somebody else may have got in, suspend {name} until it is cleared up."),
    ]
    return Letter(
        subject=Sentence(gettext("Possible fraud: {name} does not recognise the new bank account"), known),
        preview=Sentence(gettext("Pay nothing to this account. Rollcall does not use it."), {}),
        title=Sentence(gettext("{name} says: this bank account is not mine"), known),
        paragraphs=[
            Sentence(
                gettext(
                    "The HR tool of {entity} has a new bank account for {name}."
                    " On {moment} {name} said in Rollcall that it is not theirs."
                ),
                known,
            ),
            Sentence(gettext("Changed accounts are how fraud begins: look into it today."), {}),
        ],
        sections=[Section(gettext("What to do"), [Sentence(one, known) for one in steps])],
        action=gettext("Look at the member"),
        link=link,
        why=why_admin(values),
    )


def _zone_of(event: Event) -> ZoneInfo:
    """Return where the entity is."""
    found = Entity.objects.filter(pk=event.entity_id or 0).values_list("time_zone", flat=True).first()
    return ZoneInfo(found or "UTC")
