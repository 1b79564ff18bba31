"""PostgreSQL says no in the middle: a full disk, no memory, a deadlock. Runs fail visibly, and nothing is half done.

The database itself raises the error, in a trigger that its owner puts on one table.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TypeAlias

import psycopg
import pytest
from django.db import DatabaseError
from psycopg import sql

from rollcall.connections.models import State
from rollcall.engine.settings import Settings
from rollcall.sync.models import PlanState, RunState
from rollcall.sync.runs.run import run_connection
from tests.sync.flow import Flow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

Breaking: TypeAlias = Callable[[str, str], AbstractContextManager[None]]


@pytest.fixture
def breaking(owner_connection: psycopg.Connection) -> Breaking:
    """A block inside which every write to this table ends in this error (SQLSTATE)."""

    @contextmanager
    def broken(table: str, code: str) -> Iterator[None]:
        name = sql.Identifier(table)
        owner_connection.execute(
            sql.SQL(
                "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = {}; END $$"
            ).format(sql.Literal(code))
        )
        owner_connection.execute(
            sql.SQL(
                "CREATE TRIGGER broken BEFORE INSERT OR UPDATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION broken()"
            ).format(name)
        )
        try:
            yield
        finally:
            owner_connection.execute(sql.SQL("DROP TRIGGER broken ON {}").format(name))
            owner_connection.execute("DROP FUNCTION broken()")

    return broken


CODES = (
    "53100",
    "53200",
    "40P01",
    "40001",
    "55P03",
)  # disk full, out of memory, deadlock, serialisation, lock
QUICK = ("53100", "40001")
TABLES = (
    "connections_employee",
    "sync_plan",
    "sync_line",
    "directory_member",
    "directory_link",
    "events_event",
)


@pytest.mark.parametrize(
    "code", [pytest.param(one, marks=() if one in QUICK else pytest.mark.soak) for one in CODES]
)
def test_c3_c4_inv4_inv7_inv15_whatever_the_database_refuses_is_done_whole_or_not_at_all(
    flow: Flow, breaking: Breaking, code: str
) -> None:
    """At every table a run writes; the run after it does everything, once."""
    flow.go_live(Settings(archive_inactive=True))
    for table in TABLES:
        person = flow.control("hire", n=1)["ids"][0]
        before, events = flow.people(), len(flow.events("member.invited"))
        with breaking(table, code), suppress(DatabaseError):
            run_connection(flow.company, flow.connection().pk, trigger="clock")
        assert flow.people() == before and len(flow.events("member.invited")) == events, table
        connection = flow.connection()
        # that a run failed is an event itself: where none can be written, it ends as if it had been killed
        told = (State.SYNCING, "") if table == "events_event" else (State.ERROR, "database")
        assert (connection.state, connection.error) == told, table
        run = flow.run()
        assert (run.error, run.state) == ("", RunState.SUCCEEDED)
        assert flow.connection().state == State.CONNECTED
        assert str(person) in flow.members() and len(flow.events("member.invited")) == events + 1, table
        assert flow.latest().state == PlanState.APPLIED
