"""Bring the database in step: tables as their owner, and the app role's few rights."""

from collections.abc import Callable
from typing import LiteralString

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.utils import IntegrityError, ProgrammingError
from psycopg import errors, sql

from rollcall.project.database import APP_ROLE

_APPEND_ONLY = ("events_event",)


class RoleMissing(Exception):
    """The app's role can't be made by the login we have; the message holds the two lines for a DBA."""


def migrate(*, verbosity: int = 0) -> None:
    """Create or change every table as the owner, then grant. Repeatable. Raises RoleMissing."""
    with connections["owner"].cursor() as cursor:
        # Several `migrate` at once (two machines start together) go one after the other.
        cursor.execute("SELECT pg_advisory_lock(hashtext('rollcall.migrate'))")
    try:
        _with_a_second_try(_make_app_role)
        call_command("migrate", database="owner", interactive=False, verbosity=verbosity)
        call_command("createcachetable", database="owner", verbosity=verbosity)
        _grant()
    finally:
        connections["owner"].close()


def in_step() -> bool:
    """Whether no migration waits."""
    try:
        call_command("migrate", database="owner", check_unapplied=True, verbosity=0)
    except SystemExit:
        return False
    return True


def app_role() -> str:
    """The role the app's sessions work in: the login's, or the one each session starts in."""
    entry = settings.DATABASES["default"]
    return APP_ROLE if f"role={APP_ROLE}" in entry["OPTIONS"].get("options", "") else str(entry["USER"])


def _with_a_second_try(make: Callable[[], None]) -> None:
    """Roles are the whole server's: another of its databases may be brought in step at the same moment.

    What it has made is found at the second look; the lock of `migrate` is one database's.
    """
    try:
        make()
    except (IntegrityError, ProgrammingError) as error:
        if not isinstance(error.__cause__, errors.UniqueViolation | errors.DuplicateObject):
            raise
        make()


def _make_app_role() -> None:
    """Only for a database of the operator's: the embedded server makes both roles itself."""
    role = app_role()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_user, to_regrole(quote_ident(%s))", [role])
        login, present = cursor.fetchone()
        try:
            if not present:
                cursor.execute(_sql("CREATE ROLE {} NOLOGIN", role))
            if role == APP_ROLE != settings.DATABASES["default"]["USER"]:
                cursor.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [role])
                if not cursor.fetchone()[0]:
                    cursor.execute(_sql("GRANT {} TO {}", role, login))
        except ProgrammingError as error:
            if not isinstance(error.__cause__, errors.InsufficientPrivilege):
                raise
            message = (
                "The login of DATABASE_URL may not make the app's role. "
                "Let an administrator of the database run:\n"
                f'CREATE ROLE "{role}" NOLOGIN;\nGRANT "{role}" TO "{login}";'
            )
            raise RoleMissing(message) from error


def _grant() -> None:
    role = app_role()
    statements = [
        _sql("GRANT USAGE ON SCHEMA public TO {}", role),
        _sql("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}", role),
        _sql("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}", role),
        _sql("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}", role),
        _sql(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
            role,
        ),
        _sql("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}", role),
        # What the app never does, it may not do: rewrite the audit log, or hide which migrations ran.
        _sql("REVOKE INSERT, UPDATE, DELETE ON TABLE django_migrations FROM {}", role),
    ]
    with connections["owner"].cursor() as cursor:
        present = connections["owner"].introspection.table_names(cursor)
        statements += [
            _sql("REVOKE UPDATE, DELETE, TRUNCATE ON TABLE {1} FROM {0}", role, table)
            for table in _APPEND_ONLY
            if table in present
        ]
        for statement in statements:
            cursor.execute(statement)


def _sql(text: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*(sql.Identifier(name) for name in names))
