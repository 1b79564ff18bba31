"""The benchmark at a small size: it runs, and what it counts depends on chunks, not on people."""

import os
import subprocess
import sys

import msgspec
import pytest

from benchmarks.report import HIRED, Measured, Phase, Report, lines

PEOPLE, SMALL = 300, 150
# both sizes are one page and one chunk; whether the quiet run stores a plan of remarks may differ
_MARGIN = 15

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def report() -> Report:
    command = [sys.executable, "-m", "benchmarks", "--people", str(PEOPLE), "--small", str(SMALL), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return msgspec.json.decode(done.stdout, type=Report)


def _phase(measured: Measured, name: str) -> Phase:
    return next(phase for phase in measured.phases if phase.name == name)


@pytest.mark.parametrize("name", ["read", "plan", "apply", "quiet", "few"])
def test_no_phase_sends_a_statement_per_person(report: Report, name: str) -> None:
    few, many = _phase(report.small, name), _phase(report.measured, name)
    assert few.statements > 0
    assert many.statements <= few.statements + _MARGIN
    assert many.statements < PEOPLE


def test_a_run_without_a_change_writes_no_row_of_members_or_links(report: Report) -> None:
    quiet = _phase(report.measured, "quiet")
    assert (quiet.members, quiet.links) == (0, 0)


def test_apply_writes_every_planned_member_with_link_invitation_and_event(report: Report) -> None:
    rows, applied = report.measured.rows, _phase(report.measured, "apply")
    assert report.measured.people == PEOPLE
    assert rows["connections_employee"] == PEOPLE + HIRED
    assert 0 < applied.members == applied.links
    assert rows["directory_link"] == rows["directory_invitation"] == applied.links + HIRED
    assert rows["events_event"] >= rows["directory_link"]


def test_a_run_after_a_few_hires_writes_only_them(report: Report) -> None:
    few = _phase(report.measured, "few")
    assert few.members == HIRED
    assert HIRED <= few.links < PEOPLE


def test_the_table_shows_each_phase_beside_its_floor(report: Report) -> None:
    text = "\n".join(lines(report))
    for phase in report.measured.phases:
        assert f"{phase.seconds / report.measured.floors[phase.name].seconds:.1f}" in text
