"""Singer: a tap made with singer-sdk, piped into MeltanoLabs' target for PostgreSQL, which upserts into one table.

Less than Rollcall: as dlt. Two processes that write and read each record as a line of JSON; both are started anew each
time, as an orchestrator does, and that is in its figures. More: any tap goes with any target.
"""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy

from benchmarks.measuring.steps import Steps


def main() -> None:
    """Load everybody twice into a new schema; nothing has changed the second time."""
    steps = Steps()
    task = steps.task
    folder = Path(task["folder"])
    tap, target = folder / "tap.json", folder / "target.json"
    tap.write_text(json.dumps({name: task[name] for name in ("url", "path", "api_key", "question", "key")}))
    settings = {
        "sqlalchemy_url": task["database"].replace("postgresql://", "postgresql+psycopg://"),
        "default_target_schema": task["name"],
        "load_method": "upsert",
        # off as it comes, and slower then
        "use_copy": True,
    }
    target.write_text(json.dumps(settings))
    for name in ("first", "second"):
        with steps.step(name):
            _pipe(tap, target)
        found = _found(task)
        assert found["rows"] == task["people"], found
        steps.tell(found)


def _pipe(tap: Path, target: Path) -> None:
    programs = Path(sys.executable).parent
    reading = [sys.executable, "-m", "benchmarks.peers.singer_tap", "--config", str(tap)]
    with subprocess.Popen(reading, stdout=subprocess.PIPE) as source:
        subprocess.run(
            [str(programs / "target-postgres"), "--config", str(target)],
            stdin=source.stdout,
            stdout=sys.stderr,
            check=True,
        )
        assert source.wait() == 0


def _found(task: dict[str, Any]) -> dict[str, Any]:
    engine = sqlalchemy.create_engine(task["database"])
    with engine.connect() as connection:
        counted = sqlalchemy.text(f"SELECT count(*), min(email) FROM {task['name']}.employees")
        rows, value = connection.execute(counted).one()
    return {"rows": rows, "value": value, "version": version("singer-sdk")}


if __name__ == "__main__":
    main()
