"""The home's folder and the secrets in it."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rollcall.project import home


def test_the_home_named_in_the_environment_counts(tmp_path: Path) -> None:
    assert home.home_folder({"ROLLCALL_HOME": str(tmp_path)}) == tmp_path


@pytest.mark.skipif(os.geteuid() != 0, reason="the rule is about root")
def test_under_root_the_home_lies_outside_private_folders() -> None:
    assert home.home_folder({}) == Path("/var/lib/rollcall")


@pytest.mark.skipif(os.geteuid() == 0, reason="the rule is about everybody else")
def test_the_home_is_a_hidden_folder_of_the_person() -> None:
    assert home.home_folder({}) == Path.home() / ".rollcall"


def test_others_can_pass_through_the_home_but_not_list_it(tmp_path: Path) -> None:
    home.make_home(tmp_path / "home")
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o711


def test_a_secret_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first = home.read_or_make_secret(tmp_path / "key")
    assert len(first) >= 50
    assert home.read_or_make_secret(tmp_path / "key") == first
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: home.read_or_make_secret(tmp_path / "key"), range(40)))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
