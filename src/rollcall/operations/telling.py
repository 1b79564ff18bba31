"""What is known in detail about a finding, a line each: for terminals."""

from datetime import datetime

from rollcall.connections import gallery
from rollcall.operations.facts import Facts
from rollcall.operations.wording import error_words, why_words


def details(code: str, facts: Facts) -> list[str]:
    """Return which companies and connections a finding is about, and why; nothing where its sentence says all."""
    of = facts.connected
    if code == "overdue":
        return [
            f"{one.company}: {gallery.tool_name(one.tool)}, connection {one.connection_id},"
            f" since {_at(one.since)}. {why_words(one.why)}."
            for one in of.behind
        ]
    if code == "parked":
        return [
            f"{one.company}: {gallery.tool_name(one.tool)}, connection {one.connection_id},"
            f" last good sync {_at(one.last_good_at)}"
            for one in of.parked_shown
        ]
    if code == "held":
        return [
            f"{one.company}: list of changes {one.plan_id}, since {_at(one.since)}" for one in of.held_shown
        ]
    if code == "failing":
        return [
            f"{gallery.tool_name(one.tool)}: {error_words(one.error).text}, connections: {one.number}."
            f" {error_words(one.error).remedy}"
            for one in of.troubles
        ]
    return []


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"
