"""``scripts/bench life``: ninety ordinary days of companies, and how often Rollcall asks somebody for nothing."""

from collections.abc import Iterator, Sequence

import click
import msgspec

from benchmarks.life.report import Life, Span, beyond, lines
from benchmarks.measuring import ground

SEEDS = {5: 6, 50: 4, 500: 3, 5_000: 1}
"""How many companies of each size: small ones are quick, and chance rules them."""


@click.command()
@click.option(
    "--people", multiple=True, type=click.IntRange(1), help="A size; repeatable. All: 5 50 500 5000."
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1))
@click.option("--seeds", type=click.IntRange(1), help="How many companies of each size.")
@click.option(
    "--limit", "limits", multiple=True, help="Another limit than the starting one, NAME=VALUE; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def life(
    context: click.Context,
    people: Sequence[int],
    days: int,
    seeds: int | None,
    limits: Sequence[str],
    as_json: bool,
) -> None:
    """Live it; ends with 1 when somebody was archived by mistake or too late, or asked too often for nothing."""
    sizes = people or tuple(SEEDS)
    pairs = [one.partition("=") for one in limits]
    other = {name: float(value) for name, _, value in pairs}
    spans = [
        Span(people=size, days=days, seed=seed, limits=other)
        for size in sizes
        for seed in range(1, (seeds or SEEDS.get(size, 1)) + 1)
    ]
    found = []
    for one in lived(spans):
        click.echo(f"{one.people} people, seed {one.seed}: {one.seconds:.0f} s", err=True)
        found.append(one)
    click.echo(msgspec.json.encode(found).decode() if as_json else "\n".join(lines(found)))
    context.exit(1 if any(beyond(one) for one in found) else 0)


def lived(spans: Sequence[Span]) -> Iterator[Life]:
    """Yield what became of each company; each is lived in a process and a database of its own."""
    for span in spans:
        with ground.fresh_home() as home:
            environment = {**ground.environment(home), "ROLLCALL_LOG": "console:error"}
            said = ground.run(
                "benchmarks.measuring.child",
                "benchmarks.life.company",
                environment=environment,
                given=msgspec.json.encode(span),
            )
            yield msgspec.json.decode(said, type=Life)


if __name__ == "__main__":
    life()
