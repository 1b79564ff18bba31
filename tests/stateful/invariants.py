"""The 20 invariants of the fault catalogue, each a function of a company's id and the log of its moments.

Each looks at what the last moment changed, and raises ``Broken`` with a sentence. They recompute from rows and, where
the log has one, from the model of the source; a log without a model (``source=None``: kill test, soak) is judged by
rows alone. What can't be seen from here is said in the docstring. ``check`` asks all of them.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

from tests.stateful.effects import (
    inv_11_active_addresses_are_unique,
    inv_12_one_apply_at_a_time_and_one_for_a_plan,
    inv_13_at_most_one_invitation,
    inv_14_what_left_is_one_for_each_key,
    inv_15_the_outbox_has_what_was_committed,
    inv_16_undo_puts_back_what_nobody_changed_since,
    inv_17_nothing_is_left_half_way,
    inv_18_the_other_company_sees_and_feels_nothing,
    inv_19_no_secret_is_written_in_clear,
    inv_20_who_is_skipped_stays,
)
from tests.stateful.recording import Log, Row, automatic, changes, done_lines, now, reading_of
from tests.stateful.rules import Broken, columns_changed, is_empty, need

__all__ = ["ALL", "Broken", "check"]

ABSENT_HOURS: Final = 24
ROLLING: Final = False
"""Whether limits hold over 24 hours; until then they hold for each plan."""

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


def inv_1_archived_only_with_proof_and_by_a_plan(company_id: int, log: Log) -> None:
    """Proof: the last complete read before the plan says that they left, or has missed them for a day and twice."""
    for number, old, new in changes(log, "member"):
        if old is None or new is None or old["state"] == "archived" or new["state"] != "archived":
            continue
        if new["archived_by_hand"]:
            need(log[-1].by == "person", f"member {number} is archived by hand, and no hand was there")
            continue
        lines = [one for one in done_lines(log) if one["kind"] == "archive" and one["member_id"] == number]
        need(len(lines) == 1, f"member {number} was archived and {len(lines)} lines of plans say so")
        plan = now(log, "plan")[lines[0]["plan_id"]]
        if plan["undoes_id"] is not None:
            need(not automatic(plan), f"plan {plan['id']} took a run back and nobody said yes")
            continue
        need(
            bool(plan["settings"]["archive_inactive"]),
            f"member {number} was archived though the settings of plan {plan['id']} say that nobody is",
        )
        need(
            _proven(log, plan, lines[0]["employee_id"]),
            f"member {number} (employee {lines[0]['employee_id']}) was archived without proof",
        )


def _proven(log: Log, plan: Row, employee: str) -> bool:
    read = reading_of(log, plan)
    if read is None:
        return False
    if read.source is None:
        return _proven_by_mirror(log, plan, employee)
    said = read.source.people.get(employee)
    if said is not None:
        return said.left and not said.broken
    return _missing_long_enough(log, plan, employee)


def _missing_long_enough(log: Log, plan: Row, employee: str) -> bool:
    connection = now(log, "subscription")[plan["subscription_id"]]["connection_id"]
    missed: list[float] = []
    for before, one in pairwise(log):
        new = one.rows["run"].keys() - before.rows["run"].keys()
        full = any(
            one.rows["run"][run]["seen"].get("full") and one.rows["run"][run]["connection_id"] == connection
            for run in new
        )
        if not full or one.source is None:
            continue
        missed = [] if employee in one.source.people else [*missed, one.hours]
        if plan["id"] in one.rows["plan"]:
            break
    return len(missed) >= 2 and missed[-1] - missed[0] >= ABSENT_HOURS


def _proven_by_mirror(log: Log, plan: Row, employee: str) -> bool:
    connection = now(log, "subscription")[plan["subscription_id"]]["connection_id"]
    for moment in (log[-1], log[-2]):
        for one in moment.rows["employee"].values():
            if one["connection_id"] == connection and one["external_id"] == employee:
                last = one["last_working_day"] or one["end_date"]
                gone = one["absent_since"] is not None and one["absent_runs"] >= 2
                return one["status"] == "inactive" or last is not None or gone
    return False


def inv_2_automatic_changes_stay_inside_the_limits(company_id: int, log: Log) -> None:
    """By the catalogue's figures, recomputed; what a person approved is not counted. Grows: a window of 24 hours."""
    for subscription in now(log, "subscription").values():
        plans = {
            number
            for number, one in now(log, "plan").items()
            if automatic(one) and one["subscription_id"] == subscription["id"]
        }
        managed = _managed(log, subscription)
        for kind in ("archive", "release"):
            count = sum(1 for one in done_lines(log) if one["plan_id"] in plans and one["kind"] == kind)
            if kind == "archive" and ROLLING:
                count += _archived_lately(log, plans)
            need(
                not count or not _too_many(count, managed),
                f"{count} of {managed} members: {kind} without anybody's yes",
            )
        emails = sum(
            1
            for one in done_lines(log)
            if one["plan_id"] in plans and one["kind"] != "create" and "email" in one["fields"]
        )
        need(emails <= max(2, 0.1 * managed), f"{emails} of {managed} addresses changed without a yes")


