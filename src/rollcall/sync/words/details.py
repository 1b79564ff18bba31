"""Why something happens to somebody, or does not, as sentences to be filled (``sync/words/sentences.py``)."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_noop

from rollcall.engine.change import Why

WHY: Final[Mapping[str, str]] = {
    Why.NEW_IN_SCOPE: gettext_noop("New in {tool} and chosen for this entity."),
    Why.STARTS_ON: gettext_noop("Starts on {day}."),
    Why.SAME_EMAIL: gettext_noop(
        "Has the same e-mail in {tool}: the existing member is managed from now on."
    ),
    Why.CHANGED_IN_HR: gettext_noop("Changed in {tool}."),
    Why.BACK_IN_SCOPE: gettext_noop("Belongs to the chosen employees again."),
    Why.RECONNECTED: gettext_noop("Known from before: the same member is managed again."),
    Why.REHIRED: gettext_noop("Works here again according to {tool}: the same member comes back."),
    Why.LEFT_ON: gettext_noop("Last day at work was {day}."),
    Why.LEFT: gettext_noop("Is no longer active in {tool}."),
    Why.ADDED_BY_HAND: gettext_noop("Was added to this entity by name: “{reason}”."),
    Why.KEPT_OUT: gettext_noop("Is kept out of this entity by name: “{reason}”."),
    Why.BROUGHT_IN_AS_MANAGER: gettext_noop("Is the line manager of somebody who was chosen."),
    Why.NO_EMAIL: gettext_noop("Has no work e-mail in {tool}. Add one there to have them invited."),
    Why.NOT_AN_EMAIL: gettext_noop("“{email}” is not an e-mail address. Correct it in {tool}."),
    Why.SHARED_EMAIL: gettext_noop(
        "Somebody else in {tool} has the e-mail {email} too. Rollcall does not guess: change one of the"
        " addresses in {tool}."
    ),
    Why.EMAIL_TAKEN: gettext_noop(
        "The e-mail {email} already belongs to another member who is linked to somebody else in {tool}."
        " Correct the address of one of them."
    ),
    Why.MEMBER_LINKED_ELSEWHERE: gettext_noop(
        "The member with the e-mail {email} is already linked to another employee. Check in {tool} which"
        " of them is right."
    ),
    Why.SAME_PERSON: gettext_noop("Somebody said that this record in {tool} is this member."),
    Why.RENUMBERED: gettext_noop(
        "Has a new number in {tool} and the same e-mail as before: the member stays, and is linked to it."
    ),
    Why.NEW_NUMBER: gettext_noop(
        "The e-mail {email} is that of a member whose record in {tool} ({number}) has left or is gone."
        " Say whether this is the same person."
    ),
    Why.HAS_NEW_NUMBER: gettext_noop(
        "Somebody works here with the e-mail {email} under another number in {tool} ({number})."
        " The member stays as they are until somebody says whether it is the same person."
    ),
    Why.REUSED_ID: gettext_noop(
        "{tool} gives the number of {before} to {now} now. The member stays as they are until somebody says"
        " whether it is the same person."
    ),
    Why.LOOKS_LIKE: gettext_noop(
        "The e-mail {email} is easily mistaken for {other}. Nothing is sent to it until somebody says that it"
        " is right."
    ),
    Why.FOREIGN_DOMAIN: gettext_noop(
        "The e-mail {email} is at none of your company’s domains, so nothing is sent there. Add the domain in the"
        " settings if it is right."
    ),
    Why.INVITE_LATER: gettext_noop("Starts on {start} and will be invited on {day}."),
    Why.NO_START_DATE: gettext_noop(
        "Has no start date in {tool}, and invitations wait for it. Add one there, or invite people at once."
    ),
    Why.STATUS_UNKNOWN: gettext_noop(
        "{tool} gives a status that Rollcall does not know. Nothing is decided from it."
    ),
    Why.STATUS_CONTRADICTS: gettext_noop(
        "{tool} says both that they work here and that they left on {day}."
        " Correct it there; until then nothing happens."
    ),
    Why.ARCHIVING_IS_OFF: gettext_noop("Left on {day}, and leavers are not archived automatically here."),
    Why.LEFT_BUT_NOT_MANAGED: gettext_noop(
        "Left on {day} according to {tool}, which does not manage this member."
        " Archive them by hand if that is right."
    ),
    Why.LAST_OWNER: gettext_noop(
        "Has left, but is the last owner of this entity. Make somebody else an owner first."
    ),
    Why.ARCHIVED_BY_HAND: gettext_noop("Was archived by a person, so only a person brings them back."),
    Why.VANISHED: gettext_noop(
        "Is missing from the list of {tool} without having left."
        " Nothing happens until {tool} says that they left."
    ),
    Why.VANISHED_WAITS: gettext_noop(
        "Is missing from the list of {tool} since {since}, without having left. Is archived from {day} on,"
        " if complete lists go on missing them for 24 hours."
    ),
    Why.VANISHED_UNPROVEN: gettext_noop(
        "Is missing from the list of {tool} since {since}, but that list was far too short, or their record"
        " could not be read. It does not count: nobody is archived for it."
    ),
    Why.VANISHED_OUTSIDE: gettext_noop(
        "Is missing from the list of {tool} since {since}, and was outside the choice of employees before."
        " Nothing happens."
    ),
    Why.VANISHED_ADMIN: gettext_noop(
        "Is missing from the list of {tool} since {since}. Owners and admins are not archived for that:"
        " archive them by hand if they have left."
    ),
    Why.UNREADABLE: gettext_noop(
        "The record in {tool} cannot be read, so they stay exactly as they are. Correct it there."
    ),
    Why.MASKED: gettext_noop("{tool} hides the value of: {fields}. What is known stays."),
    Why.ERASED: gettext_noop(
        "Was erased from this entity for good. They come back only if an owner allows them again."
    ),
    Why.UNUSUAL_LETTERS: gettext_noop(
        "The e-mail {email} has unusual letters. Make sure that it is not a look-alike."
    ),
    Why.BANK_NOT_VALID: gettext_noop(
        "{tool} gives bank details that no account can have. The known ones stay."
    ),
    Why.MANAGER_SELF: gettext_noop("Is their own line manager in {tool}. The line manager stays empty."),
    Why.MANAGER_LOOP: gettext_noop(
        "The line managers in {tool} go round in a circle ({manager}). The line manager stays empty."
    ),
    Why.MANAGER_UNKNOWN: gettext_noop(
        "{tool} names a line manager who is not on its list ({manager}). The line manager stays empty."
    ),
    Why.MANAGER_NO_MEMBER: gettext_noop(
        "The line manager {manager} is not a member here, so it stays empty."
    ),
    Why.BANK_STAYS: gettext_noop(
        "The bank account stays the new one: Rollcall does not keep the number of the one before."
    ),
    Why.SIGNED_UP_SINCE: gettext_noop("Has signed up since: their access ends when they are archived."),
    Why.INVITED_AGAIN: gettext_noop("Had not signed up: the invitation they have works again."),
    # why a link is not managed any more, beside the reasons of a plan
    "somebody_else": gettext_noop("The number of this member belongs to somebody else in {tool} now."),
    "disconnected": gettext_noop("{tool} was disconnected."),
}

DAYLESS: Final[Mapping[str, str]] = {
    Why.STATUS_CONTRADICTS: gettext_noop(
        "The status and the dates in {tool} contradict each other. Until then nothing happens."
    ),
    Why.ARCHIVING_IS_OFF: gettext_noop(
        "Is no longer active in {tool}, and leavers are not archived automatically here."
    ),
    Why.LEFT_BUT_NOT_MANAGED: gettext_noop(
        "Is no longer active in {tool}, which does not manage this member."
        " Archive them by hand if that is right."
    ),
}
"""Instead, for leavers and doubts without a day."""
