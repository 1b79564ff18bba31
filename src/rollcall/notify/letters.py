"""What each mail says, but for those about bank accounts (``bank``) and the weekly summary (``summary``).

Call them with the reader's language active.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from rollcall.directory.following import INVITATION_LIVES
from rollcall.events.models import Event
from rollcall.notify.letter import Letter, Section, Sentence, as_they_are


def invitation(event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To somebody who may join; also when an admin sends the link again."""
    by_hand = event.actor_kind == "user" and bool(event.actor_label)
    last = {**values, "sender": event.actor_label, "day": date_format(event.at + INVITATION_LIVES, "j F Y")}
    who = (
        gettext("{sender} invites you to Rollcall, where people at {entity} keep their details for payments.")
        if by_hand
        else gettext(
            "{entity} invites you to Rollcall, where you keep your details for expenses and payments."
        )
    )
    return Letter(
        subject=Sentence(gettext("You are invited to join {entity}"), values),
        preview=Sentence(gettext("Create your account to accept. It takes a minute."), {}),
        title=Sentence(gettext("Join {entity}"), values),
        first_name=str(values["first_name"]),
        paragraphs=[
            Sentence(who, last),
            Sentence(gettext("Create your account to accept. It takes a minute."), {}),
            Sentence(gettext("The link is for you alone: do not pass it on. It works until {day}."), last),
        ],
        action=gettext("Accept the invitation"),
        link=link,
        why=_why_invited(last, by_hand=by_hand),
    )


def reminder(_event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To somebody who was invited and has not signed up."""
    return Letter(
        subject=Sentence(gettext("Reminder: you are invited to join {entity}"), values),
        preview=Sentence(gettext("Your invitation is still open."), {}),
        title=Sentence(gettext("Your invitation to {entity} is still open"), values),
        first_name=str(values["first_name"]),
        paragraphs=[
            Sentence(gettext("You have not accepted the invitation of {entity} to Rollcall yet."), values),
            Sentence(gettext("Create your account to accept. It takes a minute."), {}),
            Sentence(gettext("The link is for you alone: do not pass it on."), {}),
        ],
        action=gettext("Accept the invitation"),
        link=link,
        why=Sentence(
            gettext(
                "Rollcall sends this to {address} because the invitation of {entity} is open."
                " The reminders end when you accept. If you do not know {entity}, ignore this mail."
            ),
            values,
        ),
    )


def _why_invited(values: Mapping[str, Any], *, by_hand: bool) -> Sentence:
    if by_hand:
        return Sentence(
            gettext(
                "Rollcall sends this to {address} because {sender} invited you."
                " If you do not know {entity}, ignore this mail: nothing happens."
            ),
            values,
        )
    return Sentence(
        gettext(
            "Rollcall sends this to {address} because the HR tool of {entity} lists you with this address."
            " If you do not know {entity}, ignore this mail: nothing happens."
        ),
        values,
    )


def email_changed(_event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To the new address of a member."""
    return Letter(
        subject=Sentence(gettext("Your work e-mail address at {entity} has changed"), values),
        preview=Sentence(gettext("It is now {address}."), values),
        title=Sentence(gettext("Your e-mail address has changed"), {}),
        first_name=str(values["first_name"]),
        paragraphs=[
            Sentence(gettext("{entity} has changed your work e-mail address to {address}."), values),
            Sentence(gettext("Sign in with it from now on. Your password stays the same."), {}),
            Sentence(gettext("If the address is wrong, tell an admin of {entity}."), values),
        ],
        action=gettext("Look at my details"),
        link=link,
        why=why_member(values),
    )


def plan_held(event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To the owners and admins of the entity whose plan waits."""
    if event.data.get("paused_since") and not event.data.get("breaches"):
        return _after_pause(event, values, link)
    sections = [
        Section(gettext("What is unusual"), as_they_are(_told(event, "told"))),
        Section(gettext("What confirming would do"), as_they_are(_told(event, "would"))),
    ]
    return Letter(
        subject=Sentence(gettext("Changes at {entity} are waiting for you"), values),
        preview=Sentence(gettext("{tool} asks for more than your limits allow. Nobody was changed."), values),
        title=Sentence(gettext("Changes at {entity} wait for your decision"), values),
        paragraphs=[
            Sentence(
                gettext(
                    "{tool} asks for more changes at {entity} than your limits allow,"
                    " so Rollcall has stopped. Nobody was changed."
                ),
                values,
            )
        ],
        sections=[one for one in sections if one.lines],
        action=gettext("Look at the changes"),
        link=link,
        why=why_admin(values),
    )


def _after_pause(event: Event, values: Mapping[str, Any], link: str) -> Letter:
    sections = [Section(gettext("What confirming would do"), as_they_are(_told(event, "would")))]
    return Letter(
        subject=Sentence(gettext("{entity}: look at what happened during the pause"), values),
        preview=Sentence(gettext("{tool} was resumed. Nobody was changed yet."), values),
        title=Sentence(gettext("What happened at {entity} during the pause"), values),
        paragraphs=[
            Sentence(
                gettext(
                    "{tool} was resumed after a pause. Rollcall has looked what happened at {entity} meanwhile,"
                    " and changes nobody until one of you has confirmed it."
                ),
                values,
            )
        ],
        sections=[one for one in sections if one.lines],
        action=gettext("Look at the changes"),
        link=link,
        why=why_admin(values),
    )


def connection_failed(event: Event, values: Mapping[str, Any], link: str) -> Letter:
    """To every owner and admin of the company."""
    told = as_they_are(_told(event, "told"))
    return Letter(
        subject=Sentence(gettext("The connection to {tool} needs you"), values),
        preview=Sentence(gettext("Until then nobody is invited, updated or archived."), {}),
        title=Sentence(gettext("Rollcall cannot read {tool} any more"), values),
        paragraphs=[
            *told,
            Sentence(
                gettext(
                    "No member was changed. Until it works again nobody is invited, updated or archived."
                ),
                {},
            ),
        ],
        action=gettext("Repair the connection"),
        link=link,
        why=Sentence(
            gettext(
                "Rollcall sends this to {address} because you are an owner or admin of a company that uses {tool}."
                " Mails that ask for a decision cannot be switched off."
            ),
            values,
        ),
    )


def _told(event: Event, name: str) -> list[str]:
    """Return what the sync said, in the reader's language."""
    told = event.data.get(name) or {}
    return list(told.get(get_language() or "") or told.get("en") or ())


def why_member(values: Mapping[str, Any]) -> Sentence:
    """Say why a member gets a mail."""
    return Sentence(gettext("Rollcall sends this to {address} because you are a member of {entity}."), values)


def why_admin(values: Mapping[str, Any]) -> Sentence:
    """Say why an owner or admin of the entity gets a mail, whatever they chose."""
    return Sentence(
        gettext(
            "Rollcall sends this to {address} because you are an owner or admin of {entity}."
            " Mails that ask for a decision cannot be switched off."
        ),
        values,
    )
