"""Invariants 6 to 10: what a change of a member is, who may make it, and whom it is about."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from tests.stateful.recording import Log, Row, automatic, changes, done_lines, now, reading_of
from tests.stateful.rules import columns_changed, is_empty, need

PLAIN: Final = (
    "email",
    "first_name",
    "last_name",
    "employee_number",
    "job_title",
    "department",
    "team",
    "work_location",
    "country",
    "legal_entity",
    "cost_center",
    "employment_type",
    "language",
    "start_date",
)
FOLLOWING: Final[Mapping[str, str]] = {
    "email_key": "email",
    "manager_id": "manager",
    "bank_digest": "bank_account",
    "bank_mask": "bank_account",
    "bank_confirmed_at": "bank_account",
    "bank_disputed_at": "bank_account",
}
"""Column -> the field of a line that moves it."""

MAIN_EVENTS: Final = frozenset(
    f"member.{one}"
    for one in (
        "invited linked created updated archived reactivated released signed_up suspended suspension_lifted"
        " role_changed invitation_resent invitation_cancelled"
    ).split()
)


def inv_6_order_and_retries_do_not_matter(company_id: int, log: Log) -> None:
    """For steps that were done in another order first, and taken back."""
    twins = log[-1].twins
    need(twins is None or twins[0] == twins[1], "another order of records gives other members", twins)


def inv_7_each_change_has_its_entry(company_id: int, log: Log) -> None:
    """Changes by a plan have exactly one entry, with run, plan, before and after; others at least one; none without."""
    told: dict[int, list[Row]] = {}
    for _, _, new in changes(log, "event"):
        if new and new["kind"] in MAIN_EVENTS:
            told.setdefault(new["member_id"], []).append(new)
    moved = {number: (old, new) for number, old, new in changes(log, "member")}
    for number, (old, new) in moved.items():
        columns = columns_changed(old, new) - {"invited_at"}
        if columns and log[-1].by != "time":
            need(number in told, f"member {number} changed in {sorted(columns)} and no entry says so")
    plans = now(log, "plan")
    by_line = Counter((one["plan_id"], one["member_id"]) for one in done_lines(log))
    by_entry = Counter(
        (one["plan_id"], number) for number, ones in told.items() for one in ones if one["plan_id"]
    )
    need(by_line == by_entry, "lines done and entries are not the same", by_line, by_entry)
    for number, entries in told.items():
        for one in entries:
            if one["plan_id"]:
                need(one["run_id"] == plans[one["plan_id"]]["run_id"], f"entry {one['id']} names another run")
        if len(entries) == 1 and entries[0]["plan_id"] and number in moved:
            _same_fields(number, entries[0], *moved[number])
    numbers = sorted(one["number"] for one in now(log, "event").values())
    need(numbers == list(range(1, len(numbers) + 1)), "the log of events has gaps")


def _same_fields(number: int, entry: Row, old: Row | None, new: Row | None) -> None:
    told = {name: tuple(pair) for name, pair in entry["data"]["fields"].items() if name in PLAIN}
    seen = {
        name: ((old or {}).get(name) or None, (new or {}).get(name) or None)
        for name in PLAIN
        if ((old or {}).get(name) or None) != ((new or {}).get(name) or None)
    }
    told = {name: (before or None, after or None) for name, (before, after) in told.items()}
    need(told == seen, f"member {number}: the entry says {told}, the row {seen}")


def inv_8_only_what_is_owned_is_touched(company_id: int, log: Log) -> None:
    """A sync touches members that a line of its plan names, and of them the fields that the line names."""
    if log[-1].by != "sync":
        return
    lines: dict[int, list[Row]] = {}
    for one in done_lines(log):
        lines.setdefault(one["member_id"], []).append(one)
    late = {
        one["member_id"]
        for _, old, one in changes(log, "line")
        if one and old and one["managers_set"] and not old["managers_set"]
    }
    for number, old, new in changes(log, "member"):
        columns = columns_changed(old, new)
        if number in late:
            columns -= {"manager_id"}
        if not columns or old is None:
            continue
        need(number in lines, f"a sync changed member {number} in {sorted(columns)} without a line")
        named = {name for one in lines[number] for name in one["fields"]}
        kinds = {one["kind"] for one in lines[number]}
        if kinds & {"archive", "reactivate"}:
            columns -= {"state", "archived_at", "role", "archived_by_hand"}
        foreign = {one for one in columns if FOLLOWING.get(one, one) not in named}
        need(not foreign, f"a sync changed {sorted(foreign)} of member {number}, which no line names")
        _owned(log, lines[number], old)


def _owned(log: Log, lines: list[Row], old: Row) -> None:
    for one in lines:
        plan = now(log, "plan")[one["plan_id"]]
        unread = {name for name, owner in plan["settings"].get("fields", {}).items() if owner != "hr"}
        taken = unread & one["fields"].keys() if plan["undoes_id"] is None else set()
        need(not taken, f"line {one['id']} changes {sorted(taken)}, which HR does not decide")
        subscription = now(log, "subscription")[plan["subscription_id"]]
        managed = any(
            link["member_id"] == old["id"]
            and link["managed"]
            and link["connection_id"] == subscription["connection_id"]
            for link in log[-2].rows["link"].values()
        )
        may = managed or one["kind"] in ("link", "reactivate") or not automatic(plan)
        need(may, f"a sync changed member {old['id']}, whom it does not manage ({one['kind']})")


def inv_9_nothing_is_emptied_unless_said(company_id: int, log: Log) -> None:
    """Said: the plan has the field as empty, and the read it comes from has a value in that field for somebody."""
    if log[-1].by != "sync":
        return
    lines = {one["member_id"]: one for one in done_lines(log)}
    late = {
        one["member_id"]: one
        for _, _, one in changes(log, "line")
        if one and one["managers_set"] and "manager" in one["fields"]
    }
    for number, old, new in changes(log, "member"):
        for name in (*PLAIN, "manager_id", "bank_digest"):
            if old is None or new is None or is_empty(old, name) or not is_empty(new, name):
                continue
            line = (late if name == "manager_id" else lines).get(number)
            field = (line or {}).get("fields", {}).get(FOLLOWING.get(name, name))
            said = line is not None and field is not None and not field.get("after")
            need(said, f"{name} of member {number} became empty and no plan says so")
            if line is not None and name != "manager_id":
                _delivered(log, line, name)


def _delivered(log: Log, line: Row, name: str) -> None:
    plan = now(log, "plan")[line["plan_id"]]
    read = reading_of(log, plan)
    if plan["undoes_id"] is None and read is not None and read.source is not None:
        need(
            name in read.source.filled,
            f"{name} of member {line['member_id']} became empty though nobody has one in HR now",
        )


def inv_10_one_person_one_link(company_id: int, log: Log) -> None:
    """An employee once for each connection; in an entity one link for an employee, and one for a member."""
    keys: list[tuple[str, list[tuple[Any, ...]]]] = [
        ("employees", [(one["connection_id"], one["external_id"]) for one in now(log, "employee").values()]),
        (
            "links of employees",
            [(o["entity_id"], o["connection_id"], o["employee_id"]) for o in now(log, "link").values()],
        ),
        ("links of members", [(o["member_id"], o["connection_id"]) for o in now(log, "link").values()]),
    ]
    for what, found in keys:
        twice = [key for key, count in Counter(found).items() if count > 1]
        need(not twice, f"{what} that are there twice: {twice}")
    members = now(log, "member")
    for one in now(log, "link").values():
        need(members[one["member_id"]]["entity_id"] == one["entity_id"], "a link crosses entities")
