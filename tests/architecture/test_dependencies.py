"""What is installed to run Rollcall is enough to run it: no module leans on a package that only tests bring."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

IMPORT_EVERYTHING = """
import importlib, importlib.metadata, os, pkgutil, re, sys

allowed = {re.sub(r"[-_.]+", "-", name).lower() for name in open(sys.argv[1]).read().split()}
owners = importlib.metadata.packages_distributions()

class OnlyTheLock:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        names = {re.sub(r"[-_.]+", "-", one).lower() for one in owners.get(top, ())}
        if names and not names & allowed and top != "rollcall":
            raise ModuleNotFoundError(f"{name} is not in requirements/run.txt", name=name)
        return None

sys.meta_path.insert(0, OnlyTheLock())
import django
django.setup()
import rollcall
# what an extra brings is loaded by name, and only if it is wanted
EXTRAS = {"rollcall.project.otlp"}
for module in pkgutil.walk_packages(rollcall.__path__, "rollcall."):
    if not module.name.endswith("__main__") and module.name not in EXTRAS:
        importlib.import_module(module.name)
from django.template import engines
engines["django"].engine.template_libraries
print("everything imported")
"""


def test_the_lock_for_running_has_all_that_is_imported(tmp_path: Path) -> None:
    lock = (ROOT / "requirements/run.txt").read_text()
    names = tmp_path / "names"
    names.write_text("\n".join(line.partition("==")[0] for line in lock.splitlines() if line[:1].isalnum()))
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, str(names)],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "rollcall.project.settings",
            "ROLLCALL_HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().endswith("everything imported"), done.stderr[-2000:]
