"""The benchmark at a small size: it runs, and what it counts depends on chunks, not on people."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks.companies.report import HIRED, Phase
from benchmarks.comparing import rivals
from benchmarks.comparing.ratios import RATIOS, by_seconds, by_work, ratio
from benchmarks.comparing.rounds import Round
from benchmarks.comparing.shown import BEGIN, END, WHAT, Report, into_page, lines
from benchmarks.measuring.timing import Spent

PEOPLE, SMALL = 300, 150
# both sizes are one page and one chunk; whether the quiet run stores a plan of remarks may differ
_MARGIN = 15
_PHASES = ("read", "plan", "apply", "settle", "quiet", "since", "few", "thousandth")

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def report() -> Report:
    sizes = ["--people", str(PEOPLE), "--small", str(SMALL), "--times", "1"]
    command = [sys.executable, "-m", "benchmarks", *sizes, "--json"]
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return msgspec.json.decode(done.stdout, type=Report)


def _phase(found: Round, name: str) -> Phase:
    return next(phase for phase in found.phases if phase.name == name)


@pytest.mark.parametrize("name", _PHASES)
def test_no_phase_sends_a_statement_per_person(report: Report, name: str) -> None:
    few, many = _phase(report.small, name), _phase(report.rounds[0], name)
    assert few.statements > 0
    assert many.statements <= few.statements + _MARGIN
    assert many.statements < PEOPLE


@pytest.mark.parametrize("name", ["quiet", "since"])
def test_a_run_without_a_change_writes_no_row_of_members_or_links(report: Report, name: str) -> None:
    quiet = _phase(report.rounds[0], name)
    assert (quiet.members, quiet.links) == (0, 0)


def test_apply_writes_every_planned_member_with_link_invitation_and_event(report: Report) -> None:
    rows, applied = report.rounds[0].rows, _phase(report.rounds[0], "apply")
    assert report.rounds[0].people == rows["connections_employee"] == PEOPLE
    assert 0 < applied.members == applied.links == rows["directory_link"] == rows["directory_invitation"]
    assert rows["events_event"] >= rows["directory_link"]


def test_a_run_after_a_few_hires_writes_only_them(report: Report) -> None:
    few = _phase(report.rounds[0], "few")
    assert few.members == HIRED
    assert HIRED <= few.links < PEOPLE


def test_every_figure_of_floors_and_ourselves_is_measured_in_the_same_round(report: Report) -> None:
    spent = report.rounds[0].spent
    ours = {name for name in WHAT if name.split(".")[0] in ("ours", "planned", "floor")}
    assert ours <= spent.keys()
    assert all(spent[name].seconds > 0 for name in ours)
    assert {name for one in RATIOS for name in (*one.above, *one.below)} <= WHAT.keys()


def test_peers_hold_everybody_if_their_environment_is_there(report: Report) -> None:
    found = report.rounds[0]
    assert found.broken == {}
    loaded = [one for name, one in found.spent.items() if name.split(".")[0] in ("dlt", "airbyte", "singer")]
    assert bool(loaded) is rivals.installed()
    assert {one.said["rows"] for one in loaded} <= {PEOPLE}


def test_the_report_shows_each_phase_and_each_ratio_of_the_round(report: Report) -> None:
    text = "\n".join(lines(report))
    for name in ("ours.read", "floor.mirror", "planned.new"):
        assert WHAT[name] in text
    spent = report.rounds[0].spent
    quiet = spent["ours.quiet"].seconds / spent["floor.read"].seconds
    row = next(line for line in text.splitlines() if line.startswith("| quiet run / read floor"))
    assert f"| {quiet:.2f} |" in row or f"| {quiet:.1f} |" in row or f"| {quiet:,.0f} |" in row


def test_a_ratio_is_made_of_figures_of_one_round_and_then_the_middle_is_taken(report: Report) -> None:
    """The middle of all floors beside the middle of all runs would compare a quiet minute with a busy one."""
    wanted = next(one for one in RATIOS if one.what == "quiet run / read floor")
    rounds = [_with(report.rounds[0], ours, floor) for ours, floor in ((2.0, 1.0), (30.0, 10.0), (8.0, 2.0))]
    found = ratio(wanted, rounds, by_seconds)
    assert found is not None
    assert (found.median, found.least, found.most) == (3.0, 2.0, 4.0)
    worked = ratio(wanted, rounds, by_work)
    assert worked is not None and worked.median == 3.0
    lacking = [msgspec.structs.replace(one, spent={"ours.quiet": Spent(seconds=1.0)}) for one in rounds]
    assert ratio(wanted, lacking, by_seconds) is None


def _with(found: Round, ours: float, floor: float) -> Round:
    spent = {
        "ours.quiet": Spent(seconds=ours, cpu=ours / 2, database=ours / 2),
        "floor.read": Spent(seconds=floor, cpu=floor),
    }
    return msgspec.structs.replace(found, spent=spent)


def test_the_report_goes_between_the_markers_of_the_page_and_nowhere_else(
    report: Report, tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter.\n", encoding="utf-8")
    into_page(report, page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"Before.\n\n{BEGIN}\n\n{PEOPLE} people") and text.endswith(f"{END}\n\nAfter.\n")
    assert "old" not in text
    page.write_text("no markers", encoding="utf-8")
    with pytest.raises(ValueError, match="no markers"):
        into_page(report, page)


def test_the_page_of_docs_has_the_markers() -> None:
    text = (Path(__file__).parents[2] / "docs/reference/performance.md").read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert text.index(BEGIN) < text.index(END)
