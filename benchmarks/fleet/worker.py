"""``rollcall worker`` that also counts the statements it sends; it writes their number into the file it is given."""

import sys
import threading
from pathlib import Path
from typing import Any, Final

import psycopg

from rollcall.project import working

_SENT: Final = [0]
_EVERY: Final = 0.5


def _counted(original: Any) -> Any:
    def counting(*args: Any, **kwargs: Any) -> Any:
        _SENT[0] += 1
        return original(*args, **kwargs)

    return counting


def _tell(path: Path) -> None:
    path.write_text(str(_SENT[0]), encoding="ascii")
    again = threading.Timer(_EVERY, _tell, [path])
    again.daemon = True
    again.start()


def main(concurrency: int, path: Path) -> int:
    """Work until somebody asks to stop."""
    # what leaves for the database is counted where the library sends it
    psycopg.Cursor.execute = _counted(psycopg.Cursor.execute)  # type: ignore[method-assign]
    _tell(path)
    return working.work(concurrency)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[2]), Path(sys.argv[3])))
