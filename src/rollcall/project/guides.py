"""Writes the guides of HR tools into the documentation, from the same declarations that the dialog is drawn from."""

from pathlib import Path
from typing import Final

from django.utils.translation import gettext, override

from rollcall.connections import gallery
from rollcall.connections.gallery import Tool
from rollcall.web.tools.guides import Guide, guide_of

LANGUAGES: Final = ("en", "fr")


def written() -> dict[str, str]:
    """Return every page of the guides: path under ``docs/connect`` -> Markdown."""
    pages = {}
    for language in LANGUAGES:
        with override(language):
            pages[f"{language}/README.md"] = _index()
            for tool in gallery.TOOLS.values():
                pages[f"{language}/{tool.key}.md"] = _page(tool, guide_of(tool))
    return pages


def _index() -> str:
    lines = [f"# {gettext('Connect an HR tool')}", ""]
    lines += [f"- [{tool.name}]({tool.key}.md)" for tool in gallery.TOOLS.values()]
    return "\n".join(lines) + "\n"


def _page(tool: Tool, guide: Guide) -> str:
    name, where = {"name": tool.name}, {"name": gallery.place_of(tool)}
    lines = [f"# {gettext('Connect %(name)s: the guide') % name}", ""]
    lines += [
        gettext(
            "You need to be an administrator in %(name)s. Rollcall only reads; it never writes to %(name)s."
        )
        % where,
        "",
    ]
    lines += [f"## {gettext('In %(name)s') % where}", ""]
    lines += [f"{number}. {text}" for number, text in enumerate(guide.steps, 1)]
    if guide.inputs or guide.authorise:
        lines += ["", f"## {gettext('In Rollcall')}", ""]
    if guide.authorise:
        lines += [
            gettext(
                "If your operator has registered Rollcall with %(name)s, there is nothing to copy:"
                " sign in to %(name)s and let Rollcall in."
            )
            % name,
            "",
        ]
    lines += [_input(*one) for one in guide.inputs]
    lines += ["", f"## {gettext('Permissions, and what is lost without each')}", ""]
    lines += _table(tool, guide)
    if guide.changes or guide.notes:
        lines += ["", f"## {gettext('Good to know')}", ""]
        lines += [f"- {text}" for text in (*guide.changes, *guide.notes)]
    if guide.webhook_steps:
        lines += ["", f"## {gettext('Instant changes')}", ""]
        lines += [f"{number}. {text}" for number, text in enumerate(guide.webhook_steps, 1)]
    if guide.errors:
        lines += ["", f"## {gettext('If something is wrong')}", ""]
        lines += [
            gettext(
                "Rollcall then says so under Integrations, in one of these sentences,"
                " and changes nobody until it is put right:"
            ),
            "",
        ]
        lines += [f"- {text}" for text in guide.errors]
    return "\n".join(lines) + "\n"


def _input(label: str, example: str, help_text: str) -> str:
    shown = f"**{label}**"
    if help_text:
        shown = gettext("%(label)s: %(text)s") % {"label": shown, "text": help_text}
    said = gettext("For example: %(example)s") % {"example": f"`{example}`"} if example else ""
    return f"- {shown} {said}".rstrip()


def _table(tool: Tool, guide: Guide) -> list[str]:
    heads = (
        gettext("Data"),
        gettext("What for"),
        gettext("Permission in %(name)s") % {"name": gallery.place_of(tool)},
        gettext("Without it"),
    )
    rows = [(f"**{one.label}**", one.why, one.permission, one.without) for one in guide.rows]
    return [_line(heads), _line(["---"] * len(heads)), *(_line(one) for one in rows)]


def _line(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write(folder: Path) -> None:
    """Write the guides of all HR tools into ``folder``, in every language."""
    for name, text in written().items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
