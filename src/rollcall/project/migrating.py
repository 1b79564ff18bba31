"""Bring the database in step: tables as their owner, and the app role's few rights."""

from typing import LiteralString

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.db.utils import ProgrammingError
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
        _make_app_role()
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


def make_app_role(cursor: CursorWrapper | psycopg.Cursor, role: str) -> None:
    """Have `role`, and let the login of `cursor` work in it. Repeatable. Raises what PostgreSQL says.

    Roles are the whole server's, the lock of `migrate` is one database's: another database may be brought in step
    at the same moment, and whatever it was quicker with is there all the same.
    """
    cursor.execute("SELECT to_regrole(quote_ident(%s)) IS NULL", [role])
    if _only(cursor):
        cursor.execute(_unless_there("CREATE ROLE {} NOLOGIN", role))
    cursor.execute("SELECT current_user, current_setting('server_version_num')::int >= 160000")
    login, knows_set = cursor.fetchone() or ("", False)
    # From PostgreSQL 16 on whoever makes a role may hand it on, and yet not work in it before it is granted.
    cursor.execute("SELECT pg_has_role(current_user, %s, %s)", [role, "SET" if knows_set else "MEMBER"])
    if not _only(cursor):
        cursor.execute(_unless_there("GRANT {} TO {}", role, login))


def _only(cursor: CursorWrapper | psycopg.Cursor) -> bool:
    row = cursor.fetchone()
    return bool(row and row[0])


def _unless_there(text: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(
        "DO $do$ BEGIN {}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$"
    ).format(_sql(text, *names))


def _make_app_role() -> None:
    """Only for a database of the operator's: the embedded server makes both roles itself."""
    role = app_role()
    with connections["owner"].cursor() as cursor:
        try:
            if role == APP_ROLE != settings.DATABASES["default"]["USER"]:
                make_app_role(cursor, role)
        except ProgrammingError as error:
            if not isinstance(error.__cause__, errors.InsufficientPrivilege):
                raise
            cursor.execute("SELECT current_user")
            (login,) = cursor.fetchone()
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
