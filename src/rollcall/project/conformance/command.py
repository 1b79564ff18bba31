"""`rollcall conformance`: what every connector must do, tried on one tool."""

import click

from rollcall.connectors.catalogue import TOOLS
from rollcall.project.conformance.report import against_stand_in, against_tool, told
from rollcall.project.conformance.subject import Subject, ways
from rollcall.project.pull import credentials_from, pairs


@click.command()
@click.argument(
    "tool", type=click.Choice(sorted(key for key, kind in TOOLS.items() if kind.tool.kind == "api"))
)
@click.option(
    "--credential",
    "credentials",
    multiple=True,
    metavar="NAME=VALUE",
    callback=pairs,
    help="A credential of the real tool; also ROLLCALL_CREDENTIAL_<NAME>, off the command line.",
)
@click.option("--base-url", metavar="URL", help="Another origin for the tool.")
@click.option(
    "--stand-in", is_flag=True, help="Try the stand-in though credentials are set in the environment."
)
def conformance(tool: str, credentials: dict[str, str], base_url: str | None, stand_in: bool) -> None:
    """Try a connector: against the tool's stand-in, or with credentials against the tool itself, reading only.

    Ends with 0 when nothing failed, with 1 otherwise.
    """
    given = {} if stand_in else credentials_from(tool) | dict(credentials)
    if given:
        click.echo(f"{TOOLS[tool].tool.name}, the tool itself: reading only\n")
        good = told(against_tool(Subject(tool, given, base_url, None)), click.echo)
    else:
        good = True
        for way in ways(tool):
            click.echo(f"{TOOLS[tool].tool.name}, its stand-in{f', with {way}' if way else ''}\n")
            good = told(against_stand_in(tool, way), click.echo) and good
    raise SystemExit(0 if good else 1)
