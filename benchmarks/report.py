"""What a measurement found, and how it is shown."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

WHAT = {
    "read": "first read into the mirror",
    "plan": "preview for everybody",
    "apply": "apply: invite everybody",
    "quiet": "run without a change",
    "few": "run after a few hires",
}
"""The phases in their order."""

HIRED = 5
"""How many people join before the last phase: few enough to stay inside the limits of a small company."""


class Task(Struct):
    """What a flow needs: the tool's credentials, and where profiles of its phases go if they are wanted."""

    credentials: Mapping[str, str]
    profiles: str = ""
    # how often a page is looked at
    times: int = 40
    # look while another process syncs companies of as many people
    during_sync: bool = False


class Phase(Struct, kw_only=True):
    """One phase of the flow."""

    name: str
    # wall clock and this process's own work, in seconds
    seconds: float
    cpu: float
    # sent through Django; COPY, one for each page of the first read, is not among them
    statements: int
    # resident memory at its highest during the phase, in MiB; 0 where the system does not tell
    peak_mb: float
    # rows of members and of links that were written
    members: int
    links: int


class Visit(Struct, frozen=True, kw_only=True):
    """One page: statements and bytes of its largest answer, milliseconds of the middle and of the 95th of 100.

    ``cpu`` is the work of this process and of its database session for one visit, which hardly depends on what else
    the machine does; on systems that don't tell of the database's, only this process's.
    """

    name: str
    statements: int
    bytes: int
    cpu: float
    median: float
    p95: float


class Floor(Struct, frozen=True, kw_only=True):
    """The same bytes and rows with nothing in between, in seconds."""

    fetch: float
    parse: float
    copy: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.fetch + self.parse + self.copy


class Measured(Struct, kw_only=True):
    """One flow through one simulated company."""

    people: int
    bytes: int
    # the floors' rows by table
    rows: Mapping[str, int]
    phases: Sequence[Phase]
    floors: Mapping[str, Floor]


class Report(Struct, kw_only=True):
    """The company that was asked for, and a small one to compare memory and statements with."""

    measured: Measured
    small: Measured


def lines(report: Report) -> Iterator[str]:
    """Yield the report as a table of plain text, with ratios and growth."""
    big, small = report.measured, report.small
    yield f"{big.people} people, {big.bytes / 2**20:.0f} MiB of answers; compared with {small.people} people"
    yield ""
    head = ("phase", "ours s", "own CPU", "floor s", "ratio", "statements", "(small)", "peak MiB", "growth")
    yield f"{head[0]:28}" + "".join(f"{word:>11}" for word in head[1:])
    for phase, before in zip(big.phases, small.phases, strict=True):
        floor = big.floors[phase.name].seconds
        yield (
            f"{WHAT[phase.name]:28}{phase.seconds:11.2f}{phase.cpu:11.2f}{floor:11.2f}"
            f"{phase.seconds / floor:11.1f}{phase.statements:11}{before.statements:11}"
            f"{phase.peak_mb:11.0f}{phase.peak_mb - before.peak_mb:+11.0f}"
        )
    whole = [phase for phase in big.phases if phase.name not in {"quiet", "few"}]
    ours, floor = sum(one.seconds for one in whole), sum(big.floors[one.name].seconds for one in whole)
    yield f"{'the first three together':28}{ours:11.2f}{'':11}{floor:11.2f}{ours / floor:11.1f}"
    yield ""
    for name, floor_of in big.floors.items():
        yield f"floor of {name:6} fetch {floor_of.fetch:.2f}  parse {floor_of.parse:.2f}  copy {floor_of.copy:.2f}"
    quiet = next(phase for phase in big.phases if phase.name == "quiet")
    yield f"the run without a change wrote {quiet.members} member rows and {quiet.links} link rows"
