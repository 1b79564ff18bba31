"""Each invariant can fail: hand-made moments, of which the second breaks exactly what the invariant forbids."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import structs

from tests.stateful.invariants import ALL, Broken, check
from tests.stateful.recording import Moment, Row, Said, Source

TABLES = (
    "member link invitation grant employee connection subscription run plan line event outbox mail".split()
)
SECRET = "DE-planted"


def member(**more: Any) -> Row:
    """An active requester."""
    plain = dict.fromkeys(
        "first_name last_name employee_number job_title department team work_location country legal_entity cost_center"
        " employment_type language start_date manager_id bank_digest user_id suspended_at".split()
    )
    same = {"id": 1, "entity_id": 1, "state": "active", "role": "requester", "archived_by_hand": False}
    return {**plain, **same, "email": "a@x.example", "email_key": "a@x.example", **more}


OWNER = member(id=9, role="owner", user_id=9, email="o@x.example", email_key="o@x.example")
GRANT = {"id": 1, "entity_id": 1, "user_id": 9, "role": "owner"}
SUBSCRIPTION = {"id": 1, "entity_id": 1, "connection_id": 1}
LINK = {"id": 1, "entity_id": 1, "connection_id": 1, "member_id": 1, "employee_id": "7", "managed": True}
RUN = {
    "id": 1,
    "connection_id": 1,
    "state": "succeeded",
    "finished_at": "2026-01-01",
    "seen": {"full": True},
}


def plan(**more: Any) -> Row:
    """A plan that a run applied by itself."""
    same = {"id": 1, "entity_id": 1, "subscription_id": 1, "run_id": 1, "state": "applied", "undoes_id": None}
    settings = {"archive_inactive": True, "fields": {}, "invite": {"type": "at_once"}}
    return {**same, "decided_at": None, "settings": settings, "counts": {"acting": 1}, **more}


def line(**more: Any) -> Row:
    """A line that was done."""
    same = {"id": 1, "plan_id": 1, "member_id": 1, "employee_id": "7", "kind": "update", "state": "done"}
    return {**same, "fields": {}, "managers_set": False, **more}


def event(**more: Any) -> Row:
    """The entry of an update."""
    same = {"id": 1, "number": 1, "kind": "member.updated", "member_id": 1, "plan_id": 1, "run_id": 1}
    return {**same, "data": {"fields": {}}, **more}


def at(by: str, tables: Mapping[str, list[Row]], **more: Any) -> Moment:
    """A moment with these rows beside an owner who keeps the keys."""
    given = {"member": [OWNER], "grant": [GRANT], "subscription": [SUBSCRIPTION]}
    found = {name: [*given.get(name, []), *tables.get(name, [])] for name in TABLES}
    rows = {name: {one["id"]: one for one in ones} for name, ones in found.items()}
    return Moment(step="made", by=by, hours=0, rows=rows, text="", other=("", 0), **more)  # type: ignore[arg-type] # by


def told(*, left: bool, whole: bool = True) -> Source:
    """What HR says about employee 7."""
    said = Said(email="a@x.example", left=left, start_in_days=-9)
    return Source(people={"7": said}, whole=whole, filled=frozenset())


CONNECTION = {"id": 1, "lease": None, "state": "connected", "next_run_at": "x", "run_wanted": "", "error": ""}
LIVING = {"member": [member()], "link": [LINK]}
TEN = [member(id=n, email=f"{n}@x.example", email_key=f"{n}@x.example") for n in range(10, 20)]
TEN_LINKS = [LINK | {"id": n, "member_id": n, "employee_id": str(n)} for n in range(10, 20)]

CASES: dict[int, tuple[Moment, Moment]] = {
    1: (
        at("start", LIVING, source=told(left=False)),
        at(
            "sync",
            {
                "member": [member(state="archived")],
                "link": [LINK],
                "run": [RUN],
                "plan": [plan()],
                "line": [line(kind="archive")],
            },
            source=told(left=False),
        ),
    ),
    2: (
        at("start", {"member": TEN, "link": TEN_LINKS}),
        at(
            "sync",
            {
                "member": [*(one | {"state": "archived"} for one in TEN[:4]), *TEN[4:]],
                "link": TEN_LINKS,
                "plan": [plan()],
                "line": [line(id=n, member_id=n, kind="archive") for n in range(10, 14)],
            },
        ),
    ),
    3: (at("start", {}), at("person", {"member": [OWNER | {"state": "archived"}]})),
    4: (
        at("start", LIVING),
        at(
            "sync",
            {"member": [member(email="b@x.example")], "link": [LINK], "run": [RUN | {"state": "failed"}]},
        ),
    ),
    5: (at("sync", LIVING), at("sync", {"member": [member(first_name="B")], "link": [LINK]}, again=True)),
    6: (at("start", {}), at("sync", {}, twins=("one", "two"))),
    7: (at("start", LIVING), at("person", {"member": [member(first_name="B")], "link": [LINK]})),
    8: (
        at("start", LIVING),
        at("sync", {"member": [member(first_name="B")], "link": [LINK], "plan": [plan()], "line": [line()]}),
    ),
    9: (
        at("start", {"member": [member(job_title="Cook")]}),
        at("sync", {"member": [member()], "plan": [plan()], "line": [line()]}),
    ),
    10: (at("start", LIVING), at("sync", LIVING | {"link": [LINK, LINK | {"id": 2}]})),
    11: (at("start", LIVING), at("sync", {"member": [member(), member(id=2)]})),
    12: (at("start", {"plan": [plan()]}), at("sync", {"plan": [plan(state="applying")]})),
    13: (
        at("start", LIVING),
        at(
            "sync",
            LIVING | {"invitation": [{"id": 1, "member_id": 1, "used_at": None, "cancelled_at": None}]},
        ),
    ),
    14: (at("start", {}), at("relay", {}, letters=("to nobody",))),
    15: (at("start", {}), at("sync", {"event": [event()]})),
    16: (
        at("sync", {"member": [member(first_name="B")], "plan": [plan()], "line": [line()]}),
        at(
            "sync",
            {
                "member": [member(first_name="B")],
                "plan": [plan(), plan(id=2, undoes_id=1, decided_at="x")],
                "line": [line()],
            },
        ),
    ),
    17: (at("start", {}), at("sync", {"connection": [CONNECTION | {"state": "syncing"}]})),
    18: (at("start", {}), structs.replace(at("sync", {}), other=("moved", 0))),
    19: (at("start", {}), at("sync", {}, secrets=(SECRET,), letters=(f"to a@x.example\n{SECRET}",))),
    20: (
        at("start", LIVING),
        at(
            "sync",
            {
                "member": [member(first_name="B")],
                "link": [LINK],
                "plan": [plan()],
                "line": [line(kind="skip", state="shown")],
            },
        ),
    ),
}


@pytest.mark.parametrize("number", CASES)
def test_each_invariant_sees_what_it_forbids(number: int) -> None:
    before, after = CASES[number]
    log = [before, after]
    if number == 16:
        log = [at("start", LIVING), before, after]
    one = ALL[number - 1]
    assert one.__name__.startswith(f"inv_{number}_")
    with pytest.raises(Broken):
        one(1, log)
    with pytest.raises(Broken, match="inv_"):
        check(1, log)


def test_a_moment_in_which_nothing_happens_is_fine() -> None:
    for before, _ in CASES.values():
        check(1, [before, before])
