"""Errors and reasons in the words of whoever runs Rollcall: the companies' admins read others."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext, gettext_noop
from msgspec import Struct

from rollcall.operations.connected import LEFT_BEHIND, NO_WORKER, NOT_STARTED, QUEUED


class Words(Struct, frozen=True):
    """What is the matter, and what to do."""

    text: str
    remedy: str


_ADMIN: Final = gettext_noop("An admin of the company has to act; Rollcall has told them.")
_REPORT: Final = gettext_noop("The worker’s log says where. Update Rollcall, or report it.")

_ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "credentials": (gettext_noop("The tool does not accept the credentials"), _ADMIN),
    "permission": (gettext_noop("The key may not read employees"), _ADMIN),
    "address": (gettext_noop("The tool knows no such company"), _ADMIN),
    "other_company": (gettext_noop("The key belongs to another company"), _ADMIN),
    "authorisation_ended": (gettext_noop("The tool no longer lets Rollcall in"), _ADMIN),
    "wrong_kind": (gettext_noop("The key cannot see the whole company"), _ADMIN),
    "empty_list": (gettext_noop("The tool sent an empty list"), _ADMIN),
    "unreachable": (
        gettext_noop("The tool cannot be reached"),
        gettext_noop(
            "If it lasts, check this machine’s way out: DNS, firewall, and ROLLCALL_ALLOW_HOSTS for private hosts."
        ),
    ),
    "failing": (
        gettext_noop("The tool has a fault of its own"),
        gettext_noop("Nothing to do: it is tried again."),
    ),
    "rate_limited": (
        gettext_noop("The tool asks for fewer requests"),
        gettext_noop(
            "Nothing to do: it is tried again later. If it lasts, something else uses the same key."
        ),
    ),
    "not_understood": (gettext_noop("The tool sent an answer that is not understood"), _REPORT),
    "incomplete": (
        gettext_noop("The tool sent an incomplete list"),
        gettext_noop("Nothing to do: the next sync starts afresh. If it lasts, ask the tool’s support."),
    ),
    "interrupted": (
        gettext_noop("The worker died in the middle of the sync"),
        gettext_noop(
            "The sync begins again by itself. If it repeats, look whether the worker runs out of memory."
        ),
    ),
    "internal": (gettext_noop("A mistake in Rollcall"), _REPORT),
    "database": (
        gettext_noop("The database could not do its part"),
        gettext_noop("Look at PostgreSQL’s log: a full disk, too little memory, or a time limit."),
    ),
    "parked": (
        gettext_noop("Parked: the last three syncs died"),
        gettext_noop("Mend what the worker’s log says, then have an admin choose “Sync now”."),
    ),
}

_WHY: Final[Mapping[str, str]] = {
    NO_WORKER: gettext_noop("No worker is alive"),
    QUEUED: gettext_noop("Its job waits in the queue: too few workers, or a long one before it"),
    LEFT_BEHIND: gettext_noop("A worker died with it; it is taken up within a minute"),
    NOT_STARTED: gettext_noop(
        "No worker has begun it: all are busy, or its job was lost; it is taken up by itself"
    ),
}


def error_words(code: str) -> Words:
    """Return what an error means to the operator; an unknown code stands for itself."""
    text, remedy = _ERRORS.get(code, (code, _REPORT))
    return Words(gettext(text), gettext(remedy))


def why_words(why: str) -> str:
    """Return why a connection is behind."""
    return gettext(_WHY[why])
