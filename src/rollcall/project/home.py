"""The folder where one installation keeps what is its own, and the secret files in it."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

_SYSTEM_HOME = Path("/var/lib/rollcall")


def home_folder(environment: Mapping[str, str]) -> Path:
    """The absolute path of ROLLCALL_HOME; the folder need not exist yet.

    Under root the default lies outside private folders, because PostgreSQL refuses to run as root
    and the user it runs as must be able to reach its data.
    """
    given = environment.get("ROLLCALL_HOME")
    if given:
        return Path(given).expanduser().absolute()
    if os.geteuid() == 0:
        return _SYSTEM_HOME
    return Path.home() / ".rollcall"


def make_home(home: Path) -> None:
    """Create the folder. Others may pass through it (the database's user must), never list it."""
    home.mkdir(parents=True, exist_ok=True)
    if home.stat().st_uid == os.geteuid():
        home.chmod(0o711)


def read_or_make_secret(path: Path) -> str:
    """The secret text kept in `path` (mode 0600), made of 50 random bytes at the first call.

    Two processes that start together agree: the file appears whole under its name or not at all.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first: its secret counts
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
