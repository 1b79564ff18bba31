"""The `rollcall` command. Each command's module is loaded when it is called, not before.

So `rollcall pull` and `rollcall simulate` never load Django, and `rollcall --help` loads nothing.
"""

import importlib

import click
import msgspec

_BOOT = "rollcall.project.boot"


class Lazy(msgspec.Struct, frozen=True, kw_only=True):
    """A command that is not loaded yet."""

    place: str  # "module:command"
    summary: str
    django: bool = (
        False  # Django and its database are ready before the module is loaded, until the command ends
    )


_HERE = "rollcall.project."
COMMANDS = {
    "up": Lazy(place=_HERE + "up:up", summary="Run everything here: database, web and worker."),
    "demo": Lazy(place=_HERE + "demo:demo", summary="Show it with made-up companies."),
    "demo-fill": Lazy(place=_HERE + "demo.fill:demo_fill", summary="", django=True),
    "web": Lazy(place=_HERE + "serve:web", summary="Serve the pages and the API.", django=True),
    "worker": Lazy(place=_HERE + "serve:worker", summary="Run the jobs.", django=True),
    "migrate": Lazy(place=_HERE + "serve:migrate", summary="Bring the database in step.", django=True),
    "check": Lazy(
        place=_HERE + "doctor:check", summary="Say what is wrong with this installation.", django=True
    ),
    "create-company": Lazy(
        place=_HERE + "first_steps:create_company",
        summary="Make a company and invite its owner.",
        django=True,
    ),
    "create-token": Lazy(
        place=_HERE + "first_steps:create_token", summary="Make an API token for a company.", django=True
    ),
    "create-operator": Lazy(
        place=_HERE + "operator_command:create_operator",
        summary="Let somebody see how the whole installation is doing.",
        django=True,
    ),
    "plan": Lazy(place=_HERE + "plan_command:plan", summary="Put a company on another plan.", django=True),
    "requests": Lazy(
        place=_HERE + "requests_command:requests", summary="Print which HR tools admins miss.", django=True
    ),
    "rotate-keys": Lazy(
        place=_HERE + "rotate_keys:rotate_keys",
        summary="Seal every secret again with a new key.",
        django=True,
    ),
    "sync": Lazy(place=_HERE + "sync_command:sync", summary="Sync one entity now.", django=True),
    "drill": Lazy(
        place=_HERE + "drill_command:drill",
        summary="Say what a disaster in HR data would do today.",
        django=True,
    ),
    "import-csv": Lazy(
        place=_HERE + "import_csv:import_csv",
        summary="Read an entity's people from a CSV file.",
        django=True,
    ),
    "pull": Lazy(place=_HERE + "pull:pull", summary="Print what an HR tool says, one employee a line."),
    "conformance": Lazy(place=_HERE + "conformance.command:conformance", summary="Try a connector."),
    "new-connector": Lazy(
        place=_HERE + "new_connector.command:new_connector", summary="Write the skeleton of a connector."
    ),
    "simulate": Lazy(place=_HERE + "simulate:simulate", summary="Serve stand-ins for HR tools."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        if lazy.django:
            ctx.with_resource(importlib.import_module(_BOOT).django_ready())
        module, _, name = lazy.place.partition(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{lazy.place} is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            # a command without a summary is a part of another one
            formatter.write_dl([(name, lazy.summary) for name, lazy in COMMANDS.items() if lazy.summary])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rollcall")
def main() -> None:
    """Rollcall keeps the members of a spend platform in step with the company's HR tool."""
