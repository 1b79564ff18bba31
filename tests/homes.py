"""Homes with a database that is in step already: made once for the code at hand, then copied.

Making one takes some seconds of both cores and the tests need about fifty; a copy takes 0.3 s. What makes it for the
first time is the product's own command, and tests/project begins from nothing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
_KEPT: Final = _ROOT / ".pytest_cache"
_NAME: Final = "database-"


# A test's database need not outlive the machine, only the server: whoever kills that one finds what was committed.
_QUICK: Final = "fsync = off\nfull_page_writes = off\n"


def prepare(home: Path, *, safe: bool = False) -> None:
    """Put a database that is in step into the folder ``home``, where there is none; ``safe`` as operators have it."""
    (home / "postgres").mkdir(parents=True, exist_ok=True)
    home.chmod(0o711)
    data = home / "postgres" / "data"
    _copy(_template(), data)
    if not safe:
        with (data / "postgresql.auto.conf").open("a") as file:
            file.write(_QUICK)


def _template() -> Path:
    """Return the data folder to copy; the first who asks makes it, and clears away those of older code."""
    _KEPT.mkdir(exist_ok=True)
    place = _KEPT / f"{_NAME}{_fingerprint()}"
    with (_KEPT / "database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            for old in _KEPT.glob(f"{_NAME}*"):
                shutil.rmtree(old)
            draft = _KEPT / f"draft-{os.getpid()}"
            with tempfile.TemporaryDirectory(prefix="rollcall-test-template-") as folder:
                home = Path(folder)
                home.chmod(0o711)
                _make(home)
                _copy(home / "postgres" / "data", draft)
            draft.rename(place)
    return place


def _make(home: Path) -> None:
    environment = {**_outside_of_tests(), "ROLLCALL_HOME": str(home)}
    command = [sys.executable, "-m", "rollcall.project", "migrate"]
    subprocess.run(command, env=environment, check=True, capture_output=True)


def _outside_of_tests() -> dict[str, str]:
    ours = ("ROLLCALL_", "DATABASE_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _fingerprint() -> str:
    """Return what changes with the tables, the programs, and how a database is made."""
    source = _ROOT / "src" / "rollcall"
    said = [
        *source.rglob("migrations/*.py"),
        *(source / "project").glob("*.py"),
        *source.glob("*/tenancy.py"),
    ]
    digest = hashlib.sha256()
    for file in [*sorted(said), _ROOT / "requirements" / "run.txt"]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:20]


def _copy(data: Path, to: Path) -> None:
    # cp keeps the owner, who is the database's own user under root
    subprocess.run(["cp", "-a", str(data), str(to)], check=True)
