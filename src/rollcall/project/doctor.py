"""`rollcall check`: says what is wrong with this installation, what is behind and why, and who can mend it how."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import click
import msgspec
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import override

from rollcall.operations import telling
from rollcall.operations.facts import Facts, facts
from rollcall.operations.judging import Gravity, findings
from rollcall.project import jobs, migrating

_OLDEST_DATABASE = 150000  # PostgreSQL 15: security_invoker views, MERGE


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do, and what of it is known in detail."""

    gravity: Gravity
    text: str
    details: Sequence[str] = ()


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    troubles: Sequence[Trouble]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as `--json` prints it; `facts` is missing when the database can't be asked."""

    exit_code: int
    looked: Sequence[Looked]
    facts: Facts | None


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print all facts and findings as JSON.")
def check(*, as_json: bool) -> None:
    """Look at settings, keys, database, mail, and at what is behind and why.

    Exit code 0: all well; 1: something is to be done; 2: Rollcall does not do its work, or will soon stop.
    """
    with override("en"):
        answer = _answer()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        for one in answer.looked:
            _say(one)
    if answer.exit_code:
        raise SystemExit(answer.exit_code)


def _answer() -> Answer:
    looked = [
        Looked(name=name, troubles=list(_look(look, gravity))) for name, (gravity, look) in LOOKS.items()
    ]
    found: Facts | None = None
    if not any(one.troubles for one in looked if one.name in _NEEDED):
        try:
            found = facts(timezone.now())
            looked.append(Looked(name="work", troubles=_work(found)))
        except DatabaseError as error:
            looked.append(Looked(name="work", troubles=[_unasked(error)]))
    worst = max((one.gravity for looks in looked for one in looks.troubles), default=0)
    return Answer(exit_code=int(worst), looked=looked, facts=found)


def _work(found: Facts) -> list[Trouble]:
    return [
        Trouble(
            gravity=one.gravity, text=f"{one.text} {one.remedy}", details=telling.details(one.code, found)
        )
        for one in findings(found)
    ]


def _say(one: Looked) -> None:
    worst = max((trouble.gravity for trouble in one.troubles), default=None)
    click.echo(f"{_SAID[worst]:>6}  {one.name}")
    for trouble in one.troubles:
        click.echo(f"        - {trouble.text}")
        for line in trouble.details:
            click.echo(f"            {line}")


def _look(look: Callable[[], Iterator[str]], gravity: Gravity) -> Iterator[Trouble]:
    try:
        for sentence in look():
            yield Trouble(gravity=gravity, text=sentence)
    except DatabaseError as error:
        yield _unasked(error)


def _unasked(error: DatabaseError) -> Trouble:
    said = str(error).splitlines()[0]
    return Trouble(gravity=Gravity.NOW, text=f"The database can't be asked ({type(error).__name__}): {said}")


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
            # tables that a read makes for itself, gone with its session, are the app's by right
            "WHERE relkind IN ('r', 'v') AND relpersistence <> 't' AND pg_get_userbyid(relowner) = current_user"
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


_SAID: Final = {None: "ok", Gravity.SOON: "to do", Gravity.NOW: "broken"}
_NEEDED: Final = ("database", "migrations")
"""Without these the facts can't be looked up."""

LOOKS: Final[dict[str, tuple[Gravity, Callable[[], Iterator[str]]]]] = {
    "settings": (Gravity.SOON, _settings),
    "keys": (Gravity.SOON, _keys),
    "database": (Gravity.NOW, _database),
    "roles": (Gravity.NOW, role_troubles),
    "migrations": (Gravity.NOW, _migrations),
    "jobs": (Gravity.NOW, _jobs),
    "mail": (Gravity.SOON, _mail),
}
