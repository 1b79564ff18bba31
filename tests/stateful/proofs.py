"""Invariants 1 to 5: who may be archived, how many, who keeps the keys, what fails, what is done again."""

from itertools import pairwise
from typing import Final

from tests.stateful.recording import Log, Moment, Row, automatic, changes, done_lines, now, reading_of
from tests.stateful.rules import need

ABSENT_HOURS: Final = 24


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
    """By the catalogue's figures, recomputed; in 24 hours; what a person approved is not counted."""
    for subscription in now(log, "subscription").values():
        plans = {
            number
            for number, one in now(log, "plan").items()
            if automatic(one) and one["subscription_id"] == subscription["id"]
        }
        managed = _managed(log, subscription)
        for kind in ("archive", "release"):
            count = sum(1 for one in done_lines(log) if one["plan_id"] in plans and one["kind"] == kind)
            earlier = _lately(log, plans, kind) if count else 0
            need(
                not count or not _too_many(count + earlier, managed + earlier),
                f"{earlier} + {count} of {managed + earlier} members: {kind} without anybody's yes",
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


def _lately(log: Log, plans: set[int], kind: str) -> int:
    """Count what these plans did in the 24 hours before the last step, unless it was taken back."""
    since = next(at for at, one in enumerate(log) if one.hours > log[-1].hours - 24)
    before, all_plans = log[since].rows["line"], now(log, "plan")
    undone = {one["undoes_id"] for one in all_plans.values() if one["state"] == "applied"}
    return sum(
        1
        for number, one in log[-2].rows["line"].items()
        if one["plan_id"] in plans - undone
        and one["kind"] == kind
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
            if begun and old and new and _but_in_step(old) == _but_in_step(new):
                # Whom new settings leave as they are is noted when their plan is done, and stands in no line of it.
                continue
            need(moved in earlier, f"a run that failed changed a row of {table} of member {moved}")
    for table in ("employee", "subscription"):
        need(not any(changes(log, table)), f"a read that failed changed rows of {table}")
    fresh = [new["id"] for _, old, new in changes(log, "plan") if new and old is None]
    need(not fresh, f"a run that failed made plans {fresh}")


def _but_in_step(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("applied_version", "applied_digest")}


def inv_5_again_changes_nothing(company_id: int, log: Log) -> None:
    """For steps that do the step before again: a plan applied twice, a run on a source that did not change.

    A plan that waits may be made anew when what it only shows has changed, as why somebody stays; not what it would do.
    """
    if not log[-1].again:
        return
    for table in ("member", "link", "invitation"):
        moved = [number for number, _, _ in changes(log, table)]
        need(not moved, f"doing it again changed rows {moved} of {table}")
    need(not done_lines(log), "doing it again applied lines")
    moved_plans = list(changes(log, "plan"))
    waited = [
        _would_do(log[-2], number)
        for number, old, new in moved_plans
        if old and new and old["state"] in ("preview", "held") and new["state"] == "superseded"
    ]
    for number, old, new in moved_plans:
        acts = new is not None and old is None and new["counts"].get("acting", 0) > 0
        need(
            not acts or _would_do(log[-1], number) in waited,
            f"running again made plan {number} with changes: {new and new['counts']}",
        )


def _would_do(moment: Moment, plan_id: int) -> list[str]:
    """Return what a plan that has not begun would do, in one order."""
    lines = moment.rows["line"].values()
    wanted = [one for one in lines if one["plan_id"] == plan_id and one["state"] == "wanted"]
    return sorted(
        str([one[name] for name in ("kind", "employee_id", "member_id", "why", "fields")]) for one in wanted
    )
