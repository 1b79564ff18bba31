"""Invariants 11 to 20: addresses, applies, mails and the outbox, undo, and what must not be seen or left behind."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from tests.stateful.recording import Log, Moment, Row, changes, done_lines, now, reading_of
from tests.stateful.rules import columns_changed, need

_FINAL: Final = ("applied", "rejected", "superseded")
_PUT_BACK: Final = (
    "state",
    "role",
    "email",
    "email_key",
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
    "user_id",
)
"""What an undo puts back. Bank details stay by decision, and a line manager who is gone cannot come back."""


def inv_11_active_addresses_are_unique(company_id: int, log: Log) -> None:
    """In each entity, folded by case and outer spaces alone, in code and rows alike."""
    living = [one for one in now(log, "member").values() if one["state"] != "archived"]
    twice = [
        key for key, n in Counter((one["entity_id"], one["email_key"]) for one in living).items() if n > 1
    ]
    need(not twice, f"two living members with one address: {twice}")
    for one in now(log, "member").values():
        need(
            one["email_key"] == one["email"].strip().lower(), f"member {one['id']} is kept by another address"
        )


def inv_12_one_apply_at_a_time_and_one_for_a_plan(company_id: int, log: Log) -> None:
    """What is over stays over; two applies at the same moment are for the test with processes."""
    for number, old, new in changes(log, "plan"):
        if old and old["state"] in _FINAL and log[-1].by != "time":
            need(new is not None and new["state"] == old["state"], f"plan {number} was {old['state']}: {new}")
    for number, old, new in changes(log, "line"):
        if old and old["state"] == "done":
            need(new is not None and new["state"] == "done", f"line {number} was done and is not any more")
    applied = Counter(one["plan_id"] for one in now(log, "event").values() if one["kind"] == "plan.applied")
    twice = [plan for plan, count in applied.items() if count > 1]
    need(not twice, f"plans {twice} were applied twice")
    entities = Counter(one["entity_id"] for one in now(log, "plan").values() if one["state"] == "applying")
    need(all(count == 1 for count in entities.values()), f"two plans are being applied: {entities}")


def inv_13_at_most_one_invitation(company_id: int, log: Log) -> None:
    """One open link for each member, one mail for each link, none for whoever is archived, or not to be asked yet."""
    members = now(log, "member")
    opened = Counter(
        one["member_id"]
        for one in now(log, "invitation").values()
        if one["used_at"] is None and one["cancelled_at"] is None
    )
    for number, count in opened.items():
        need(count == 1, f"member {number} has {count} open invitations")
        need(
            members[number]["state"] == "invited",
            f"member {number} is {members[number]['state']} and invited",
        )
    for number, old, new in changes(log, "invitation"):
        if old is None and new is not None:
            member = members[new["member_id"]]
            asked = member["state"] == "invited" and member["suspended_at"] is None
            need(asked, f"invitation {number} went to member {member['id']}, who must get none")
            _not_too_early(log, member)
    mails = Counter(one["key"] for one in now(log, "mail").values())
    need(all(count == 1 for count in mails.values()), f"mails that are there twice: {mails.most_common(1)}")
    first = Counter(
        (one["to_member"], one["key"])
        for one in now(log, "mail").values()
        if one["purpose"] == "member.invited"
    )
    need(all(count == 1 for count in first.values()), "somebody was invited twice by one invitation")


def _not_too_early(log: Log, member: Row) -> None:
    lines = [one for one in done_lines(log) if one["member_id"] == member["id"] and one["kind"] == "create"]
    for one in lines:
        plan = now(log, "plan")[one["plan_id"]]
        invite, read = plan["settings"].get("invite", {}), reading_of(log, plan)
        said = read.source.people.get(one["employee_id"]) if read and read.source else None
        if invite.get("type") == "days_before" and said is not None:
            days = invite["days"] + 1  # it may be tomorrow where they work
            need(said.start_in_days <= days, f"member {member['id']} was invited too early")


def inv_14_what_left_is_one_for_each_key(company_id: int, log: Log) -> None:
    """Of targets there are only mails yet: each is sent once, as many have left as are noted, and nothing waits."""
    if log[-1].by != "relay":
        return
    sent = [new for _, old, new in changes(log, "mail") if new and new["state"] == "sent"]
    need(len(sent) == len(log[-1].letters), f"{len(log[-1].letters)} mails left, {len(sent)} are noted")
    again = [new["id"] for _, old, new in changes(log, "mail") if new and old and old["state"] == "sent"]
    need(not again, f"mails {again} had been sent and were touched again")
    waiting = [one["id"] for one in now(log, "mail").values() if one["state"] in ("waiting", "sending")]
    need(not waiting, f"mails {waiting} still wait")


def inv_15_the_outbox_has_what_was_committed(company_id: int, log: Log) -> None:
    """Each new event waits in the outbox until the relay's round, and nothing else does; rollbacks leave neither."""
    events, waiting = now(log, "event"), now(log, "outbox")
    need(
        waiting.keys() <= events.keys(),
        f"the outbox holds {waiting.keys() - events.keys()}, which never were",
    )
    fresh = {number for number, old, _ in changes(log, "event") if old is None}
    if log[-1].by == "relay":
        need(not waiting, f"after the relay's round {len(waiting)} events still wait")
    else:
        need(fresh <= waiting.keys(), f"events {fresh - waiting.keys()} were written and will never be told")
        lost = log[-2].rows["outbox"].keys() - waiting.keys() if len(log) > 1 else set()
        need(not lost, f"events {lost} were taken from the outbox and not told")


