"""``scripts/bench explain``: how PostgreSQL carries out the statements of a run that grow with the people."""

import click

from benchmarks.explain.statements import PAGE, explained, page


@click.command()
@click.option(
    "--people", default=20_000, show_default=True, type=click.IntRange(1), help="How many employees."
)
@click.option("--write", is_flag=True, help=f"Write {PAGE} anew instead of printing it.")
def bench(people: int, write: bool) -> None:
    """Explain the statements of a run after 20 changes and 5 hires among many people."""
    found = explained(people)
    text = "\n".join(page(people, found))
    if write:
        PAGE.write_text(text + "\n", encoding="utf-8")
    else:
        click.echo(text)
    for one in found:
        click.echo(f"{one.seconds:8.3f} s  {one.name}", err=True)


if __name__ == "__main__":
    bench()
