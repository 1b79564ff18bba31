"""`rollcall simulate`: stand-ins for HR tools, with made-up people."""

import click

from rollcall.simulators.server import serve_forever


@click.command()
@click.argument("tools", nargs=-1, required=True, metavar="TOOL...")
@click.option("--people", default=500, show_default=True, type=click.IntRange(0), help="How many employees.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same people.")
@click.option(
    "--port", default=8100, show_default=True, help="Port of the first tool; the next tools follow."
)
def simulate(tools: tuple[str, ...], people: int, seed: int, port: int) -> None:
    """Serve stand-ins for HR tools on 127.0.0.1 until Ctrl-C; says address and credentials of each."""
    serve_forever(tools, people, seed, port)
