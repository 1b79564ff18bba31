"""`rollcall up` as an operator sees it: real processes, a home of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rollcall.project import database
from rollcall.simulators.loopback import LOOPBACK

pytestmark = pytest.mark.journey

_PATIENCE = 60


@pytest.fixture(scope="module")
def own_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="rollcall-test-up-"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(home: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rollcall.project", "up", "--port", str(port)],
        env={**os.environ, "ROLLCALL_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def _up(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = _free_port()
    process = _command(home, port)
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line == f"Rollcall is ready: http://localhost:{port}\n", (
            process.stderr and process.stderr.read()
        )
        yield process, port
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=_PATIENCE)
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def _left_over(home: Path) -> list[str]:
    """Living processes that still belong to this home."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = [process.environ().get("ROLLCALL_HOME", ""), *process.cmdline()]
            ours = any(str(home) in word for word in words)
            if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
    return found


def _child(process: subprocess.Popen[str], name: str) -> psutil.Process:
    (child,) = [c for c in psutil.Process(process.pid).children() if name in c.cmdline()]
    return child


def test_ready_means_pages_and_jobs_work(own_home: Path) -> None:
    with _up(own_home) as (process, port):
        assert LOOPBACK.get(f"http://127.0.0.1:{port}/healthz").text == "ok"
        assert _child(process, "worker").is_running()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_c2_a_polite_stop_ends_everything_within_30_seconds(own_home: Path, number: signal.Signals) -> None:
    """C2"""
    with _up(own_home) as (process, _):
        started = time.monotonic()
        process.send_signal(number)
        output, errors = process.communicate(timeout=_PATIENCE)
        assert process.returncode == 0, errors
        assert time.monotonic() - started < 30
        assert output == ""  # the ready line was the only one
    assert _left_over(own_home) == []
    assert not database.is_running(own_home)


def test_a_second_one_on_the_same_home_leaves_the_first_alone(own_home: Path) -> None:
    with _up(own_home) as (_, port):
        second = _command(own_home, _free_port())
        output, errors = second.communicate(timeout=_PATIENCE)
        assert (second.returncode, output) == (1, "")
        assert f"already up in {own_home}" in errors
        assert LOOPBACK.get(f"http://127.0.0.1:{port}/healthz").text == "ok"


def test_a_busy_port_is_said(own_home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = _command(own_home, other.getsockname()[1])
        _, errors = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 1
    assert "can't be used" in errors and "--port" in errors


@pytest.mark.parametrize("name", ["web", "worker"])
def test_when_a_part_dies_it_is_named_and_everything_stops(own_home: Path, name: str) -> None:
    with _up(own_home) as (process, _):
        _child(process, name).kill()
        _, errors = process.communicate(timeout=_PATIENCE)
        assert process.returncode == 1
        assert f"{name} ended by itself" in errors
    assert _left_over(own_home) == []


def test_a_command_beside_it_does_not_stop_its_database(own_home: Path) -> None:
    with _up(own_home) as (_, port):
        beside = subprocess.run(
            [sys.executable, "-m", "rollcall.project", "migrate"],
            env={**os.environ, "ROLLCALL_HOME": str(own_home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        assert beside.returncode == 0, beside.stderr
        assert LOOPBACK.get(f"http://127.0.0.1:{port}/healthz").text == "ok"