def _managed(log: Log, subscription: Row) -> int:
    before = log[-2].rows if len(log) > 1 else log[-1].rows
    return sum(
        1
        for one in before["link"].values()
        if one["entity_id"] == subscription["entity_id"]
        and one["managed"]
        and before["member"][one["member_id"]]["state"] != "archived"
    )


def _too_many(count: int, managed: int) -> bool:
    return count > max(3, 0.1 * managed) or count > managed / 3 or count > 50 or count >= managed


def _archived_lately(log: Log, plans: set[int]) -> int:
    since = next(at for at, one in enumerate(log) if one.hours > log[-1].hours - 24)
    before = log[since].rows["line"]
    return sum(
        1
        for number, one in log[-2].rows["line"].items()
        if one["plan_id"] in plans
        and one["kind"] == "archive"
        and one["state"] == "done"
        and before.get(number, {}).get("state") != "done"
    )


def inv_3_somebody_keeps_the_keys(company_id: int, log: Log) -> None:
    """In every entity with members: an active owner who is not suspended, with the right that goes with it."""
    owners = {
        (one["entity_id"], one["user_id"])
        for one in now(log, "member").values()
        if one["role"] == "owner" and one["state"] == "active" and one["suspended_at"] is None
    }
    rights = {
        (one["entity_id"], one["user_id"]) for one in now(log, "grant").values() if one["role"] == "owner"
    }
    for entity in {one["entity_id"] for one in now(log, "member").values()}:
        need(any(one[0] == entity for one in owners & rights), f"entity {entity} has no owner any more")


def inv_4_a_run_that_fails_changes_nobody(company_id: int, log: Log) -> None:
    """Members that an earlier plan names, which a run finishes before it reads, are not the failed read's doing."""
    ended = [new for _, old, new in changes(log, "run") if new and new["finished_at"] and old is None]
    good = [one["id"] for one in ended if one["state"] == "succeeded"]
    source = log[-1].source
    need(
        not good or source is None or source.whole,
        f"run {good} succeeded, and what it was told was not whole",
    )
    if not ended or good:
        return
    begun = {
        number
        for number, one in (log[-2].rows["plan"] if len(log) > 1 else {}).items()
        if one["state"] == "applying"
    }
    earlier = {one["member_id"] for one in now(log, "line").values() if one["plan_id"] in begun}
    for table, key in (("member", "id"), ("link", "member_id"), ("invitation", "member_id")):
        for _, old, new in changes(log, table):
            moved = (new or old or {})[key]
            need(moved in earlier, f"a run that failed changed a row of {table} of member {moved}")
    for table in ("employee", "subscription"):
        need(not any(changes(log, table)), f"a read that failed changed rows of {table}")
    fresh = [new["id"] for _, old, new in changes(log, "plan") if new and old is None]
    need(not fresh, f"a run that failed made plans {fresh}")


def inv_5_again_changes_nothing(company_id: int, log: Log) -> None:
    """For steps that do the step before again: a plan applied twice, a run on a source that did not change."""
    if not log[-1].again:
        return
    for table in ("member", "link", "invitation"):
        moved = [number for number, _, _ in changes(log, table)]
        need(not moved, f"doing it again changed rows {moved} of {table}")
    need(not done_lines(log), "doing it again applied lines")
    for number, old, new in changes(log, "plan"):
        acts = new is not None and old is None and new["counts"].get("acting", 0) > 0
        need(not acts, f"running again made plan {number} with changes: {new and new['counts']}")


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


Invariant = Callable[[int, Log], None]

ALL: Final[tuple[Invariant, ...]] = (
    inv_1_archived_only_with_proof_and_by_a_plan,
    inv_2_automatic_changes_stay_inside_the_limits,
    inv_3_somebody_keeps_the_keys,
    inv_4_a_run_that_fails_changes_nobody,
    inv_5_again_changes_nothing,
    inv_6_order_and_retries_do_not_matter,
    inv_7_each_change_has_its_entry,
    inv_8_only_what_is_owned_is_touched,
    inv_9_nothing_is_emptied_unless_said,
    inv_10_one_person_one_link,
    inv_11_active_addresses_are_unique,
    inv_12_one_apply_at_a_time_and_one_for_a_plan,
    inv_13_at_most_one_invitation,
    inv_14_what_left_is_one_for_each_key,
    inv_15_the_outbox_has_what_was_committed,
    inv_16_undo_puts_back_what_nobody_changed_since,
    inv_17_nothing_is_left_half_way,
    inv_18_the_other_company_sees_and_feels_nothing,
    inv_19_no_secret_is_written_in_clear,
    inv_20_who_is_skipped_stays,
)


def check(company_id: int, log: Log) -> None:
    """Ask all invariants about the last moment of the log. Raises ``Broken``."""
    for one in ALL:
        try:
            one(company_id, log)
        except Broken as broken:
            raise Broken(f"{one.__name__}: {broken}") from None
