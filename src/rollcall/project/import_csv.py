"""``rollcall import-csv``: hand in a file of employees from the command line, as an upload in the pages does."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import msgspec

from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import Actor
from rollcall.connections import source_files
from rollcall.connections.cells import safe_cell
from rollcall.connections.source_files import FileRefused, Layout, Look
from rollcall.project.sync_command import ADMIN_MUST_ACT, TRY_LATER, end, find_entity
from rollcall.sync.actions import Refused
from rollcall.sync.incoming import files
from rollcall.sync.incoming.files import Doubt, Doubtful, Outcome
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import error_sentence, field_label

ACTOR: Final = Actor(kind="system", label="rollcall import-csv")
_SAID: Final = {
    Outcome.CONNECTED: "Connected. The first read starts in a moment; it changes nobody.",
    Outcome.STARTED: "The file was accepted. A sync starts in a moment.",
    Outcome.SAME: "This is the same file as the last one: nothing changes.",
}
_TOLD: Final = 20


@click.command()
@click.argument("entity")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--layout",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How to read the file, as JSON; else as the last one, or as its header suggests.",
)
@click.option(
    "--preview", is_flag=True, help="Say what is in the file and how it would be read; keep nothing."
)
@click.option("--anyway", is_flag=True, help="Take it although it is older, or lists far fewer people.")
def import_csv(entity: str, file: Path, layout: Path | None, preview: bool, anyway: bool) -> None:
    """Read the people of ENTITY (its id or exact name) from FILE, a CSV file, and have a sync started.

    Ends with 0 when taken, 2 when somebody must look at the file or the settings, 3 for "try later".
    """
    found = find_entity(entity)
    try:
        with acting_for(found.company_id):
            source_files.refuse_size(file.stat().st_size)
            content = file.read_bytes()
            chosen = _layout(found.company_id, content, layout)
            seen = source_files.look(source_files.open_layout(content, chosen))
            _tell(seen, chosen)
            if preview:
                return
            written_at = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
            waiting = source_files.wait(found, content, file.name, actor=ACTOR, written_at=written_at)
            outcome = files.hand_in(found, waiting, chosen, seen, actor=ACTOR, anyway=anyway)
    except FileRefused as error:
        end(ADMIN_MUST_ACT, f"{error_sentence(error.code, error.params)} [{error.code}]")
    except Refused as refused:
        end(ADMIN_MUST_ACT, refusal_sentence(refused.code, refused.params))
    except Doubtful as doubtful:
        said = [files.doubt_sentence(one, doubtful.comparison, seen.people) for one in doubtful.doubts]
        if doubtful.doubts == [Doubt.UNREAD]:
            end(TRY_LATER, " ".join(said))
        end(ADMIN_MUST_ACT, " ".join([*said, "Nothing was taken; --anyway takes it."]))
    click.echo(_SAID[outcome])


def _layout(company_id: int, content: bytes, path: Path | None) -> Layout:
    """Return the layout of the file given, else the one in use, else what the header suggests."""
    if path is not None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Layout)
        except msgspec.MsgspecError as error:
            raise click.BadParameter(str(error), param_hint="--layout") from None
    known = files.layout_known(company_id)
    return known or source_files.alone(source_files.open_sheet(content))


def _tell(seen: Look, chosen: Layout) -> None:
    days = {"iso": "year first", "dmy": "day first", "mdy": "month first"}[chosen.dates]
    certain = "" if seen.certain else " (assumed)"
    click.echo(f"{seen.people} people; {seen.encoding}{certain}; days: {days}; known by: {chosen.key}")
    click.echo(
        "Columns: " + ", ".join(f"{column} = {field_label(name)}" for name, column in chosen.columns.items())
    )
    if seen.broken or seen.doubtful:
        click.echo(f"{seen.broken} rows set aside, {seen.doubtful} values doubtful:", err=True)
    for count, one in enumerate(files.told(seen)):
        if count == _TOLD:
            click.echo("  ...", err=True)
            break
        column = f", {safe_cell(one.column)}" if one.column else ""
        click.echo(f"  line {one.line}{column}: {files.problem_sentence(one)}", err=True)
