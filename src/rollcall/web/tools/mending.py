"""The one button that leads to the mend of a failed run."""

from typing import Final

import msgspec
from django.urls import reverse
from django.utils.translation import gettext

from rollcall.connections.models import Connection, State
from rollcall.sync.models import Run, RunState

# A new key, or a right given in the HR tool and then tried again, mends these.
_KEY: Final = ("credentials", "address", "other_company", "authorisation_ended", "wrong_kind")
_RIGHT: Final = ("permission", "empty_list")


class Mend(msgspec.Struct, frozen=True):
    """Where to go, and what the button says; without an address there is nothing left to do."""

    address: str
    text: str


def mend(found: Run, connection: Connection) -> Mend | None:
    """Return what mends a failed run; ``None`` if it did not fail, or only time mends it."""
    if found.state != RunState.FAILED or connection.state == State.DISCONNECTED:
        return None
    if connection.error != found.error:
        return Mend("", gettext("A later sync went well: nothing is left to do."))
    if connection.tool == "csv":
        return Mend(reverse("csv_upload"), gettext("Upload a new file"))
    if found.error in _KEY:
        return Mend(
            reverse("connect_credentials", kwargs={"tool": connection.tool}), gettext("Give a new key")
        )
    if found.error in _RIGHT:
        return Mend(
            reverse("guide", kwargs={"tool": connection.tool}), gettext("Which permissions are needed")
        )
    return None
