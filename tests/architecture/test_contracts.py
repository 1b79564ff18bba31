"""The import contracts hold, and each of them notices a violation: one is planted in a copy of the tree."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rollcall.connectors import catalogue

_ROOT = Path(__file__).resolve().parents[2]
_LINT = Path(sys.executable).with_name("lint-imports")


def _contracts() -> dict[str, dict[str, object]]:
    settings = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in (_ROOT / "src" / "rollcall", _ROOT / "benchmarks"):
        left_out = shutil.ignore_patterns("__pycache__", "static")
        shutil.copytree(folder, tmp_path / folder.name, ignore=left_out)
    shutil.copy(_ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    limits = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [str(_LINT), "--no-cache", "--config", "pyproject.toml", *limits],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _plant(folder: Path, place: str, line: str) -> None:
    file = folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    (file.parent / "__init__.py").touch()
    file.write_text(
        f"{line}\n" + (file.read_text(encoding="utf-8") if file.exists() else ""), encoding="utf-8"
    )


def test_every_contract_is_kept(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


_VIOLATIONS = {
    "layers": ("rollcall/events/planted.py", "import rollcall.directory.queries"),
    "engine": ("rollcall/engine/planted.py", "import httpx"),
    "lower-half": ("rollcall/http_client/planted.py", "import django.db"),
    "vendors": ("rollcall/connectors/personio/planted.py", "import rollcall.connectors.bamboohr"),
    "members": ("rollcall/sync/planted.py", "import rollcall.directory.models"),
    "secrets": ("rollcall/sync/planted.py", "import rollcall.accounts.secrets"),
    "connectors": ("rollcall/directory/planted.py", "import rollcall.connectors.base"),
    "simulators": ("rollcall/sync/planted.py", "import rollcall.simulators.people"),
    "benchmarks": ("benchmarks/measuring/planted.py", "import benchmarks.companies.flow"),
    "peers": ("benchmarks/peers/planted.py", "import benchmarks.measuring.ground"),
    "cycles": ("rollcall/accounts/planted.py", "import rollcall.events.models"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("contract", sorted(_VIOLATIONS))
def test_a_planted_violation_is_found(copy: Path, contract: str) -> None:
    place, line = _VIOLATIONS[contract]
    _plant(copy, place, line)
    done = _lint(copy, contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "planted" in done.stdout or "cycle" in done.stdout.lower()


def test_every_contract_has_a_violation_that_shows_it() -> None:
    assert set(_contracts()) == set(_VIOLATIONS)


def test_a_new_top_level_folder_fails_until_it_has_a_row(copy: Path) -> None:
    _plant(copy, "rollcall/payroll/__init__.py", '"""A room nobody has placed."""')
    done = _lint(copy, "layers")
    assert done.returncode == 1
    assert "payroll" in done.stdout + done.stderr


def test_the_contract_names_the_vendors_of_the_catalogue() -> None:
    named = _contracts()["vendors"]["modules"]
    assert isinstance(named, list)
    packages = {connector.__module__.rpartition(".")[0] for connector in catalogue.TOOLS.values()}
    assert set(named) == packages


def test_no_import_hides_from_the_contracts() -> None:
    """No import inside a function, and none under TYPE_CHECKING to dodge a cycle."""
    hidden = [
        f"{path.relative_to(_ROOT)}:{node.lineno}"
        for path in (_ROOT / "src").rglob("*.py")
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(outer, ast.FunctionDef | ast.If)
        for node in ast.walk(outer)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []
