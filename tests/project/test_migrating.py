"""The app's role: few rights, no way round row-level security."""

import psycopg
import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, connections, transaction
from pytest_django.plugin import DjangoDbBlocker

from rollcall.project import migrating


@pytest.mark.django_db
def test_the_app_role_owns_nothing_and_bypasses_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_the_app_role_cannot_make_a_table() -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE mine (id bigint)")


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["DELETE FROM events_event", "UPDATE events_event SET kind = ''"])
def test_z6_the_audit_log_cannot_be_changed_by_the_app(statement: str) -> None:
    """Z6"""
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_second_migration_changes_nothing_and_stays_granted(
    owner_connection: psycopg.Connection, django_db_blocker: DjangoDbBlocker
) -> None:
    before = owner_connection.execute("SELECT count(*) FROM django_migrations").fetchone()
    with django_db_blocker.unblock():
        migrating.migrate()
    assert owner_connection.execute("SELECT count(*) FROM django_migrations").fetchone() == before
    granted = owner_connection.execute(
        "SELECT has_table_privilege(%s, 'procrastinate_jobs', 'INSERT')", [migrating.app_role()]
    )
    assert granted.fetchone() == (True,)


def test_waiting_migrations_are_seen(
    owner_connection: psycopg.Connection, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        assert migrating.in_step()
        owner_connection.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        try:
            assert not migrating.in_step()
        finally:
            call_command("migrate", "sessions", database="owner", fake=True, verbosity=0)
            connections["owner"].close()
