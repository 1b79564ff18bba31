"""``rollcall drill``: play disasters against an entity's settings, members and limits, and change nothing."""

import sys
from typing import Any

import click
import msgspec

from rollcall.accounts.access import acting_for
from rollcall.connections.disasters import NAMES
from rollcall.connections.gallery import tool_name
from rollcall.directory.names import names_of
from rollcall.project.sync_command import ADMIN_MUST_ACT, TRY_LATER, end, find_entity
from rollcall.sync.drill.playing import Busy, Cannot, Outcome, drillable, play_all
from rollcall.sync.drill.telling import cannot, done, read, title, verdict

LOST: int = 1
"""Exit code when somebody would have lost access."""


@click.command()
@click.argument("entity")
@click.option(
    "--disaster", "names", multiple=True, type=click.Choice(NAMES), help="Only this one; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a disaster, a line each.")
def drill(entity: str, names: tuple[str, ...], as_json: bool) -> None:
    """Say what disasters in HR data would do to ENTITY (its id or exact name) today. Nobody is changed.

    Ends with 0 when nobody would have lost access, 1 when somebody would, 2 when an admin must act first, 3 for
    "try later" (a sync is at work).
    """
    found = find_entity(entity)
    lost = 0
    try:
        with acting_for(found.company_id):
            subscription = drillable(found.pk)
        tool = tool_name(subscription.connection.tool)
        for one in play_all(subscription, names):
            with acting_for(found.company_id):
                people = [who.name for who in names_of(one.lost_members).values()]
            _print(one, people, tool, as_json=as_json)
            lost += one.lost
    except Cannot as error:
        end(ADMIN_MUST_ACT, cannot(error.code))
    except Busy:
        end(TRY_LATER, cannot("busy"))
    sys.exit(LOST if lost else 0)


def _print(one: Outcome, people: list[str], tool: str, *, as_json: bool) -> None:
    if as_json:
        said: dict[str, Any] = msgspec.to_builtins(one) | {
            "title": title(one.disaster),
            "verdict": verdict(one),
            "done": done(one),
            "read": read(one, tool=tool),
            "lost_names": people,
        }
        click.echo(msgspec.json.encode(said).decode())
        return
    click.echo(f"{title(one.disaster)} [{one.disaster}]")
    click.echo(f"  {verdict(one)}")
    if people:
        click.echo(f"  {', '.join(people)}{', ...' if one.lost > len(people) else ''}")
    if not one.struck:
        return
    click.echo(f"  {one.struck} struck, {one.kept} left as they are, {one.seconds:.1f} s. {done(one)}")
    for sentence in read(one, tool=tool):
        click.echo(f"  - {sentence}")
