"""A report as Markdown: for the terminal, and for the page of docs between its two markers."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from benchmarks.comparing.ratios import RATIOS, Middle, Ratio, by_seconds, by_work, middle, ratio
from benchmarks.comparing.rounds import Round

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "performance.md"
BEGIN: Final = "<!-- figures: written by scripts/bench --write, not by hand -->"
END: Final = "<!-- end of figures -->"

WHAT: Final = {
    "ours.read": "first read into the mirror",
    "ours.plan": "preview for everybody",
    "ours.apply": "apply: invite everybody",
    "ours.settle": "run after the apply: everybody read, all in step",
    "ours.quiet": "quiet run: everybody read, nothing changed",
    "ours.since": "quiet run that asks for changes only",
    "ours.few": "run after five hires that asks for changes only",
    "ours.thousandth": "run after 0.1 % changed, everybody read",
    "planned.few": "planning alone, 0.1 % differ",
    "planned.many": "planning alone, 10 % differ",
    "planned.new": "planning alone, everybody new",
    "floor.read": "*read floor*",
    "floor.simulator": "the same from the simulator, not from memory",
    "floor.mirror": "*write floor* of the mirror",
    "floor.plan": "*write floor* of the plan",
    "floor.apply": "*write floor* of members, links, invitations, audit, outbox",
    "dlt.first": "dlt, first run",
    "dlt.second": "dlt, second run",
    "dlt_tuned.first": "dlt tuned, first run",
    "dlt_tuned.second": "dlt tuned, second run",
    "airbyte.read": "airbyte-cdk, bare read",
    "singer.first": "Singer, first run",
    "singer.second": "Singer, second run",
    "diffsync.load_few": "diffsync, its objects of both sides made",
    "diffsync.few": "diffsync, 0.1 % differ",
    "diffsync.many": "diffsync, 10 % differ",
    "diffsync.new": "diffsync, everybody new",
}
"""The figures in their order."""


class Report(Struct, kw_only=True):
    """All rounds, and one with few people to compare memory and statements with."""

    machine: Mapping[str, str]
    rounds: Sequence[Round]
    small: Round


def lines(report: Report) -> Iterator[str]:
    """Yield the report."""
    yield from _head(report)
    yield ""
    yield from _ratios(report.rounds)
    yield ""
    yield from _figures(report.rounds)
    yield ""
    yield from _counts(report.rounds[0], report.small)


def into_page(report: Report, page: Path = PAGE) -> None:
    """Put the report between the markers of the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{page} has no markers {BEGIN} and {END}")
    shown = "\n".join(lines(report))
    page.write_text(f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}", encoding="utf-8")


def _head(report: Report) -> Iterator[str]:
    first, times = report.rounds[0], len(report.rounds)
    loads = middle([one.load for one in report.rounds])
    yield (
        f"{first.people:,} people in {first.pages} pages of {first.bytes / 2**20:.0f} MiB together;"
        f" {times} {'rounds' if times > 1 else 'round'}."
    )
    yield f"Other work wanted {loads.least:.1f} to {loads.most:.1f} cores when a round began."
    yield ""
    yield "; ".join(f"{name} {value}" for name, value in report.machine.items()) + "."
    for peer, why in {name: why for one in report.rounds for name, why in one.broken.items()}.items():
        yield ""
        yield f"Not measured in every round: {peer} ({why})."


def _ratios(rounds: Sequence[Round]) -> Iterator[str]:
    yield "| ratio | aim | by the clock | by work | reached |"
    yield "|---|---|---|---|---|"
    for wanted in RATIOS:
        clock, work = (ratio(wanted, rounds, figure) for figure in (by_seconds, by_work))
        if clock is not None and work is not None:
            yield (
                f"| {wanted.what} | {_aim(wanted)} | {_spread(clock)} | {_spread(work)}"
                f" | {_reached(wanted, clock, work)} |"
            )


def _aim(wanted: Ratio) -> str:
    if wanted.at_most is not None:
        return f"at most {wanted.at_most:g}"
    return "" if wanted.at_least is None else f"at least {wanted.at_least:g}"


def _reached(wanted: Ratio, clock: Middle, work: Middle) -> str:
    if not _aim(wanted):
        return ""
    both = (wanted.is_met(clock.median), wanted.is_met(work.median))
    return {(True, True): "yes", (True, False): "by the clock", (False, True): "by work"}.get(both, "no")


def _spread(found: Middle) -> str:
    if found.least == found.most:
        return _short(found.median)
    return f"{_short(found.median)} ({_short(found.least)} to {_short(found.most)})"


def _short(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def _figures(rounds: Sequence[Round]) -> Iterator[str]:
    yield "| seconds | by the clock | work of the process | of the database | peak MiB |"
    yield "|---|---|---|---|---|"
    for name, what in WHAT.items():
        found = [one.spent[name] for one in rounds if name in one.spent]
        if found:
            clock, own, server, peak = (
                middle([getattr(one, part) for one in found])
                for part in ("seconds", "cpu", "database", "peak_mb")
            )
            memory = f"{peak.median:.0f}" if peak.median else ""
            yield f"| {what} | {_spread(clock)} | {_short(own.median)} | {_short(server.median)} | {memory} |"


def _counts(first: Round, small: Round) -> Iterator[str]:
    yield (
        f"| of Rollcall | statements | with {small.people:,} people | peak MiB more than with {small.people:,}"
        " | members written | links written |"
    )
    yield "|---|---|---|---|---|---|"
    for phase, before in zip(first.phases, small.phases, strict=True):
        yield (
            f"| {WHAT[f'ours.{phase.name}']} | {phase.statements:,} | {before.statements:,}"
            f" | {phase.peak_mb - before.peak_mb:+.0f} | {phase.members:,} | {phase.links:,} |"
        )
