"""Make a process ready for Django: the embedded database runs if it is in use, and models are loaded."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module

import click
import django
from django.db import connections

from rollcall.project import database

SETTINGS = "rollcall.project.settings"


@contextmanager
def django_ready() -> Iterator[None]:
    """Django with its database, until the end of the block.

    Raises click.ClickException with one sentence if the database or a setting from the environment is no use.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    with ExitStack() as stack:
        try:
            stack.enter_context(database.running_if_embedded(os.environ))
            django.setup()
        except (database.DatabaseUnavailable, ValueError) as error:
            raise click.ClickException(str(error)) from error
        stack.callback(connections.close_all)
        # What a command such as `sync` has counted; nothing, and no statement, for most.
        stack.callback(lambda: import_module("rollcall.operations.counting").store())
        yield
