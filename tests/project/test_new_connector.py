"""`rollcall new-connector`, run in a copy of the tree: what it writes works before anybody has changed a word."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_SHARED = (
    "tests/__init__.py",
    *(f"tests/connectors/{name}.py" for name in ("__init__", "conftest", "loopback", "test_cases")),
)
_PLACES = ("src/rollcall/connectors/sagehr", "src/rollcall/simulators/sagehr", "tests/connectors/sagehr")


def _copied(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "static", "locale", "sagehr")
    shutil.copytree(_ROOT / "src", folder / "src", ignore=ignored)
    for name in ("pyproject.toml", *_SHARED):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_ROOT / name, folder / name)
    return folder


def _run(tree: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=cwd or tree,
        # before the program that is installed here
        env={**os.environ, "PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the parts of the tree that a connector touches."""
    return _copied(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy with a new tool in it; shared, so nobody changes it."""
    tree = _copied(tmp_path_factory.mktemp("made"))
    done = _run(tree, "rollcall.project", "new-connector", "Sage HR")
    assert done.returncode == 0, done.stderr
    assert all(f"{place}/" in done.stdout for place in _PLACES)
    return tree


@pytest.mark.journey
def test_a_new_connector_passes_the_conformance_kit_as_it_is(made: Path) -> None:
    """The whole kit, by a process of its own: nothing fails, and what does not apply is said."""
    done = _run(made, "rollcall.project", "conformance", "sagehr")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Sage HR, its stand-in")
    assert " 0 failed" in done.stdout
    assert len([line for line in done.stdout.splitlines() if line.startswith("ok ")]) > 50


@pytest.mark.journey
def test_a_new_connector_is_tried_in_every_branch_by_its_own_tests(made: Path) -> None:
    done = _run(
        made,
        *("pytest", "-q", "-p", "no:cacheprovider", "-k", "sagehr", "tests/connectors"),
        *("--cov=rollcall.connectors.sagehr", "--cov-branch", "--cov-fail-under=100"),
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.journey
def test_a_new_connector_keeps_the_house_rules_once_imports_are_sorted(made: Path) -> None:
    """The types, too: a skeleton that mypy refuses would teach the wrong thing."""
    registers = ("src/rollcall/connectors/catalogue.py", "src/rollcall/simulators/server.py")
    assert _run(made, "ruff", "check", "--no-cache", "--select", "I", *registers).returncode == 0
    assert _run(made, "ruff", "check", "--no-cache", "--select", "I", "--fix", *_PLACES).returncode == 0
    for words in (("check",), ("format", "--check")):
        done = _run(made, "ruff", *words, "--no-cache", *_PLACES)
        assert done.returncode == 0, done.stdout
    typed = _run(
        made,
        "mypy",
        "--strict",
        "--follow-imports=silent",
        "--config-file=",
        "src/rollcall/connectors/sagehr",
    )
    assert typed.returncode == 0, typed.stdout


@pytest.mark.journey
def test_a_new_connector_stands_in_its_alphabetical_place_and_is_announced_no_more(made: Path) -> None:
    """S65."""
    catalogue = (made / "src/rollcall/connectors/catalogue.py").read_text()
    listed = catalogue[catalogue.index("TOOLS: ") : catalogue.index("\n}\n")].splitlines()[1:]
    assert '    "sagehr": SageHR,' in listed
    assert listed == sorted(listed)
    assert 'Announced("sagehr"' in (_ROOT / "src/rollcall/connectors/catalogue.py").read_text()
    assert 'Announced("sagehr"' not in catalogue
    vendors = next(line for line in (made / "pyproject.toml").read_text().splitlines() if ".sagehr" in line)
    names = vendors.removeprefix("modules = [").removesuffix("]").split(", ")
    assert names == sorted(names)


@pytest.mark.journey
def test_a_stand_in_that_is_there_already_stays_as_it_is(tree: Path) -> None:
    """It was written from the tool's documents; the connector must be made to fit."""
    written = tree / "src/rollcall/simulators/sagehr"
    written.mkdir()
    (written / "api.py").write_text("class SageHR: ...\n")
    done = _run(tree, "rollcall.project", "new-connector", "Sage HR")
    assert done.returncode == 0, done.stderr
    assert "simulators/sagehr exists already and stays" in done.stdout
    assert [path.name for path in written.iterdir()] == ["api.py"]
    assert (tree / "src/rollcall/connectors/sagehr/connector.py").is_file()


@pytest.mark.journey
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../evil", "letters, digits and blanks only"),
        ("BambooHR", "exists already"),
    ],
)
def test_a_name_that_is_no_use_changes_nothing(tree: Path, name: str, says: str) -> None:
    """F5: a name never becomes a path as it stands."""
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    done = _run(tree, "rollcall.project", "new-connector", name)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())
    assert {
        path: path.read_bytes() for path in tree.rglob("*") if path.suffix != ".pyc" and path.is_file()
    } == before


@pytest.mark.journey
def test_outside_a_checkout_it_asks_for_one(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = _run(tree, "rollcall.project", "new-connector", "Sage HR", cwd=elsewhere)
    assert done.returncode == 2
    assert "--into" in done.stderr
    assert not list(elsewhere.iterdir())


@pytest.mark.journey
def test_a_register_of_another_shape_is_said_and_the_line_given(tree: Path) -> None:
    """Whoever moved the list finds out what to write by hand."""
    server = tree / "src/rollcall/simulators/server.py"
    server.write_text(server.read_text().replace("\nTOOLS: ", "\nSTAND_INS: "))
    done = _run(tree, "rollcall.project", "new-connector", "Sage HR")
    assert done.returncode == 1
    assert 'add this by hand: "sagehr": SageHR,' in done.stderr
