"""The guards that keep people from being locked out by mistake: where each stands, and which quick test watches it.

A mutant is a guard turned off by a small change of one file. ``scripts/mutants`` makes each of them in a copy of the
tree and runs its test, which must go red; ``docs/reference/guards.md`` is written from this list.
"""

from typing import Final

from msgspec import Struct


class Mutant(Struct, frozen=True, kw_only=True):
    """One guard: ``old`` stands in ``file`` exactly once, and with ``new`` in its place the guard is off."""

    # what the guard sees to, as a sentence
    guard: str
    # rows, rules and invariants of the catalogue, decisions of the product
    shows: str
    # under src/rollcall
    file: str
    old: str
    new: str
    # arguments for pytest
    test: str


CASES: Final = "tests/engine/test_cases.py -k "
LIFE: Final = "tests/sync/test_lifecycle.py::"
TROUBLES: Final = "tests/sync/test_troubles.py::"
MEMBERS: Final = "tests/directory/test_actions.py::"
UNDO: Final = "tests/sync/test_undo.py::"

GUARDS: Final = (
    Mutant(
        guard="Whoever is missing from a list is not taken for somebody who left.",
        shows="rules 1 and 5, invariant 1",
        file="engine/plan.py",
        old='        return line(one, Kind.SKIP, Why.VANISHED_WAITS, params={**since, "day": day})',
        new="        return line(one, Kind.ARCHIVE, Why.VANISHED, params=since)",
        test=CASES + "who_vanished_waits_for_a_day_of_complete_lists",
    ),
    Mutant(
        guard="Nobody is archived while archiving is off.",
        shows="S36, S38",
        file="engine/plan.py",
        old="    if not given.settings.archive_inactive:",
        new="    if False:",
        test=CASES + "a_leaver_stays_when_archiving_is_off",
    ),
    Mutant(
        guard="A run by the clock does not archive members that the connection does not manage.",
        shows="rule 4, invariant 8",
        file="engine/plan.py",
        old="    if not managed and not given.adopt:",
        new="    if False:",
        test=CASES + "a_leaver_whose_member_was_made_by_hand_stays_in_a_run_by_the_clock",
    ),
    Mutant(
        guard="A plan never archives the last owner.",
        shows="decision 10, invariant 3",
        file="engine/plan.py",
        old="    if member.last_owner:",
        new="    if False:",
        test=CASES + "the_last_owner_is_never_archived",
    ),
    Mutant(
        guard="Of two owners who leave at once one stays.",
        shows="decision 10, invariant 3",
        file="engine/plan.py",
        old="        elif Kind.ARCHIVE in kinds and not (_is_owner(one) and owner_goes):",
        new="        elif Kind.ARCHIVE in kinds:",
        test=CASES + "two_owners_who_leave_at_once_do_not_both_go",
    ),
    Mutant(
        guard="However a plan is cut, applying it leaves an owner.",
        shows="decision 10, invariant 3",
        file="directory/batch.py",
        old="                fits = fits and left > 0",
        new="                fits = fits and left >= 0",
        test=MEMBERS + "test_inv3_the_last_owner_stays_however_the_leaving_is_cut",
    ),
    Mutant(
        guard="Whom a person archived, no sync brings back.",
        shows="decision 11",
        file="engine/plan.py",
        old="    if member.archived_by_hand:",
        new="    if False:",
        test=CASES + "who_was_archived_by_hand_stays_archived",
    ),
    Mutant(
        guard="Whose address works on under another number has not left.",
        shows="I2, I8",
        file="engine/plan.py",
        old="        # The same address works here under another number: moved to a new contract, not gone.\n"
        "        return [shared(one, Kind.SKIP)]",
        new="        pass",
        test="tests/engine/test_doubts.py"
        "::test_i2_i8_a_leaver_known_by_address_alone_stays_while_it_works_on_under_another_number",
    ),
    Mutant(
        guard="A member whose address somebody without a member has too is asked about, not archived.",
        shows="I8, decision 1",
        file="engine/identity.py",
        old="        return [line(one, Kind.SKIP, Why.HAS_NEW_NUMBER, params=params)]",
        new="        return None",
        test=CASES + "a_new_number_waits_while_the_old_one_is_missing",
    ),
    Mutant(
        guard="A member who is tied to one employee is not given to another.",
        shows="I8, invariant 10",
        file="engine/identity.py",
        old="    if one.same_email_linked and not settled:",
        new="    if False:",
        test=CASES + "a_member_linked_to_another_employee_is_not_taken",
    ),
    Mutant(
        guard="Who starts later is not invited before the day that was set.",
        shows="V1, invariant 13",
        file="engine/plan.py",
        old="    if from_day <= today:",
        new="    if True:",
        test=CASES + "a_future_hire_waits_for_the_days_before_the_start",
    ),
    Mutant(
        guard="The last day is still a day of work.",
        shows="V2",
        file="engine/status.py",
        old="    ended = end is not None and end < today",
        new="    ended = end is not None and end <= today",
        test=CASES + "nobody_is_archived_on_the_last_day",
    ),
    Mutant(
        guard="A field that the HR tool did not deliver is not emptied.",
        shows="rule 3, A5, invariant 9",
        file="engine/differences.py",
        old="        if value is UNSET:\n            continue",
        new="        if value is UNSET:\n            value = None",
        test=CASES + "a_field_that_is_not_delivered_is_kept",
    ),
    Mutant(
        guard="A field that is empty for everybody is not emptied.",
        shows="rule 3, A5, invariant 9",
        file="engine/differences.py",
        old="(name in NEVER_CLEARED or name not in given.clearable)",
        new="name in NEVER_CLEARED",
        test=CASES + "a_field_that_is_blank_for_everybody_is_kept",
    ),
    Mutant(
        guard="What a person set, and the HR tool does not decide, is not overwritten.",
        shows="decision 8, invariant 8",
        file="engine/differences.py",
        old="for name, owner in owners.items() if owner is Ownership.HR and name not in kept}",
        new="for name in owners if name not in kept}",
        test=CASES + "an_email_that_is_not_read_is_not_changed",
    ),
    Mutant(
        guard="A run whose plan passes a limit holds it.",
        shows="rule 6, invariant 2",
        file="sync/runs/run.py",
        old="        elif made.breaches or paused is not None:",
        new="        elif paused is not None:",
        test=LIFE + "test_limits_hold_a_run_once_and_a_person_approves_with_a_reason",
    ),
    Mutant(
        guard="Every plan is measured by the limits.",
        shows="rule 6, invariant 2",
        file="sync/plans/judging.py",
        old="            for one in breaches(self.tally, looks, self.settings.limits)",
        new="            for one in breaches(self.tally, looks, self.settings.limits)[:0]",
        test=LIFE + "test_limits_hold_a_run_once_and_a_person_approves_with_a_reason",
    ),
    Mutant(
        guard="What syncs did in the last 24 hours counts with what a plan does now.",
        shows="rule 6, invariant 2",
        file="sync/plans/judging.py",
        old="        if not self.tally.acting or self.for_settings:",
        new="        if True:",
        test="tests/sync/test_limits.py"
        "::test_rule6_inv2_archives_in_slices_hold_when_24_hours_together_pass_the_limit",
    ),
    Mutant(
        guard="Whoever was written since the members were counted may be none of them any more.",
        shows="rule 6, rule 7",
        file="sync/plans/judging.py",
        old="self.measured.managed - len(self.measured.since))",
        new="self.measured.managed)",
        test="tests/sync/test_near.py"
        "::test_rule6_rule7_members_archived_by_hand_since_the_last_look_leave_less_room",
    ),
    Mutant(
        guard="After a pause nobody is changed before a person has looked.",
        shows="S2 of the catalogue, rule 10",
        file="sync/runs/run.py",
        old="        elif made.breaches or paused is not None:",
        new="        elif made.breaches or False:",
        test="tests/sync/test_catching_up.py"
        "::test_s2_d12_what_happened_during_a_pause_is_shown_and_applied_after_one_click",
    ),
    Mutant(
        guard="An approval counts for the plan that was shown, and no other.",
        shows="C6, decision 4",
        file="sync/actions.py",
        old="    if locked.digest != digest:",
        new="    if False:",
        test=LIFE + "test_c6_inv12_an_approval_covers_only_the_plan_that_was_shown_and_only_once",
    ),
    Mutant(
        guard="A plan is decided once.",
        shows="C6, invariant 12",
        file="sync/actions.py",
        old="    if locked.state not in WAITING:",
        new="    if False:",
        test=LIFE + "test_c6_inv12_an_approval_covers_only_the_plan_that_was_shown_and_only_once",
    ),
    Mutant(
        guard="While an approved plan waits for its worker, no other of the entity is approved.",
        shows="C6, invariant 12",
        file="sync/actions.py",
        old="    if Plan.objects.filter(entity_id=locked.entity_id, state=PlanState.APPLYING).exists():",
        new="    if False:",
        test=LIFE
        + "test_c6_inv12_while_an_approved_plan_waits_for_its_worker_no_other_of_the_entity_can_be_approved",
    ),
    Mutant(
        guard="What is approved while a run reads is made before the run plans.",
        shows="C5, C6, invariant 12",
        file="sync/runs/run.py",
        old="        if approved is not None and apply_now:",
        new="        if False:",
        test=TROUBLES + "test_c5_c6_inv12_what_is_approved_while_a_run_reads_is_made_before_the_run_plans",
    ),
    Mutant(
        guard="A preview of yesterday is not confirmed.",
        shows="C6, decision 4",
        file="sync/actions.py",
        old="    return now - seen > PREVIEW_LIVES",
        new="    return False",
        test=LIFE + "test_c6_a_preview_of_yesterday_is_refused",
    ),
    Mutant(
        guard="A plan that passes limits is approved with a reason only.",
        shows="rule 6, invariant 2",
        file="sync/actions.py",
        old="    if ((locked.breaches and not without_doubtful) or locked.undoes_id) and not reason:",
        new="    if locked.undoes_id and not reason:",
        test=LIFE + "test_limits_hold_a_run_once_and_a_person_approves_with_a_reason",
    ),
    Mutant(
        guard="Changes that were left out of a plan are not made.",
        shows="rule 2, decision 4",
        file="sync/runs/applying.py",
        old="WHERE plan_id = %s AND state = 'wanted' AND kind = ANY(%s)",
        new="WHERE plan_id = %s AND state <> 'done' AND kind = ANY(%s)",
        test=UNDO + "test_doubtful_changes_can_be_left_out_of_a_held_plan",
    ),
    Mutant(
        guard="A change is made only while what it changes is as it was shown.",
        shows="rule 2, C8, invariant 8",
        file="directory/batch.py",
        old="                WHERE m.entity_id = %s AND to_jsonb(m) @> w.before",
        new="                WHERE m.entity_id = %s",
        test=MEMBERS + "test_c8_what_somebody_changed_meanwhile_is_stale_and_left",
    ),
    Mutant(
        guard="Two living members never get one address.",
        shows="I2, invariant 11",
        file="directory/batch.py",
        old="    if not wanted:\n        return writes\n    holders",
        new="    if wanted:\n        return writes\n    holders",
        test=MEMBERS + "test_inv11_an_address_that_was_taken_meanwhile_is_stale_and_the_rest_goes_on",
    ),
    Mutant(
        guard="Each change of a member by a plan has its entry in the log.",
        shows="invariant 7",
        file="directory/lines.py",
        old="for kind, about in ((_EVENTS[change.kind], data), *((kind, person) for kind in told)):",
        new="for kind, about in ((kind, person) for kind in told):",
        test=LIFE + "test_inv7_every_change_of_a_member_has_one_audit_entry_with_its_plan",
    ),
    Mutant(
        guard="Taking a run back leaves what somebody changed since.",
        shows="decision 15, invariant 16",
        file="engine/undo.py",
        old="            if now.values.get(name) == one.after:\n"
        "                back[name] = FieldChange(before=one.after, after=one.before)",
        new="            if now.values.get(name) != one.before:\n"
        "                back[name] = FieldChange(before=now.values.get(name), after=one.before)",
        test="tests/engine/test_undo.py::test_a_field_goes_back_only_while_it_is_as_the_change_left_it",
    ),
    Mutant(
        guard="Taking a run back pauses the connection, so that the next hour does not do it again.",
        shows="decision 15",
        file="sync/actions.py",
        old="    if connection.is_used:\n        pause(connection, actor=actor)",
        new="    if False:\n        pause(connection, actor=actor)",
        test=UNDO + "test_the_connection_is_paused_so_that_the_next_hour_does_not_do_it_again",
    ),
    Mutant(
        guard="An empty list does not count as a company without people.",
        shows="P1, rule 1",
        file="connections/reading.py",
        old="        if self.read == 0 and known:",
        new="        if False:",
        test=TROUBLES
        + "test_inv4_t2_t3_t5_t10_t11_a1_a3_a6_p1_p2_e8_a_run_that_fails_says_why_and_changes_nothing",
    ),
    Mutant(
        guard="A list whose totals disagree is not taken for the whole.",
        shows="P2, P4, rule 1",
        file="connectors/paging.py",
        old='    raise dialogue.failure(Incomplete, "the list moved or its totals disagree, twice")',
        new="    return",
        test="tests/connectors/test_paging.py::test_p2_p4_a_total_that_disagrees_twice_is_no_list",
    ),
    Mutant(
        guard="A record that cannot be read counts as present.",
        shows="E6, invariant 20",
        file="connections/reading.py",
        old="        read = Read(connection_id=self.connection.pk, now=now, excused=excused, known=known, usual=usual)",
        new="        read = Read(connection_id=self.connection.pk, now=now, excused=[], known=known, usual=usual)",
        test="tests/connections/test_fetch.py::test_e6_inv20_a_record_that_cannot_be_read_leaves_its_person_as_they_were",
    ),
    Mutant(
        guard="A page with somebody whom a list of changes told of is read again, however often its bytes come.",
        shows="P7",
        file="connections/known_pages.py",
        old="        if _TOLD in found:",
        new="        if False:",
        test="tests/connections/test_few.py::test_p7_what_was_told_of_is_looked_at_again_by_the_next_full_read",
    ),
    Mutant(
        guard="Few changes leave the same loops of line managers flagged as a look at everybody.",
        shows="M2",
        file="connections/loops.py",
        old="matched WHERE regrouped UNION SELECT external_id FROM flagged",
        new="matched WHERE regrouped",
        test="tests/connections/test_few.py"
        "::test_m1_m2_m3_few_changes_leave_the_loops_that_a_look_at_everybody_finds",
    ),
    Mutant(
        guard="Nothing is decided from what was known before a record became unreadable.",
        shows="rule 1, invariant 20",
        file="engine/plan.py",
        old="    if one.unread and lines and lines[0].kind in ACTING:",
        new="    if False:",
        test="tests/engine/test_unread.py::test_e6_rule1_inv20_nothing_is_decided_from_the_record_before_the_unreadable_one",
    ),
    Mutant(
        guard="The key of another company ends the run.",
        shows="A6",
        file="sync/runs/run.py",
        old="        if connection.identity and found.identity and connection.identity != found.identity:",
        new="        if False:",
        test="tests/sync/test_wire_faults.py::test_a6_inv4_a_key_of_another_company_reads_nobody",
    ),
    Mutant(
        guard="Of two runs of one connection at once, one works.",
        shows="C5, invariant 12",
        file="sync/runs/lease.py",
        old="        return bool(rows[0][0])",
        new="        return True",
        test="tests/sync/test_quiet.py::test_c5_inv12_while_another_process_has_the_lock_no_run_begins",
    ),
    Mutant(
        guard="Of two runs of one connection in one process, one works.",
        shows="C5, invariant 12",
        file="sync/runs/lease.py",
        old="    if (company_id, connection_id) in _MINE.values():",
        new="    if False:",
        test=TROUBLES + "test_c5_inv12_of_two_runs_at_once_one_works",
    ),
    Mutant(
        guard="A run looks at everybody as soon as anything was written that plans are made from.",
        shows="rule 10, invariant 5",
        file="sync/plans/level.py",
        old="    return level is not None and level.settled and level.marks == marks and level.is_of(now)",
        new="    return level is not None and level.settled and level.is_of(now)",
        test="tests/sync/test_quiet.py"
        "::test_rule10_other_marks_another_day_an_older_clock_or_another_version_is_a_doubt",
    ),
    Mutant(
        guard="A look goes on from the one before only if no mark came late, went, or names nobody.",
        shows="rule 10, invariant 5",
        file="sync/plans/near.py",
        old="    if before != level.marks or anybody or any(len(one) > MOST for one in whom):",
        new="    if any(len(one) > MOST for one in whom):",
        test="tests/sync/test_near.py::test_rule10_in_any_doubt_everybody_is_looked_at",
    ),
    Mutant(
        guard="Nobody goes on from a run that failed.",
        shows="rule 10, invariant 5",
        file="sync/plans/near.py",
        old="    if last is None or last[0] != RunState.SUCCEEDED:",
        new="    if last is None:",
        test="tests/sync/test_near.py::test_rule10_in_any_doubt_everybody_is_looked_at",
    ),
    Mutant(
        guard="Whoever waits is asked about again when anything changes.",
        shows="rule 10, invariant 5",
        file="sync/plans/near.py",
        old="tied | above | {*level.waiting}",
        new="tied | above",
        test="tests/sync/test_near.py::test_rule10_whoever_waits_is_told_of_again_when_something_else_changes",
    ),
    Mutant(
        guard="An apply stops when the connection is disconnected under it.",
        shows="S47, C6",
        file="sync/runs/lease.py",
        old="    held = Connection.objects.select_for_update().filter(pk=connection_id, lease=token)\n"
        '    found = held.only("state").first()\n'
        "    if found is None or not (found.is_used or (even_paused and found.state == State.PAUSED)):",
        new="    found = Connection.objects.select_for_update().filter(pk=connection_id).first()\n"
        "    if found is None:",
        test=TROUBLES + "test_an_apply_stops_when_the_connection_is_disconnected_under_it",
    ),
    Mutant(
        guard="Coming back gives no access to somebody who is suspended.",
        shows="decision 11",
        file="directory/following.py",
        old="user__isnull=False, suspended_at=None)",
        new="user__isnull=False)",
        test="tests/directory/test_suspending.py"
        "::test_d11_a_sync_updates_and_archives_a_suspended_member_and_never_gives_access_back",
    ),
    Mutant(
        guard="Who is archived has no open invitation.",
        shows="Z8, invariant 13",
        file="directory/following.py",
        old="        cancelled_at=now, next_reminder_at=None\n    )\n    _take_rights",
        new="        next_reminder_at=None\n    )\n    _take_rights",
        test=MEMBERS + "test_z8_archiving_ends_rights_sessions_and_invitations_at_once",
    ),
)
