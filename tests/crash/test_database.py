"""What PostgreSQL does to a transaction: real deadlocks, serialisation failures, lost connections and full disks."""

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from rollcall.accounts.again import again, broken_off, lost
from rollcall.accounts.models import Company
from rollcall.connections.models import State
from rollcall.engine.settings import Settings
from rollcall.sync.models import Line, LineState, PlanState, Run, RunState
from rollcall.sync.runs import parking
from tests.sync.conftest import flow  # noqa: F401 - a fixture
from tests.sync.flow import Flow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rows(owner_connection: psycopg.Connection) -> psycopg.Connection:
    owner_connection.execute("DROP TABLE IF EXISTS crash_rows")
    owner_connection.execute("CREATE TABLE crash_rows (id int PRIMARY KEY, n int NOT NULL)")
    owner_connection.execute("INSERT INTO crash_rows VALUES (1, 0), (2, 0)")
    owner_connection.execute("GRANT ALL ON crash_rows TO PUBLIC")
    return owner_connection


def add(*ids: int, meet: threading.Barrier | None = None, serialisable: bool = False) -> None:
    """Add one to these rows, in this order, in one transaction; the first time both wait for each other between."""
    with transaction.atomic(), connection.cursor() as cursor:
        if serialisable:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            cursor.execute("SELECT sum(n) FROM crash_rows")
        for number, one in enumerate(ids):
            if number == len(ids) - 1 and meet is not None and not meet.broken:
                meet.wait(5)
            cursor.execute("UPDATE crash_rows SET n = n + 1 WHERE id = %s", [one])


def both(first: Callable[[], None], second: Callable[[], None]) -> list[BaseException]:
    failed: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            again(work)
        except Exception as error:  # noqa: BLE001 - told to the test
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return failed


@pytest.mark.parametrize(("orders", "serialisable"), [(((1, 2), (2, 1)), False), (((1,), (2,)), True)])
def test_c3_of_two_transactions_that_stand_in_each_others_way_both_happen_once(
    rows: psycopg.Connection, orders: tuple[tuple[int, ...], tuple[int, ...]], serialisable: bool
) -> None:
    meet = threading.Barrier(2, action=lambda: None)
    seen: list[str] = []

    def worker(ids: tuple[int, ...]) -> Callable[[], None]:
        tries = 0

        def work() -> None:
            nonlocal tries
            tries += 1
            seen.append(str(ids))
            add(*ids, meet=meet if tries == 1 else None, serialisable=serialisable)

        return work

    assert both(worker(orders[0]), worker(orders[1])) == []
    total = rows.execute("SELECT sum(n) FROM crash_rows").fetchone()
    assert total == (sum(map(len, orders)),)
    assert len(seen) > 2, "PostgreSQL has broken one of them off, and it was done again"


def test_c3_a_transaction_whose_connection_is_lost_is_done_again_on_another(rows: psycopg.Connection) -> None:
    tries = 0

    def work() -> None:
        nonlocal tries
        tries += 1
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE crash_rows SET n = n + 1 WHERE id = 1")
            if tries == 1:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    again(work)
    assert tries == 2 and rows.execute("SELECT n FROM crash_rows WHERE id = 1").fetchone() == (1,)


def test_c3_work_that_needs_its_session_is_not_done_again_on_another(rows: psycopg.Connection) -> None:
    def work() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseError) as error:
        again(work, though_lost=False)
    assert lost(error.value) and not broken_off(error.value)
    connection.close()


def test_c3_what_no_second_try_mends_is_raised_at_once() -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        Company.objects.raw("SELECT nonsense")[0]

    with pytest.raises(DatabaseError):
        again(work)
    assert len(tries) == 1


def refuse(owner: psycopg.Connection, state: str, *, times: int) -> None:
    """PostgreSQL refuses the next writes of members with this error."""
    owner.execute(
        "DROP SEQUENCE IF EXISTS refused CASCADE; CREATE SEQUENCE refused; GRANT ALL ON refused TO PUBLIC"
    )
    kill = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5);"
    does = kill if state == "57P01" else f"RAISE EXCEPTION 'refused' USING ERRCODE = '{state}';"
    owner.execute(
        f"""
        CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('refused') <= {times} THEN {does} END IF; RETURN NEW; END $$;
        CREATE OR REPLACE TRIGGER refuse BEFORE INSERT OR UPDATE ON directory_member
            FOR EACH STATEMENT EXECUTE FUNCTION refuse()"""
    )


@pytest.fixture
def refusing(owner_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    yield owner_connection
    owner_connection.execute("DROP FUNCTION IF EXISTS refuse() CASCADE; DROP SEQUENCE IF EXISTS refused")


@pytest.mark.thorough
@pytest.mark.parametrize("state", ["40001", "40P01", "57P01"])
def test_c3_inv5_inv7_an_apply_that_is_broken_off_is_done_again_whole_and_nothing_twice(
    flow: Flow,  # noqa: F811 - the fixture
    refusing: psycopg.Connection,
    state: str,
) -> None:
    flow.connect()
    flow.run("first")
    plan = flow.preview(Settings())
    flow.approve(plan)
    # The sequence counts outside of transactions: the first is refused, its repetition is not.
    refuse(refusing, state, times=1)
    done = flow.apply(plan)
    assert done.state == PlanState.APPLIED and done.outcome["stale"] == 0
    assert len(flow.members()) == done.counts["create"] == len(flow.events("member.invited"))


@pytest.mark.thorough
@pytest.mark.parametrize("state", ["53100", "57014", "53200"])
def test_c4_inv4_a_full_disk_no_memory_and_a_statement_that_takes_too_long_end_the_run_visibly(
    flow: Flow,  # noqa: F811 - the fixture
    refusing: psycopg.Connection,
    state: str,
) -> None:
    flow.go_live()
    new = str(flow.control("hire", n=1)["ids"][0])
    before = flow.people()
    refuse(refusing, state, times=1)
    run = flow.run()
    connection_now = flow.connection()
    assert (run.state, run.error) == (RunState.FAILED, "database")
    assert (connection_now.state, connection_now.error) == (State.ERROR, "database")
    assert flow.people() == before and connection_now.lease is None
    assert flow.get(lambda: parking.deaths(connection_now)) == 0
    assert flow.run().error == "" and new in flow.members()
    assert not flow.get(
        lambda: Line.objects.filter(state=LineState.WANTED, plan__state=PlanState.APPLYING).exists()
    )
    assert flow.get(lambda: Run.objects.filter(finished_at=None).count()) == 0
    assert flow.connection().state == State.CONNECTED


def test_c3_errors_are_told_apart() -> None:
    assert lost(OperationalError("could not connect")) and not broken_off(OperationalError("x"))
