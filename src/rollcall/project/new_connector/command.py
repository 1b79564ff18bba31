"""`rollcall new-connector`: writes the skeleton of a connector, its stand-in and its tests into a checkout.

The skeleton works: it reads an invented API with a key and numbered pages, and passes the conformance kit. What is
left is to replace the invention by the tool's facts.
"""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Final

import click

SKELETON: Final = files("rollcall.project.new_connector") / "skeleton"
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ]{0,30}")
PLACES: Final = {
    "connector": "src/rollcall/connectors/{key}",
    "simulator": "src/rollcall/simulators/{key}",
    "tests": "tests/connectors/{key}",
}


@click.command()
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="The checkout of Rollcall; by default where you are.",
)
def new_connector(name: str, into: Path) -> None:
    """Write a working skeleton for the HR tool NAME, written as people write it, such as "Sage HR"."""
    if not NAME.fullmatch(name):
        raise click.BadParameter("letters, digits and blanks only")
    if not (into / "src/rollcall/connectors/catalogue.py").is_file():
        raise click.UsageError("this is no checkout of Rollcall; name one with --into")
    words = _words(name)
    folders = {part: into / place.format(**words) for part, place in PLACES.items()}
    if folders["connector"].exists():
        raise click.UsageError(f"{folders['connector']} exists already")
    for part, folder in folders.items():
        if folder.exists():
            # a stand-in may have been written before, from the tool's documents
            click.echo(f"{folder} exists already and stays: what is written beside it must be made to fit")
        else:
            _write(SKELETON / part, folder, words)
    for file, begins, ends, entry in _lists(words):
        _insert(into / file, begins, ends, entry)
    _arrived(into / "src/rollcall/connectors/catalogue.py", words["key"])
    click.echo(
        f"\nTry it:\n  ruff check --fix src tests\n  rollcall conformance {words['key']}\n"
        f"  pytest tests/connectors/{words['key']} tests/connectors/test_cases.py\n"
        f"Then replace what is invented: search for REPLACE, and read docs/how-to/write-a-connector.md."
    )


def _words(name: str) -> dict[str, str]:
    key = re.sub(r"\W", "", name).lower()
    return {"key": key, "Name": name, "Class": re.sub(r"\W", "", name), "CONSTANT": key.upper()}


def _write(source: Traversable, target: Path, words: dict[str, str]) -> None:
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if entry.is_dir():
            _write(entry, target / entry.name, words)
            continue
        file = target / entry.name.removesuffix(".txt").replace("TOOL", words["key"])
        file.write_text(Template(entry.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
        click.echo(str(file))


def _lists(words: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Return the lists that make the rest of the program know the tool: file, how it begins and ends, what to add."""
    key, kind = words["key"], words["Class"]
    member = f'    "{key}": {kind},\n'
    found = []
    for room, module in (("connectors", "connector"), ("simulators", "api")):
        file = f"src/rollcall/{room}/{'catalogue' if room == 'connectors' else 'server'}.py"
        line = f"from rollcall.{room}.{key}.{module} import {kind}\n"
        found += [(file, f"from rollcall.{room} import ", "\n\n", line), (file, "\nTOOLS: ", "\n}\n", member)]
    vendors = ("# Repeats connectors/catalogue.py; a test compares the two.\nmodules = [", "]\n")
    return [*found, ("pyproject.toml", *vendors, f'"rollcall.connectors.{key}"')]


def _insert(file: Path, begins: str, ends: str, entry: str) -> None:
    """Put ``entry`` in its alphabetical place in the list; one that is there already stays as it is."""
    text = file.read_text(encoding="utf-8")
    if entry in text:
        return
    start = text.find(begins) + len(begins)
    end = text.find(ends, start)
    if begins not in text or end < 0:
        raise click.ClickException(f"{file} is not as expected: add this by hand: {entry.strip()}")
    if entry.endswith("\n"):
        # entries are lines; those of an import over several lines begin with blanks and are passed over
        start, end = text.index("\n", start) + 1, end + 1
        lines = text[start:end].splitlines(keepends=True)
        same = entry[: len(entry) - len(entry.lstrip()) + 1]
        place = next(
            (at for at, line in enumerate(lines) if line.startswith(same) and line > entry), len(lines)
        )
        listed = "".join([*lines[:place], entry, *lines[place:]])
    else:
        listed = ", ".join(sorted([*text[start:end].split(", "), entry]))
    file.write_text(text[:start] + listed + text[end:], encoding="utf-8")
    click.echo(f"{file}: {entry.strip()}")


def _arrived(catalogue: Path, key: str) -> None:
    """Take the tool out of those that are announced, if it is one of them."""
    text = catalogue.read_text(encoding="utf-8")
    left = re.sub(rf'    Announced\("{key}", .*\),\n', "", text)
    if left != text:
        catalogue.write_text(left, encoding="utf-8")
        click.echo(f"{catalogue}: no longer announced")