def inv_16_undo_puts_back_what_nobody_changed_since(company_id: int, log: Log) -> None:
    """Who is as the run left them is as before it; a value that was changed since stays as it is."""
    for _, old, plan in changes(log, "plan"):
        undone = plan and plan["undoes_id"] is not None and plan["state"] == "applied"
        if not undone or (old and old["state"] == "applied") or plan is None:
            continue
        span = _span(log, plan["undoes_id"])
        if span is None:
            continue
        before, after = span
        for number in _members_of(log, plan["undoes_id"]):
            _put_back(number, before.rows["member"], after.rows["member"], log)


def _span(log: Log, plan_id: int) -> tuple[Moment, Moment] | None:
    """Return the moments just before and after a plan was applied, if the log saw it."""
    for earlier, later in pairwise(log):
        was = earlier.rows["plan"].get(plan_id, {}).get("state")
        if later.rows["plan"].get(plan_id, {}).get("state") == "applied" and was != "applied":
            return earlier, later
    return None


def _members_of(log: Log, plan_id: int) -> set[int]:
    lines = now(log, "line").values()
    return {one["member_id"] for one in lines if one["plan_id"] == plan_id and one["state"] == "done"}


def _put_back(number: int, before: Mapping[int, Row], after: Mapping[int, Row], log: Log) -> None:
    old, done = before.get(number), after[number]
    since, present = log[-2].rows["member"][number], now(log, "member")[number]
    touched = columns_changed(done, since)
    if not touched:
        if old is None or (old["state"] == "archived" and done["state"] != "archived"):
            need(present["state"] == "archived", f"member {number} came with the run and stays")
            return
        differ = {
            name
            for name in _PUT_BACK
            if (present[name] or None) != (old[name] or None)
            and not (
                name == "state" and {present[name], old[name]} == {"active", "invited"} and old["user_id"]
            )
        }
        need(not differ, f"member {number} is not as before the run in {sorted(differ)}")
    kept = {name for name in touched & set(_PUT_BACK[2:]) if name not in ("email_key", "user_id")}
    # An address may come back by what the undo does to others; all else that was changed since stays.
    lost = {name for name in kept if present[name] != since[name] and since[name] != done[name]}
    need(not lost, f"member {number} had later changes in {sorted(lost)}, and the undo took them")


def inv_17_nothing_is_left_half_way(company_id: int, log: Log) -> None:
    """Between steps no lease is held, no run is open, and a connection in use has a next run or says why not."""
    for one in now(log, "connection").values():
        need(one["lease"] is None, f"connection {one['id']} is held by nobody")
        if one["state"] in ("syncing", "connecting"):
            need(bool(one["run_wanted"]), f"connection {one['id']} is {one['state']} and nobody works on it")
        elif one["state"] not in ("paused", "disconnected"):
            due = one["next_run_at"] is not None or bool(one["run_wanted"])
            need(due, f"connection {one['id']} ({one['state']}) will never run again")
        need(one["state"] != "error" or bool(one["error"]), f"connection {one['id']} does not say why")
    openly = [one["id"] for one in now(log, "run").values() if one["finished_at"] is None]
    need(not openly, f"runs {openly} have no end")
    making = [one["id"] for one in now(log, "plan").values() if one["state"] == "making"]
    need(not making, f"plans {making} are half made")


def inv_18_the_other_company_sees_and_feels_nothing(company_id: int, log: Log) -> None:
    """By rows: pages, tokens and jobs of others are for the tests of the walls."""
    need(log[-1].other[1] == 0, "another company sees our rows")
    if len(log) > 1:
        need(log[-1].other[0] == log[-2].other[0], "another company's rows moved")


def inv_19_no_secret_is_written_in_clear(company_id: int, log: Log) -> None:
    """In all rows of the company but the sealed columns, and in mails; logs are read by the whole test run."""
    for text in (log[-1].text, *log[-1].letters):
        found = [at for at, secret in enumerate(log[-1].secrets) if secret in text]
        need(not found, f"secrets {found} stand in rows or mails")


def inv_20_who_is_skipped_stays(company_id: int, log: Log) -> None:
    """Skipped by a plan of this step, or unreadable in the source: their member does not move by a sync."""
    if log[-1].by != "sync":
        return
    acted = {one["member_id"] for one in done_lines(log)}
    made = {number for number, old, _ in changes(log, "plan") if old is None}
    skipped = {
        one["employee_id"]
        for _, old, one in changes(log, "line")
        if one and old is None and one["kind"] == "skip" and one["plan_id"] in made
    }
    broken = _broken(log)
    ids = {one["member_id"]: one["employee_id"] for one in now(log, "link").values()}
    for number, old, new in changes(log, "member"):
        if ids.get(number) in skipped | broken and number not in acted:
            columns = columns_changed(old, new)
            need(not columns, f"member {number} was skipped and moved in {sorted(columns)}")
    for one in done_lines(log):
        # What a person saw and approved was not skipped; a line manager who leaves takes that field along.
        fresh = one["plan_id"] in made and one["kind"] in ("update", "archive", "reactivate")
        moved = one["kind"] != "update" or set(one["fields"]) - {"manager"}
        need(
            not (fresh and moved and one["employee_id"] in broken),
            f"member {one['member_id']} moved by a record that nobody could read",
        )
    if any(one and old is None and one["seen"].get("full") for _, old, one in changes(log, "run")):
        for one in now(log, "employee").values():
            gone = one["absent_since"] is not None
            need(
                not (gone and one["external_id"] in broken),
                f"{one['external_id']} can't be read and counts as gone",
            )


def _broken(log: Log) -> set[str]:
    source = log[-1].source
    return {number for number, one in source.people.items() if one.broken} if source else set()
