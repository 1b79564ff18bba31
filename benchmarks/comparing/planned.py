"""Our engine's planning of plain values, measured from outside; the same values as ``peers/diffsync_plan`` gets."""

from datetime import UTC, datetime
from typing import Final

from benchmarks.comparing.sides import SHARES, values
from benchmarks.measuring.steps import Steps
from rollcall.engine.match import Candidate, join
from rollcall.engine.plan import make_plan
from rollcall.engine.scope import Everybody
from rollcall.engine.settings import Settings

_NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)


def main() -> None:
    """Find out who is who and decide about everybody, for each share of people who differ."""
    steps = Steps()
    # What is done once in a process is no part of the first step.
    warm = values(10, "few")
    assert count_lines(join(warm.employees, warm.members, warm.links, Everybody())) == warm.differing
    for share in SHARES:
        side = values(steps.task["people"], share)
        with steps.step(share):
            found = join(side.employees, side.members, side.links, Everybody())
            lines = count_lines(found)
        assert lines == side.differing, lines
        steps.tell({"rows": lines})


def count_lines(found: list[Candidate]) -> int:
    """Decide about everybody. The plan is not kept: it goes to the database line by line."""
    leads = [one for one in found if one.leads]
    plan = make_plan(
        lambda only_leads: leads if only_leads else found,
        Settings(),
        now=_NOW,
        zone="Europe/Paris",
        clearable=(),
    )
    return sum(1 for _ in plan)


if __name__ == "__main__":
    main()
