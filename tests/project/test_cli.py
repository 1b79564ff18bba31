"""The command line: what is loaded when, and what `check` says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from rollcall.project import cli


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "rollcall.project", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_names_every_command_and_loads_none() -> None:
    done = _run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name, lazy in cli.COMMANDS.items() if lazy.summary)
    assert "django" not in done.stderr
    assert "httpx" not in done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["simulate", "up"])
def test_commands_without_pages_do_not_load_django(command: str) -> None:
    done = _run(command, "--help")
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if line.split("|")[-1].strip() == "django"]


def test_a_command_that_does_not_exist_is_refused() -> None:
    result = CliRunner().invoke(cli.main, ["dance"])
    assert result.exit_code == 2
    assert "No such command 'dance'" in result.output


@pytest.mark.thorough
def test_a_setting_that_is_no_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rollcall.project", "migrate"],
        env={**os.environ, "ROLLCALL_HOME": str(tmp_path), "DATABASE_URL": "mysql://db.example/hr"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: A database URL looks like postgresql://")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.thorough
def test_a_database_that_does_not_answer_is_said_in_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rollcall.project", "migrate"],
        env={
            **os.environ,
            "ROLLCALL_HOME": str(tmp_path),
            "DATABASE_URL": f"postgresql:///hr?host={tmp_path}",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The database can't be reached")
