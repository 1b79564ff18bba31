"""Turns one guard off at a time in a copy of the tree, and fails unless the test that watches it goes red.

``scripts/mutants`` does all of them (< 4 minutes); words after it choose guards by a part of their sentence. With
``--life`` the stateful test runs instead of the named one, and what it catches is told; that takes an hour.
``--table`` writes ``docs/reference/guards.md`` alone.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Final

from msgspec import Struct

from tests.guards import GUARDS, Mutant

ROOT: Final = Path(__file__).parents[1]
TABLE: Final = ROOT / "docs/reference/guards.md"
LIFE: Final = "tests/stateful/test_life.py"
SIDE_BY_SIDE: Final = 2
GREEN, RED = 0, 1  # what pytest answers; anything else is no answer about the guard
BROKEN: Final = -1


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of a mutant: pytest's answer, how long it took, and its last words."""

    mutant: Mutant
    code: int
    seconds: float
    words: str


def missing(one: Mutant, root: Path = ROOT) -> str:
    """Return why the guard cannot be turned off: its text is not there exactly once; empty when it can."""
    count = (root / "src/rollcall" / one.file).read_text(encoding="utf-8").count(one.old)
    return "" if count == 1 else f"src/rollcall/{one.file} has this text {count} times:\n{one.old}"


def table() -> str:
    """Return the page of the guards."""
    rows = "\n".join(
        f"| {one.guard} | {one.shows} | `{one.file}` | {_name(one)} |"
        for one in sorted(GUARDS, key=lambda one: one.file)
    )
    return (
        "# Guards against locking somebody out\n\n"
        "Each of these rules has one place in the code, and a quick test that goes red when that place is turned off.\n"
        "`scripts/mutants` turns off one after the other in a copy of the tree and sees to it. Written by it from\n"
        "`tests/guards.py`; paths are inside `src/rollcall`, ids are those of the\n"
        "[fault catalogue](fault-catalogue.md) and of the [product](../product.md).\n\n"
        "| Guard | Shows | Stands in | Watched by |\n|---|---|---|---|\n"
        f"{rows}\n"
    )


def _name(one: Mutant) -> str:
    place, _, name = one.test.partition("::")
    file, _, case = place.partition(" -k ")
    return f"`{name or case}` in `{file}`"


@contextmanager
def _copies(count: int) -> Iterator[list[Path]]:
    """Copies of what the tests need; the virtual environment is shared."""
    with tempfile.TemporaryDirectory(prefix="rollcall-mutants-") as home:
        trees = []
        Path(home).chmod(0o711)
        for number in range(count):
            tree = Path(home, str(number))
            ignored = shutil.ignore_patterns(".*", "__pycache__")
            shutil.copytree(ROOT, tree, ignore=ignored)
            trees.append(tree)
        yield trees


def _try(one: Mutant, tree: Path, *, life: bool, stamp: int) -> Verdict:
    file = tree / "src/rollcall" / one.file
    whole = file.read_text(encoding="utf-8")
    _write(file, whole.replace(one.old, one.new), stamp)
    place, _, case = one.test.partition(" -k ")
    wanted = [LIFE, "--tb=short", "--show-capture=no"] if life else [place, *(["-k", case] if case else [])]
    begun = time.monotonic()
    done = _pytest(tree, wanted)
    _write(file, whole, stamp + 1)
    told = [line for line in done.stdout.splitlines() if line.startswith("E  ")] if life else []
    words = "\n".join(told[:3] if life else done.stdout.splitlines()[-25:])
    # A test that could not even begin says nothing about the guard.
    code = done.returncode if done.returncode != RED or " failed" in done.stdout[-200:] else BROKEN
    return Verdict(mutant=one, code=code, seconds=time.monotonic() - begun, words=words)


def _pytest(tree: Path, wanted: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *wanted],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def _write(file: Path, text: str, stamp: int) -> None:
    """Write with a time of its own: Python recognises compiled files by the second and the length."""
    file.write_text(text, encoding="utf-8")
    os.utime(file, (stamp, stamp))


def _work(tree: Path, waiting: "Queue[tuple[int, Mutant]]", found: "list[Verdict]", *, life: bool) -> None:
    while True:
        try:
            number, one = waiting.get_nowait()
        except Empty:
            return
        verdict = _try(one, tree, life=life, stamp=1_000_000_000 + 10 * number)
        found.append(verdict)
        said = {GREEN: "SURVIVED", RED: "caught"}.get(verdict.code, f"NO ANSWER ({verdict.code})")
        _say(f"{said:9} {verdict.seconds:5.1f} s  {one.guard}")
        if life or verdict.code != RED:
            _say(verdict.words)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run(chosen: Sequence[Mutant], *, life: bool = False) -> int:
    """Try these mutants; return how many were not caught."""
    gone = [text for one in chosen if (text := missing(one))]
    if gone:
        _say("\n\n".join(gone))
        return len(gone)
    waiting: Queue[tuple[int, Mutant]] = Queue()
    for pair in enumerate(chosen, 1):
        waiting.put(pair)
    found: list[Verdict] = []
    begun = time.monotonic()
    with _copies(SIDE_BY_SIDE) as trees:
        if not life and (words := _red_anyway(chosen, trees[0])):
            _say(words)
            return len(chosen)
        workers = [
            threading.Thread(target=_work, args=(tree, waiting, found), kwargs={"life": life})
            for tree in trees
        ]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
    caught = sum(one.code == RED for one in found)
    _say(f"{caught} of {len(chosen)} guards are watched ({time.monotonic() - begun:.0f} s)")
    return len(chosen) - caught


def _red_anyway(chosen: Sequence[Mutant], tree: Path) -> str:
    """Return what pytest says when the tests fail although no guard is off; empty when they pass."""
    named = [one.test.partition(" -k ") for one in chosen]
    cases = " or ".join(case for _, _, case in named if case)
    tests = sorted({place for place, _, case in named if not case})
    files = sorted({place for place, _, case in named if case})
    runs = [tests] if tests else []
    runs += [[*files, "-k", cases]] if files else []
    for wanted in runs:
        done = _pytest(tree, wanted)
        if done.returncode != GREEN:
            return f"These tests are red although no guard is off:\n{done.stdout[-3000:]}"
    return ""


def main(words: Sequence[str]) -> int:
    """Do what the command line asks; return 0 when no mutant survived."""
    if "--table" in words:
        TABLE.write_text(table(), encoding="utf-8")
        return 0
    parts = [word.lower() for word in words if not word.startswith("--")]
    chosen = [one for one in GUARDS if not parts or any(part in one.guard.lower() for part in parts)]
    return min(1, run(chosen, life="--life" in words))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
