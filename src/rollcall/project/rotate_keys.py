"""`rollcall rotate-keys`: a new key for what is sealed, and everything sealed again with it."""

import click
from django.conf import settings

from rollcall.accounts import sealed, secrets


@click.command()
@click.option(
    "--same-key", is_flag=True, help="Make no new key; only renew what an interrupted rotation left."
)
def rotate_keys(*, same_key: bool) -> None:
    """Add a key to the key file and seal every secret again with it. Safe to stop and to repeat.

    Old keys stay in the file, since a backup of the database needs them. Restart web and workers afterwards, so
    that they use the new key too.
    """
    if not same_key:
        click.echo(f"New key: {secrets.add_key(settings.ROLLCALL_KEYS)}", err=True)
    click.echo(f"{sealed.rotate()} secrets were sealed again.")
