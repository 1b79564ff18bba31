"""A real PostgreSQL for every test: embedded in a temporary home, or the one of ROLLCALL_TEST_DATABASE_URL.

The environment is set before Django's settings are loaded. Tables are made once per session by their owner;
tests run in the app's role, each in a transaction that is rolled back. A test that commits
(`django_db(transaction=True)`, `live_server`) leaves empty tables behind.
"""

import contextlib
import gc
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

_HOME = Path(tempfile.mkdtemp(prefix="rollcall-test-"))
# The server's own user must pass through; pytest's tmp_path is closed to it.
_HOME.chmod(0o711)
_OUTSIDE = os.environ.get("ROLLCALL_TEST_DATABASE_URL")
_DATABASE = f"rollcall_test_{os.getpid()}"

for _name in list(os.environ):
    if (_name.startswith("ROLLCALL_") and _name != "ROLLCALL_TEST_DATABASE_URL") or _name in {
        "DATABASE_URL",
        "EMAIL_URL",
    }:
        del os.environ[_name]
os.environ["ROLLCALL_HOME"] = str(_HOME)
# A tool that is down is tried twice, not five times with growing waits; http_client tests the waits themselves.
os.environ["ROLLCALL_HTTP_TRIES"] = "2"
os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.project.settings"
if _OUTSIDE:
    os.environ["DATABASE_URL"] = urlsplit(_OUTSIDE)._replace(path=f"/{_DATABASE}").geturl()

# Only now: the settings read the environment made above.
import django
from django.conf import settings
from django.db import connections
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as tries
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadFileScheduling

from rollcall.project import database, migrating
from tests import homes, planted

# Filled by migrations, so they stay when a test's rows go.
_LASTING = {"django_migrations", "django_content_type", "auth_permission"}


# How long it takes to make values up says how busy the machine is, nothing of our code.
tries.register_profile("rollcall", deadline=None, suppress_health_check=[HealthCheck.too_slow])
tries.load_profile("rollcall")


def pytest_configure(config: pytest.Config) -> None:
    # Makes Django leave the app's database alone when it flushes; `_leave_empty_tables` does it as the owner.
    settings.DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; tests only
    # Pages name their files by their plain names: nothing is collected for a test.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STATIC_ROOT.mkdir()
    django.setup()
    if getattr(config.option, "numprocesses", None):
        # Processes that run tests side by side make a home of their own: they must not find settings made already.
        del os.environ["DJANGO_SETTINGS_MODULE"]


# Thousands of tests are collected, and all of them stay: looking through them for garbage, time and again, finds none.
# Until they are there nothing is looked for, and from then on only in what tests make (a third of collecting).
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes minutes is left to the soak, which says so."""
    if os.environ.get("SOAK"):
        return
    left = [one for one in items if one.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=left)
    items[:] = [one for one in items if not one.get_closest_marker("soak")]
    # What takes longest begins first, so that at the end no process works alone.
    items.sort(key=lambda one: not one.nodeid.startswith(_FIRST))


_FIRST = (
    "tests/stateful/test_life.py",
    "tests/sync/test_every_tool_faults.py",
    "tests/web/test_last_owner.py",
    "tests/project/test_conformance.py",
    "tests/crash/",
    "tests/journeys/test_pages.py",
    "tests/journeys/test_article",
)

# Many minutes in one file whose tests share nothing.
_LONG = ("tests/project/test_conformance.py", "tests/connections/test_mixtures.py", "tests/sync/test_wire")


class _ByWalk(LoadFileScheduling):  # type: ignore[misc] # xdist ships no types
    """A file is one process's, and of a walk that is done in two languages each is; a long file's tests go alone."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_LONG):
            return nodeid
        language = re.search(r"\[(en|fr)\]$", nodeid)
        return str(super()._split_scope(nodeid)) + (language[0] if language else "")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByWalk:
    """Tests side by side (`-n`) are shared out file by file, since most of them share what their file has set up."""
    return _ByWalk(config, log)


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Instead of pytest-django's: no second database, the same two roles as in production."""
    with _server(), django_db_blocker.unblock():
        migrating.migrate()
        try:
            yield
        finally:
            connections.close_all()


@contextlib.contextmanager
def _server() -> Iterator[None]:
    if not _OUTSIDE:
        homes.prepare(_HOME)
        with database.running(_HOME):
            yield
        return
    name = sql.Identifier(_DATABASE)
    with psycopg.connect(_OUTSIDE, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield
        finally:
            connections.close_all()
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def owner_connection(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """A connection of the tables' owner, outside the test's transaction; commits by itself."""
    entry = settings.DATABASES["owner"]
    with psycopg.connect(
        host=entry["HOST"],
        port=entry["PORT"] or None,
        user=entry["USER"] or None,
        password=entry["PASSWORD"] or None,
        dbname=entry["NAME"],
        autocommit=True,
    ) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _leave_no_language() -> Iterator[None]:
    """A page in French leaves its language behind in this process, for whatever test comes next."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _leave_empty_tables(request: pytest.FixtureRequest) -> Iterator[None]:
    marker = request.node.get_closest_marker("django_db")
    commits = bool(marker and marker.kwargs.get("transaction")) or bool(
        {"transactional_db", "live_server"} & set(request.fixturenames)
    )
    connection: psycopg.Connection | None = request.getfixturevalue("owner_connection") if commits else None
    yield
    if connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted({row[0] for row in found} - _LASTING)
        names = sql.SQL(", ").join(sql.Identifier(table) for table in tables)
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
        connections.close_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Z5: a test whose log or output holds a planted value fails, whatever it was about."""
    report = yield
    if item.get_closest_marker("shows_planted"):
        return report
    text = "".join(content for _, content in report.sections)
    leaked = [value for value in planted.ALL if value in text]
    if leaked and report.passed:
        report.outcome = "failed"
        report.longrepr = f"planted values stand in the log or output of this test: {', '.join(leaked)}"
    return report
