"""Other programs are compared with safely: pinned, in an environment of their own, and nothing calls home."""

import ast
import re
from pathlib import Path

import pytest

from benchmarks.comparing import rivals

PEERS = rivals.ROOT / "benchmarks" / "peers"
SHARED = ("measuring/steps.py", "measuring/__init__.py", "__init__.py")
PROGRAMS = sorted({peer.module for peer in rivals.PEERS.values()})


def test_every_package_of_the_peers_is_pinned_with_hashes_and_names_no_address() -> None:
    lock = (PEERS / "requirements.txt").read_text(encoding="utf-8")
    packages = [one for one in re.split(r"\n(?=\S)", lock) if one.strip()]
    assert len(packages) > 50
    for one in packages:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==\S+ \\\n(    --hash=sha256:[0-9a-f]{64}( \\\n|\n?))+", one), (
            one[:80]
        )
    assert "://" not in lock
    wanted = (PEERS / "requirements.in").read_text(encoding="utf-8").split()
    assert {one.replace("[postgres]", "") for one in wanted} <= {one.split()[0] for one in packages}


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_peer_says_what_it_does_less_and_what_more(program: str) -> None:
    said = ast.get_docstring(ast.parse((PEERS / f"{program}.py").read_text(encoding="utf-8"))) or ""
    assert "Less than Rollcall: " in said
    assert "More: " in said


@pytest.mark.parametrize("file", sorted(PEERS.glob("*.py")), ids=lambda file: file.stem)
def test_no_peer_imports_anything_of_rollcall(file: Path) -> None:
    """Their environment has nothing of it, and what they share with us, ``SHARED``, is standard library only."""
    for source in (file, *(PEERS.parent / one for one in SHARED)):
        tree = ast.parse(source.read_text(encoding="utf-8"))
        names = [
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        ]
        names += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        ours = {name for name in names if name.split(".")[0] in ("rollcall", "benchmarks", "django")}
        assert ours <= {"benchmarks.measuring.steps"}


def test_peers_get_nothing_of_this_user_and_every_telemetry_is_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/real")
    monkeypatch.setenv("ROLLCALL_KEYS", "secret")
    given = rivals.environment(str(tmp_path))
    assert not {name for name in given if name.startswith("ROLLCALL_")} and "DATABASE_URL" not in given
    assert given["HOME"] == str(tmp_path)
    assert given["RUNTIME__DLTHUB_TELEMETRY"] == "false"
    assert (given["DO_NOT_TRACK"], given["MELTANO_SEND_ANONYMOUS_USAGE_STATS"]) == ("1", "false")
