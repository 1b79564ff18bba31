"""Z5: the scan of every test's log and output finds what is planted, or a clean run would mean nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import planted

_ROOT = Path(__file__).resolve().parents[2]
_LEAKY = """
import logging
import pytest
from tests import planted

@pytest.mark.parametrize("value", planted.ALL)
def test_leaks_to_the_log(value): logging.getLogger("x").warning("%s", value)

@pytest.mark.parametrize("value", planted.ALL)
def test_leaks_to_the_output(value): print(value)

def test_says_nothing(): pass
"""


@pytest.mark.journey
def test_z5_inv19_every_planted_value_is_found_in_log_and_output(tmp_path: Path) -> None:
    (tmp_path / "test_leaky.py").write_text(_LEAKY, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest"),
            *("--rootdir", str(_ROOT), "-c", str(_ROOT / "pyproject.toml"), str(tmp_path)),
        ],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert f"{2 * len(planted.ALL)} failed, 1 passed" in done.stdout, done.stdout


@pytest.mark.shows_planted
def test_a_test_may_say_that_it_shows_one() -> None:
    print(planted.TOKEN)  # noqa: T201 - the scan must leave this one alone
