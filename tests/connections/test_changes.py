"""Reading what changed, against a full read: the same mirror, and nobody called absent by it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.models import Connection
from rollcall.sync.models import Run
from tests.sync.flow import TOOLS, Flow

FULL = ("/datasets/employee", "/reports/custom", "/company/employees")


def mirror(flow: Flow) -> list[Any]:
    """Every employee without what says when, and from which bytes."""
    with access.acting_for(flow.company), database.cursor() as cursor:
        cursor.execute(
            "SELECT to_jsonb(e) - '{id,record_digest,first_seen_at,changed_at,bank_sealed}'::text[]"
            " FROM connections_employee e ORDER BY external_id"
        )
        return [row[0] for row in cursor.fetchall()]


def active(flow: Flow) -> list[int]:
    people = flow.control_get("people")["people"]
    return [one["id"] for one in people if one["status"] == "active"]


@pytest.mark.thorough
@pytest.mark.parametrize("flow", TOOLS, indirect=True)
def test_a_list_of_changes_leaves_the_mirror_that_a_full_read_leaves(flow: Flow) -> None:
    flow.go_live()
    some = active(flow)[:4]
    flow.control("hire", n=2)
    flow.control("rename", id=some[0], first_name="Other", last_name="Name")
    flow.control("terminate", id=some[1])
    flow.control("change", id=some[2], fields={"work_email": "moved.address@acme.example"})
    flow.control("change", id=some[3], fields={"manager_id": some[2]})
    run = flow.run(full=False)
    assert run.error == ""
    assert run.seen["full"] is False
    assert run.seen["new"] == 2
    assert run.seen["changed"] >= 4
    after_changes = mirror(flow)
    assert flow.run().seen["full"] is True
    assert mirror(flow) == after_changes


def test_what_changes_back_after_a_list_of_changes_is_seen_by_the_next_full_read(flow: Flow) -> None:
    # The page of the last full read comes again byte for byte, and yet the mirror holds something newer.
    flow.go_live()
    someone = active(flow)[0]
    before = flow.employee(someone).first_name
    flow.control("rename", id=someone, first_name="Briefly", last_name="Renamed")
    assert flow.run(full=False).seen["changed"] == 1
    flow.control("rename", id=someone, first_name=before, last_name=flow.people_of()[someone]["last_name"])
    flow.get(lambda: Connection.objects.update(changes_since=timezone.now() + timedelta(days=1)))
    flow.run()
    assert flow.employee(someone).first_name == before


def test_an_empty_list_of_changes_is_good_news_and_writes_nothing(flow: Flow) -> None:
    flow.go_live()
    flow.run()
    before = flow.frozen()
    run = flow.run(full=False)
    assert run.error == ""
    assert run.seen["full"] is False
    assert flow.frozen() == before


def test_p7_somebody_deleted_at_the_tool_makes_the_run_read_everybody(flow: Flow) -> None:
    """Removal is decided only on a full listing (P7)."""
    flow.go_live()
    gone = active(flow)[0]
    flow.control("remove", id=gone)
    run = flow.run(full=False)
    assert run.seen["full"] is True
    assert run.seen["absent"] == 1
    assert flow.employee(gone).absent_since is not None


def test_everybody_is_read_once_a_day_whatever_the_tool_tells(flow: Flow) -> None:
    flow.go_live()
    assert flow.run(full=False).seen["full"] is False
    flow.get(lambda: Connection.objects.update(full_read_at=timezone.now() - timedelta(hours=23, minutes=1)))
    assert flow.run(full=False).seen["full"] is True


def test_other_questions_make_the_run_read_everybody(flow: Flow) -> None:
    flow.go_live()
    flow.get(lambda: Connection.objects.update(wanted={"leave_out": ["country"]}))
    assert flow.run(full=False).seen["full"] is True


def test_a_failed_list_of_changes_is_asked_for_again_from_the_same_moment(flow: Flow) -> None:
    flow.go_live()
    someone = active(flow)[0]
    flow.control("rename", id=someone, first_name="While", last_name="Away")
    since = flow.connection().changes_since
    flow.fault("T5", path="/")
    failed: Run = flow.run(full=False)
    assert failed.error == "failing"
    assert flow.connection().changes_since == since
    flow.heal()
    assert flow.run(full=False).seen["changed"] == 1
    assert flow.employee(someone).first_name == "While"
