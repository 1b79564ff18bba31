"""What a run found doubtful and did not let through, as sentences for its page, the card and the command line."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from rollcall.connections.models import Connection
from rollcall.engine.absence import Absence
from rollcall.sync.models import Run, RunState
from rollcall.sync.words.sentences import field_label, loss_sentence, unusual_sentence


def notices(seen: Mapping[str, Any], entity_id: int) -> list[str]:
    """Return the sentences of one run (``Run.seen``) for an entity, worst first; none after an ordinary run."""
    unusual = seen.get("unusual", ())
    kept = seen.get("kept", {}).get(str(entity_id), ())
    return [
        *(unusual_sentence(str(one["what"]), int(one["now"]), int(one["usual"])) for one in unusual),
        *(loss_sentence(one["kind"], one["field"], int(one["count"]), int(one["of"])) for one in kept),
    ]


def partial_sentence(seen: Mapping[str, Any]) -> str:
    """Return which details did not come, empty when all did."""
    names = ", ".join(sorted({field_label(name) for name in seen.get("partial", ())}))
    if not names:
        return ""
    return gettext("Read in part: {fields} did not come, so what is known of it is kept.").format(
        fields=names
    )


def present_notices(connection: Connection, entity_id: int) -> list[str]:
    """Return the sentences of the newest good run; one statement."""
    good = Run.objects.filter(connection=connection, state=RunState.SUCCEEDED)
    seen = good.order_by("-pk").values_list("seen", flat=True).first()
    return notices(seen, entity_id) if seen else []


def count_sentence(absence: Absence) -> str:
    """Return how many complete lists did not have somebody so far."""
    return ngettext(
        "So far {n} complete list did not have them.",
        "So far {n} complete lists did not have them.",
        absence.runs,
    ).format(n=absence.runs)
