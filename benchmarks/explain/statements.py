"""The statements of a run that grow with the people, and the page that shows how PostgreSQL carries them out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from benchmarks.measuring import ground

PAGE: Final = Path("docs/reference/query-plans.md")


class Statement(Struct, frozen=True, kw_only=True):
    """One statement of a run: its name, what it is known by, and what its plan says in a sentence."""

    name: str
    pattern: str
    said: str


STATEMENTS: Final[Sequence[Statement]] = (
    Statement(
        name="Page: records that the mirror has",
        pattern=r"SELECT record_digest, id FROM connections_employee",
        said="Asked only for records that neither stood on the page that was here before nor on its neighbours.",
    ),
    Statement(
        name="Merge: who of the staged is in the mirror",
        pattern=r"CREATE TEMPORARY TABLE matched",
        said="Only staged people are looked up, by the mirror's unique index; nobody else's row is read.",
    ),
    Statement(
        name="Merge: rows that differ",
        pattern=r"WITH written AS \(\s+UPDATE connections_employee",
        said="Found by their ids.",
    ),
    Statement(
        name="Merge: rows that are new",
        pattern=r"INSERT INTO connections_employee",
        said="Whoever is staged and was not found; the mirror is not asked again.",
    ),
    Statement(
        name="Merge: line managers above themselves",
        pattern=r"WITH RECURSIVE flagged",
        said="Upwards from whoever is new or has another manager, and from whoever was above themselves, by the unique"
        " index.",
    ),
    Statement(
        name="Absence: who was not in the list",
        pattern=r"CREATE TEMPORARY TABLE missing",
        said="Everybody in the mirror is compared with everybody in the read, by an index of ids alone: this is"
        " the only step that has to look at all people, and it is done only when a page differs.",
    ),
    Statement(
        name="Losses: fields that the tool stopped to deliver",
        pattern=r"SELECT count\(\*\), count\(\*\) FILTER.*FROM directory_link l",
        said="Each managed member is compared with the mirror once, field by field; asked only when the mirror moved.",
    ),
    Statement(
        name="Candidates: who could differ",
        pattern=r"SELECT e\.external_id, .*LEFT JOIN directory_member m ON m.id = l.member_id",
        said="Everybody is joined with link and member, and nearly everybody is filtered out at once: what is asked"
        " about a person in the columns is worked out only for those who are left.",
    ),
    Statement(
        name="Count: numbers that pages show",
        pattern=r"OFFSET 0\) counted",
        said="One pass over the mirror with the conditions of every entity.",
    ),
    Statement(
        name="Count: values to filter by",
        pattern=r"WITH groups AS MATERIALIZED",
        said="One pass over the mirror, grouped by each attribute.",
    ),
)


class Work(Struct, frozen=True, kw_only=True):
    """What to do."""

    credentials: Mapping[str, str]


class Explained(Struct, frozen=True, kw_only=True):
    """One statement's plan, and the seconds that it took to be explained."""

    name: str
    plan: Sequence[str]
    seconds: float


def explained(people: int) -> list[Explained]:
    """Return the plans in a company of so many people."""
    with ground.fresh_home() as home, ground.simulator(people) as tool:
        said = ground.run(
            "benchmarks.measuring.child",
            "benchmarks.explain.runs",
            environment=ground.environment(home, tool),
            given=msgspec.json.encode(Work(credentials=tool.credentials)),
        )
    return msgspec.json.decode(said, type=list[Explained])


def page(people: int, found: Sequence[Explained]) -> list[str]:
    """Return the page of the documentation."""
    plans = {one.name: one for one in found}
    lines = [
        "# Query plans",
        "",
        (
            f"How PostgreSQL carries out the statements of a run that grow with the people: {people:,} employees in one"
            " entity, a full read after 20 changes and 5 hires, tables analysed. A run that finds nothing sends none of"
            " them (see [What an hour costs](performance-hourly.md#a-quiet-run))."
        ),
        "",
        "Written by `scripts/bench explain --write`; lines longer than 200 characters are cut.",
    ]
    for one in STATEMENTS:
        if one.name in plans:
            lines += ["", f"## {one.name}", "", one.said, "", "```text", *plans[one.name].plan, "```"]
    return lines
