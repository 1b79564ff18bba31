"""The embedded server: one per home, shared, found again, and gone when nobody uses it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from rollcall.project import database, databases


@pytest.fixture(scope="module")
def own_home() -> Iterator[Path]:
    """A home of its own: the session's server must not be stopped by these tests."""
    home = Path(tempfile.mkdtemp(prefix="rollcall-test-database-"))
    home.chmod(0o711)
    with database.running(home):
        pass  # made once for all tests here
    yield home
    shutil.rmtree(home)


def _ask(home: Path, role: str, question: str) -> object:
    with psycopg.connect(
        host=str(database.socket_folder(home)), user=role, dbname=database.DATABASE
    ) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def test_it_runs_inside_the_block_and_not_after(own_home: Path) -> None:
    with database.running(own_home):
        assert _ask(own_home, database.APP_ROLE, "SELECT current_user") == "rollcall_app"
    assert not database.is_running(own_home)


def test_a_second_user_joins_and_the_last_one_stops_it(own_home: Path) -> None:
    with database.running(own_home):
        first = _ask(own_home, database.APP_ROLE, "SELECT pg_postmaster_start_time()")
        with database.running(own_home):
            assert _ask(own_home, database.APP_ROLE, "SELECT pg_postmaster_start_time()") == first
        assert database.is_running(own_home)
    assert not database.is_running(own_home)


@pytest.mark.thorough
def test_the_user_who_started_it_may_leave_first(own_home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from rollcall.project import database\n"
        "with database.running(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(own_home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout and starter.stdout.readline() == "in\n"
        with database.running(own_home):
            starter.communicate("")
            assert starter.returncode == 0
            assert database.is_running(own_home)
    assert not database.is_running(own_home)


def test_a_user_who_is_killed_does_not_keep_it_running_for_ever(own_home: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from rollcall.project import database\n"
        "with database.running(Path(sys.argv[1])): print('in', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(own_home)], stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdout and user.stdout.readline() == "in\n"
        user.kill()
    assert database.is_running(own_home)
    with database.running(own_home):
        assert _ask(own_home, database.APP_ROLE, "SELECT 1") == 1
    assert not database.is_running(own_home)


@pytest.mark.thorough
def test_c3_it_starts_again_after_the_server_was_killed(own_home: Path) -> None:
    """C3: the old pid file is no hindrance, and what was committed is there."""
    pid_file = own_home / "postgres" / "data" / "postmaster.pid"
    with database.running(own_home):
        with psycopg.connect(
            host=str(database.socket_folder(own_home)), user=database.OWNER_ROLE, dbname=database.DATABASE
        ) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)
    assert pid_file.exists()
    with database.running(own_home):
        assert _ask(own_home, database.OWNER_ROLE, "SELECT max(n) FROM kept") == 7


def test_a_pid_file_of_another_process_is_no_server(own_home: Path) -> None:
    pid_file = own_home / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text("999999999\n/nowhere\n1\n5432\n/nowhere\n\n 1 1\nready\n")
    with database.running(own_home):
        assert _ask(own_home, database.APP_ROLE, "SELECT 1") == 1


def test_nobody_else_can_reach_its_socket(own_home: Path) -> None:
    with database.running(own_home):
        assert (own_home / "postgres").stat().st_mode & 0o777 == 0o700
        assert _ask(own_home, database.OWNER_ROLE, "SHOW listen_addresses") == ""


def test_z5_no_value_of_a_person_reaches_its_log(own_home: Path) -> None:
    """Z5"""
    with (
        database.running(own_home),
        psycopg.connect(
            host=str(database.socket_folder(own_home)), user=database.OWNER_ROLE, dbname=database.DATABASE
        ) as connection,
    ):
        connection.execute("CREATE TEMP TABLE people (email text UNIQUE)")
        connection.execute("INSERT INTO people VALUES ('alice@alpine.example')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('alice@alpine.example')")
    log = (own_home / "postgres" / "log").read_text()
    assert "duplicate key" in log
    assert "alice" not in log


def test_a_path_too_long_for_a_socket_gets_a_short_one() -> None:
    long = Path("/srv") / ("x" * 120)
    assert len(str(database.socket_folder(long))) < 60
    assert database.socket_folder(long) != database.socket_folder(long / "y")


def test_the_url_of_an_operator_is_used_for_both_roles() -> None:
    found = databases.from_environment(
        {"DATABASE_URL": "postgresql://anna:p%40ss@db.example:6000/hr"}, Path("/h")
    )
    assert found["owner"]["PASSWORD"] == "p@ss"
    assert (found["owner"]["HOST"], found["owner"]["PORT"], found["owner"]["NAME"]) == (
        "db.example",
        "6000",
        "hr",
    )
    assert found["owner"]["OPTIONS"] == {}
    assert found["default"]["OPTIONS"] == {"options": "-c role=rollcall_app"}


def test_a_login_of_its_own_for_the_app_is_used_as_it_is() -> None:
    found = databases.from_environment(
        {
            "DATABASE_URL": "postgresql://owner@db.example/hr?sslmode=require",
            "ROLLCALL_APP_DATABASE_URL": "postgresql://web@db.example/hr",
        },
        Path("/h"),
    )
    assert (found["default"]["USER"], found["default"]["OPTIONS"]) == ("web", {})
    assert found["owner"]["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize("url", ["mysql://db.example/hr", "postgresql://db.example", "hr"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="looks like postgresql://"):
        databases.from_environment({"DATABASE_URL": url}, Path("/h"))
