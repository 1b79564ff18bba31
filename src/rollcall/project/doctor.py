"""`rollcall check`: says what is wrong with this installation, and who can mend it how."""

from collections.abc import Callable, Iterator

import click
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection

from rollcall.project import jobs, migrating

_OLDEST_DATABASE = 150000  # PostgreSQL 15: security_invoker views, MERGE


@click.command()
def check() -> None:
    """Look at settings, keys, database and mail. Exit code 0: all well; 1: something is to be done."""
    troubles = 0
    for name, look in LOOKS.items():
        found = list(_look(look))
        troubles += len(found)
        click.echo(f"{'to do' if found else 'ok':>6}  {name}")
        for sentence in found:
            click.echo(f"        - {sentence}")
    if troubles:
        raise SystemExit(1)


def _look(look: Callable[[], Iterator[str]]) -> Iterator[str]:
    try:
        yield from look()
    except DatabaseError as error:
        yield f"The database can't be asked ({type(error).__name__}): {str(error).splitlines()[0]}"


def _settings() -> Iterator[str]:
    for message in run_checks():
        if message.level >= ERROR:
            yield " ".join(part for part in (message.msg, message.hint) if part)
    if settings.ROLLCALL_URL.startswith("http://") and "localhost" not in settings.ROLLCALL_URL:
        yield f"ROLLCALL_URL is {settings.ROLLCALL_URL}: people would sign in without encryption; use https."


def _keys() -> Iterator[str]:
    path = settings.ROLLCALL_KEYS
    if not path.exists():
        yield f"{path} does not exist yet; `rollcall migrate` makes it. Keep a copy elsewhere."


def _database() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
        number, text = cursor.fetchone()
        if number < _OLDEST_DATABASE:
            yield f"PostgreSQL {text} is too old; 15 or newer is needed."


def role_troubles() -> Iterator[str]:
    """Whatever would let the app's role pass the wall between companies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, is_super, bypasses = cursor.fetchone()
        if is_super or bypasses:
            yield f"The role {role} bypasses row-level security; give the app a role without that right."
        cursor.execute(
            "SELECT count(*) FROM pg_class "
            "WHERE relkind IN ('r', 'v') AND pg_get_userbyid(relowner) = current_user"
        )
        if owned := cursor.fetchone()[0]:
            yield f"The role {role} owns {owned} tables; give them to another role."
        cursor.execute(
            """
            SELECT table_class.relname FROM pg_class table_class
            JOIN pg_attribute attribute
              ON attribute.attrelid = table_class.oid AND attribute.attname = 'company_id'
            WHERE table_class.relkind = 'r' AND table_class.relnamespace = 'public'::regnamespace
              AND NOT (table_class.relrowsecurity AND table_class.relforcerowsecurity) ORDER BY 1
            """
        )
        for (table,) in cursor.fetchall():
            yield f"The table {table} belongs to companies but has no wall between them."


def _migrations() -> Iterator[str]:
    if not migrating.in_step():
        yield "The database is older than this version; run `rollcall migrate`."


def _jobs() -> Iterator[str]:
    for name in jobs.unknown_tasks():
        yield f"The schedule names {name}, which no room defines."


def _mail() -> Iterator[str]:
    if "filebased" in settings.EMAIL_BACKEND:
        return  # mails are files under ROLLCALL_HOME: fine to try it out, said by `ok`
    try:
        opened = get_connection()
        opened.open()
        opened.close()
    except OSError as error:  # smtplib's errors are OSErrors too
        yield f"The mail server of EMAIL_URL does not answer ({type(error).__name__}): check its address."


LOOKS: dict[str, Callable[[], Iterator[str]]] = {
    "settings": _settings,
    "keys": _keys,
    "database": _database,
    "roles": role_troubles,
    "migrations": _migrations,
    "jobs": _jobs,
    "mail": _mail,
}
