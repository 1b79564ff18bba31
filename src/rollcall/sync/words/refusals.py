"""The sentences about what was asked for and cannot be."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_noop

from rollcall.sync.words.sentences import filled, tool_in_words

_REFUSED: Final[Mapping[str, str]] = {
    "plan": gettext_noop("Your plan does not include HR integrations. They need the plan Scale or Premium."),
    "in_use": gettext_noop("This entity is connected to {tool}. Disconnect it first."),
    "other_company": gettext_noop(
        "These credentials belong to another company in {tool}."
        " Use a key of the company you connected, or disconnect first."
    ),
    "not_connected": gettext_noop("The HR tool is not connected, or paused. Nothing was done."),
    "not_read_yet": gettext_noop(
        "The first read of the HR tool is not finished. Wait until it is, then try again."
    ),
    "not_paused": gettext_noop("The connection was not paused any more."),
    "file_key": gettext_noop(
        "So far members are linked to the file by another column, so nobody would be recognised. Choose"
        " that column again to recognise people by."
    ),
    "no_conflict": gettext_noop("There is nothing to decide about this record any more. Nothing was done."),
    "changed": gettext_noop(
        "One of the records has changed since you looked. Look at them again, then decide."
    ),
    "no_choice": gettext_noop("That cannot be said about this record. Choose one of the answers shown."),
    "undone": gettext_noop("These changes have been undone already. Nothing was done twice."),
    "undo_of_undo": gettext_noop(
        "An undo cannot be undone. Resume the connection instead: the next sync makes the changes again."
    ),
    "not_applied": gettext_noop("Nobody was changed by this, so there is nothing to undo."),
    "busy": gettext_noop("Changes are being made just now. Wait until they are done, then try again."),
    "nothing_left": gettext_noop(
        "Without the doubtful changes nothing is left to do. Reject everything instead,"
        " or confirm everything with a reason."
    ),
    "decided": gettext_noop("Somebody has decided about these changes already. Nothing was done twice."),
    "digest": gettext_noop(
        "The list of changes is no longer the one you saw. Look at it again, then confirm."
    ),
    "stale": gettext_noop("This preview is more than a day old. Save your settings again for a fresh one."),
    "unseen": gettext_noop(
        "No sync has confirmed these changes for a day. Wait for the next good sync, then decide."
    ),
    "override_needed": gettext_noop(
        "Write down why these changes are right; without a reason they are not made."
    ),
    "reason_needed": gettext_noop(
        "Write down why the limits change; without a reason they stay as they are."
    ),
    "limits_range": gettext_noop("A limit is outside what may be set, so no limit was changed."),
}


def refusal_sentence(code: str, params: Mapping[str, Any]) -> str:
    """Return why something that was asked for cannot be (``sync.actions.Refused``)."""
    return filled(_REFUSED.get(code, code), {**params, "tool": tool_in_words(params, "")})
