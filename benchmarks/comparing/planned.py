"""Our engine's planning of plain values, measured from outside; the same values as ``peers/diffsync_plan`` gets."""

from benchmarks.comparing.planning_alone import NOW
from benchmarks.comparing.sides import SHARES, values
from benchmarks.measuring.steps import Steps
from rollcall.engine.match import Candidate, join
from rollcall.engine.plan import make_plan
from rollcall.engine.scope import Everybody
from rollcall.engine.settings import Settings


def main() -> None:
    """Find out who is who and decide about everybody, for each share of people who differ."""
    steps = Steps()
    # What is done once in a process is no part of the first step.
    warm = values(10, "few")
    assert _lines(join(warm.employees, warm.members, warm.links, Everybody())) == warm.differing
    for share in SHARES:
        side = values(steps.task["people"], share)
        with steps.step(share):
            found = join(side.employees, side.members, side.links, Everybody())
            lines = _lines(found)
        assert lines == side.differing, lines
        steps.tell({"rows": lines})


def _lines(found: list[Candidate]) -> int:
    leads = [one for one in found if one.leads]
    plan = make_plan(
        lambda only_leads: leads if only_leads else found,
        Settings(),
        now=NOW,
        zone="Europe/Paris",
        clearable=(),
    )
    return sum(1 for _ in plan)


if __name__ == "__main__":
    main()
