"""`rollcall create-operator`: who may look at the page about the whole installation."""

import click
import structlog
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from rollcall.accounts.models import User, fold_email

_log = structlog.get_logger("rollcall.operator")


@click.command()
@click.argument("email")
@click.option("--withdraw", is_flag=True, help="Take the right away again; the account stays.")
def create_operator(email: str, *, withdraw: bool) -> None:
    """Let EMAIL see the page Operations. Somebody without an account gets one, with a password typed here.

    Choose an address that no company's HR tool manages: whoever can change an account's address there could sign in
    as that person.
    """
    address = fold_email(email)
    try:
        validate_email(address)
    except ValidationError as error:
        raise click.ClickException(f"{email} is no e-mail address.") from error
    known = User.objects.filter(email=address).first()
    if withdraw:
        if known is None or not known.is_operator:
            raise click.ClickException(f"{address} is no operator.")
        _set(known, operator=False)
        click.echo(f"{address} is no operator any more.")
        return
    _set(known or _new(address), operator=True)
    click.echo(f"{address} is an operator now and finds the page under /operations/ after signing in.")


def _new(address: str) -> User:
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        validate_password(password, User(email=address))
    except ValidationError as error:
        raise click.ClickException(" ".join(error.messages)) from error
    return User.objects.create_user(address, password)


def _set(user: User, *, operator: bool) -> None:
    User.objects.filter(pk=user.pk).update(is_operator=operator)
    _log.warning("operator changed", user=user.pk, operator=operator)
