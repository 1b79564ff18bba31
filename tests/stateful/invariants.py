"""The 20 invariants of the fault catalogue, each a function of a company's id and the log of its moments.

Each looks at what the last moment changed, and raises ``Broken`` with a sentence. They recompute from rows and, where
the log has one, from the model of the source; a log without a model (``source=None``: kill test, soak) is judged by
rows alone. What can't be seen from here is said in the docstring. ``check`` asks all of them.
"""

from collections.abc import Callable
from typing import Final

from tests.stateful.changing import (
    inv_6_order_and_retries_do_not_matter,
    inv_7_each_change_has_its_entry,
    inv_8_only_what_is_owned_is_touched,
    inv_9_nothing_is_emptied_unless_said,
    inv_10_one_person_one_link,
)
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
from tests.stateful.proofs import (
    inv_1_archived_only_with_proof_and_by_a_plan,
    inv_2_automatic_changes_stay_inside_the_limits,
    inv_3_somebody_keeps_the_keys,
    inv_4_a_run_that_fails_changes_nobody,
    inv_5_again_changes_nothing,
)
from tests.stateful.recording import Log
from tests.stateful.rules import Broken

__all__ = ["ALL", "Broken", "check"]

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
