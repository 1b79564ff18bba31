"""What a run cost, in words for its page."""

from collections.abc import Mapping
from typing import Final

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

_PARTS: Final = (
    ("read", _("Reading the HR tool")),
    ("plan", _("Working out what changes")),
    ("apply", _("Applying it")),
    ("waited", _("Of it, waiting for the HR tool’s limits")),
    ("cpu", _("Processor time")),
)


def cost_words(cost: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return label and figure of everything that was measured; nothing for a run that was killed."""
    if not cost:
        return []
    return [
        *((str(label), _seconds(cost[name])) for name, label in _PARTS if cost[name] or name != "waited"),
        (gettext("Requests"), number_format(int(cost["requests"]), force_grouping=True)),
        (gettext("Received"), filesizeformat(cost["bytes"])),
        (gettext("Highest memory of the worker"), filesizeformat(cost["memory"])),
    ]


def _seconds(seconds: float) -> str:
    if seconds < 120:
        amount = number_format(seconds, 2 if seconds < 1 else 1)
        return gettext("%(n)s s") % {"n": amount}
    minutes = round(seconds / 60)
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
