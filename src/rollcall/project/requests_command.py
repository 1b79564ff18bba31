"""`rollcall requests`: which HR tools admins miss, and the answer they read (S64)."""

import click

from rollcall.connections import tool_requests
from rollcall.connections.models import ToolRequest


@click.group(invoke_without_command=True)
@click.pass_context
def requests(context: click.Context) -> None:
    """Print the HR tools that admins asked for, most voices first."""
    if context.invoked_subcommand is not None:
        return
    found = tool_requests.asked_everywhere()
    if not found:
        click.echo("Nobody has asked for an HR tool.")
    for one in found:
        people = f", up to {one.people} people" if one.people else ""
        click.echo(
            f"{one.name}: {one.state}, voices: {one.voices}, companies: {one.companies}{people},"
            f" since {one.asked_at:%Y-%m-%d}"
        )
        for text in (*one.websites, *one.notes):
            click.echo(f"    {' '.join(text.split())}")


@requests.command()
@click.argument("tool")
@click.argument("state", type=click.Choice(list(ToolRequest.State.values)))
@click.option("--text", default="", help="One sentence that the admins read.")
def answer(tool: str, state: str, text: str) -> None:
    """Say what becomes of TOOL to everybody who asked for it. They read it under Settings > Integrations."""
    companies = tool_requests.answer(tool, state, text)
    if not companies:
        raise click.ClickException(f"Nobody has asked for {tool}.")
    click.echo(f"{tool} is {state} now, for {companies} {'company' if companies == 1 else 'companies'}.")
