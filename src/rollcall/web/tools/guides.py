"""The guide of each HR tool (S66): what to do there, and what is lost without a permission. From the declarations."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET
from msgspec import Struct

from rollcall.accounts.access import member_required
from rollcall.connections import gallery
from rollcall.connections.gallery import Tool
from rollcall.web.tools.connect import find_tool
from rollcall.web.tools.data_read import without
from rollcall.web.tools.integrations import offers


class Row(Struct, frozen=True, kw_only=True):
    """One kind of data."""

    label: str
    why: str
    permission: str
    # what does not work without it; empty for data that is always needed
    without: str


class Guide(Struct, frozen=True, kw_only=True):
    """A guide in the reader's language."""

    name: str
    # what to type, each as label, example and help
    inputs: Sequence[tuple[str, str, str]]
    authorise: bool
    steps: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str]
    # how changes arrive, and how often the tool may be asked
    changes: Sequence[str]
    webhook_steps: Sequence[str]
    # sentences for what an admin can mend
    errors: Sequence[str]


def guide_of(tool: Tool) -> Guide:
    """Return the tool's guide in the language that is active."""
    return Guide(
        name=tool.name,
        inputs=[
            (gettext(one.label), one.example, gettext(one.help) if one.help else "")
            for one in tool.credentials
        ],
        authorise=tool.oauth is not None,
        steps=[gettext(text) for text in tool.steps],
        rows=[
            Row(
                label=gettext(one.label),
                why=gettext(one.why),
                permission=gettext(one.permission) if one.permission else "",
                without=without(one),
            )
            for one in tool.data
        ],
        notes=[gettext(text) for text in tool.notes],
        changes=_changes(tool),
        webhook_steps=[gettext(text) for text in tool.webhook_steps],
        errors=_errors(tool),
    )


def _changes(tool: Tool) -> list[str]:
    said: list[str] = []
    if tool.kind == "file":
        return said
    if tool.delta:
        said.append(gettext("Every hour Rollcall asks %(tool)s what changed; once a day it reads everybody."))
    else:
        said.append(gettext("%(tool)s cannot tell what changed, so Rollcall reads everybody every hour."))
    if tool.webhooks == "registered":
        said.append(
            gettext("%(tool)s also tells Rollcall of changes at once. Rollcall arranges that by itself.")
        )
    # several lists may have the same limit each
    said += dict.fromkeys(_limit(limit) for limit in tool.limits)
    return [text % {"tool": tool.name} for text in said]


def _limit(limit: gallery.RateLimit) -> str:
    text = ngettext(
        "%(tool)s permits %(requests)s request in %(seconds)s s; Rollcall stays below that.",
        "%(tool)s permits %(requests)s requests in %(seconds)s s; Rollcall stays below that.",
        limit.requests,
    )
    return text % {"tool": "%(tool)s", "requests": limit.requests, "seconds": f"{limit.seconds:g}"}


def _errors(tool: Tool) -> list[str]:
    wanted = ("credentials", "permission", "address", "other_company")
    codes = (*wanted, "authorisation_ended") if tool.oauth else wanted
    templates = gallery.error_templates()
    if tool.kind == "file":
        return []
    texts = {"tool": tool.name, "permission": "…", "address": "…"}
    return [gettext(templates[code]).format_map(texts) for code in codes]


@require_GET
@member_required
def guides(request: HttpRequest) -> HttpResponse:
    """List the guides of all tools (S66)."""
    return render(request, "connect/guides.html", {"offers": offers(), "coming": gallery.ANNOUNCED})


@require_GET
@member_required
def other_tool(request: HttpRequest) -> HttpResponse:
    """What to do with an HR tool that isn't in the gallery (S23)."""
    return render(request, "connect/other_tool.html", {"coming": gallery.ANNOUNCED})


@require_GET
@member_required
def guide(request: HttpRequest, tool: str) -> HttpResponse:
    """Show a tool's guide."""
    found = find_tool(tool)
    return render(request, "connect/guide.html", {"tool": found, "guide": guide_of(found)})
