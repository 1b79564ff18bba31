"""``python -m benchmarks.comparing.planning_alone``: who is who, and what differs, of plain values in memory.

To be held against libraries that compare two sets of records in memory: no database, no network, nothing stored.
"""

import time

import click
from msgspec import Struct

from benchmarks.comparing.planned import count_lines
from benchmarks.comparing.sides import SHARES, company
from rollcall.engine.match import join
from rollcall.engine.scope import Everybody


class Alone(Struct, frozen=True, kw_only=True):
    """Seconds of this process's own work; what else the machine does hardly matters."""

    # people who differ, and the lines of the plan
    differing: int
    lines: int
    # to find out who is who, by link and by address
    join: float
    # to decide about everybody and name each difference with its reason
    plan: float

    @property
    def seconds(self) -> float:
        """Both: what a library does that is given two lists and tells what differs."""
        return self.join + self.plan


class Seconds(Struct, frozen=True, kw_only=True):
    """What planning took, by how many differ."""

    people: int
    few: Alone
    many: Alone


def plan_alone(people: int) -> Seconds:
    """Plan for that many people of whom some differ; values are made before the clock runs."""
    few, many = (_timed(people, round(people * SHARES[name])) for name in ("few", "many"))
    return Seconds(people=people, few=few, many=many)


def _timed(people: int, differing: int) -> Alone:
    employees, members, links = company(people, differing)
    before = time.process_time()
    found = join(employees, members, links, Everybody())
    joined = time.process_time()
    lines = count_lines(found)
    return Alone(differing=differing, lines=lines, join=joined - before, plan=time.process_time() - joined)


@click.command()
@click.option("--people", default=100_000, show_default=True, type=click.IntRange(1000))
def main(people: int) -> None:
    """Print how long the engine plans for so many people in memory."""
    done = plan_alone(people)
    for one in (done.few, done.many):
        click.echo(
            f"{people} people, {one.differing} differ: who is who {one.join:.2f} s, {one.lines} lines {one.plan:.2f} s,"
            f" together {one.seconds:.2f} s of CPU"
        )


if __name__ == "__main__":
    main()
