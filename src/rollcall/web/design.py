"""The living page of the design: every part in every state, drawn by the style sheets that all pages use.

It speaks English only, to people who build pages; ``specimens.py`` has what it says.
"""

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from msgspec import Struct

from rollcall.connections import gallery
from rollcall.web import specimens


class Section(Struct, frozen=True):
    """One part of the page: its anchor and template, its title, and when to use what it shows."""

    key: str
    title: str
    use: str

    @property
    def template(self) -> str:
        """The template with the specimens."""
        return f"design/{self.key}.html"


SECTIONS: Final = (
    Section(
        "colour",
        "Colour",
        "One accent for what acts and what is chosen. States have an icon and a word; colour only helps. "
        "Both themes come from the same tokens.",
    ),
    Section(
        "type", "Type and space", "The system's font in six sizes; numbers have one width; a grid of 4 px."
    ),
    Section(
        "buttons",
        "Buttons",
        "One primary a page, beside the number it acts on. What cannot be taken back is danger, and asks first.",
    ),
    Section(
        "states",
        "States and messages",
        "A chip for the state of a thing, a note for what one must know here, a banner for what holds everywhere. "
        "In lists, what is as it should be stays quiet; what needs a look keeps its ground.",
    ),
    Section(
        "forms",
        "Forms",
        "Label above, help below, error under the field with the next step. Locked fields lose their frame.",
    ),
    Section(
        "filters",
        "Search and filters",
        "One row above a list. A filter is a drop-down of checkboxes with counts; it is tinted while it holds.",
    ),
    Section(
        "tables",
        "Tables",
        "Rows of 44 px, a head that stays, two lines for the longest name. Add .stacked and a row becomes a card on a "
        "phone; .selectable with .bulk lets people choose rows.",
    ),
    Section(
        "facts",
        "Facts",
        "stat for the numbers of a page, facts for the foot of a card, kv for one value per line with its source.",
    ),
    Section(
        "history",
        "History and comparing",
        "What happened, newest first; two records side by side, differences marked.",
    ),
    Section(
        "navigation",
        "Where one is",
        "Tabs for the same list, groups for the numbers of a decision, steps for a guided dialog.",
    ),
    Section(
        "panels",
        "Menus, panels, explanations",
        "Native popover and dialog: Escape closes, the focus returns. Texts that matter stand on the page, "
        "never only in a panel.",
    ),
    Section(
        "waiting",
        "Nothing yet, and waiting",
        "An empty list says what to do. Long work shows its progress, and survives a reload.",
    ),
    Section(
        "tiles",
        "Tiles of HR tools",
        "Drawn by us from the tool's key: {% tile tool.key tool.name %}, with a size of your own as third word. "
        "The tool's name stands beside it.",
    ),
)

COLOURS: Final = {
    "Surfaces": ("canvas", "paper", "raised", "sunken", "button", "line", "edge"),
    "Ink and accent": ("ink", "ink-2", "accent", "accent-strong", "accent-soft"),
    "States": ("ok", "ok-soft", "warn", "warn-soft", "bad", "bad-soft"),
    "Tints": tuple(f"tint-{number}" for number in range(1, 10)),
}
SIZES: Final = ("figure", "title", "large", "text", "small", "tiny")
SPACES: Final = (("s1", 4), ("s2", 8), ("s3", 12), ("s4", 16), ("s5", 24), ("s6", 32), ("s7", 48), ("s8", 64))


@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    """Show the parts to everybody: only a demonstration of made-up people has this page, else 404."""
    if not settings.ROLLCALL_DEMO:
        raise Http404
    tools = [(one.key, one.name) for one in gallery.TOOLS.values()]
    tools += [(one.key, one.name) for one in gallery.ANNOUNCED]
    context = {
        "sections": SECTIONS,
        "say": specimens.SAY,
        "people": specimens.PEOPLE,
        "colours": COLOURS,
        "sizes": SIZES,
        "spaces": SPACES,
        "tools": tools,
    }
    return render(request, "design/page.html", context)
