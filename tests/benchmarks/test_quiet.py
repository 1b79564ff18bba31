"""The measurement of quiet runs at a small size, and the query plans: they run, and a quiet run keeps its bounds."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.explain.statements import STATEMENTS, explained, page

MOST = 10
"""Statements of a quiet run, ``BEGIN`` and ``COMMIT`` apart."""

pytestmark = pytest.mark.journey


def test_inv5_a_quiet_run_writes_its_own_row_and_its_connections_in_few_statements() -> None:
    command = [sys.executable, "-m", "benchmarks.quiet", "--people", "200", "--runs", "5", "--json"]
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    both = json.loads(done.stdout)
    assert [one["reads"] for one in both] == ["changes", "everybody"]
    for found in both:
        assert found["people"] == 200
        assert 0 < found["statements"] <= MOST
        assert found["written"].keys() == {"sync_run", "connections_connection"}
        assert found["own"] > 0 < found["floor"]


def test_inv5_runs_after_a_few_changes_are_measured() -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.quiet",
        "--people",
        "200",
        "--changes",
        "5",
        "--runs",
        "1",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    found = json.loads(done.stdout)
    assert [(one["people"], one["changes"], one["which"]) for one in found] == [
        (200, 5, which) for which in ("changed", "after", "quiet")
    ]
    assert all(one["own"] > 0 < one["statements"] for one in found)


def test_every_statement_of_a_run_that_grows_with_the_people_is_explained() -> None:
    found = explained(150)
    assert [one.name for one in found] == [one.name for one in STATEMENTS]
    text = "\n".join(page(150, found))
    assert text.count("```text") == len(STATEMENTS)
    assert "acme.example" not in text
