"""Two databases of one server are brought in step at the same moment: their roles are the same."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from psycopg import errors, sql

from rollcall.project import database
from rollcall.project.migrating import make_app_role

_SIDE_BY_SIDE = 8
_ROLE = f"rollcall_app_{os.getpid()}"
_OPERATOR = f"operator_{os.getpid()}"


def _connect(user: str) -> psycopg.Connection:
    entry = settings.DATABASES["owner"]
    return psycopg.connect(
        host=entry["HOST"], port=entry["PORT"] or None, user=user, dbname="postgres", autocommit=True
    )


@pytest.fixture
def operator(django_db_setup: None) -> Iterator[str]:
    """A login that may make roles and is no superuser, as a hosted PostgreSQL gives one; and leaves no trace."""
    outside = os.environ.get("ROLLCALL_TEST_DATABASE_URL")
    if outside:
        yield urlsplit(outside).username or ""
        return
    with _connect(database.SUPERUSER) as above:
        above.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(_OPERATOR)))
        yield _OPERATOR
        above.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(_OPERATOR)))


def test_databases_of_one_server_make_the_app_role_at_the_same_moment(operator: str) -> None:
    for _ in range(5):
        together = threading.Barrier(_SIDE_BY_SIDE)

        def make(together: threading.Barrier = together) -> None:
            with _connect(operator) as connection, connection.cursor() as cursor:
                together.wait(timeout=30)
                make_app_role(cursor, _ROLE)
                # As every session of the app begins.
                cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(_ROLE)))

        with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
            for made in [threads.submit(make) for _ in range(_SIDE_BY_SIDE)]:
                made.result()
        with _connect(operator) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(_ROLE)))


def test_a_login_without_the_right_hears_so(operator: str) -> None:
    powerless = sql.Identifier(f"powerless_{os.getpid()}")
    with _connect(operator) as above:
        above.execute(sql.SQL("CREATE ROLE {} LOGIN").format(powerless))
        with (
            _connect(powerless.as_string().strip('"')) as connection,
            connection.cursor() as cursor,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            make_app_role(cursor, _ROLE)
        above.execute(sql.SQL("DROP ROLE {}").format(powerless))
