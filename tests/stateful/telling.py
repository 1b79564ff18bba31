"""What every step does: it is told in the story, and every invariant is asked about the company after it."""

import os
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, TypeVar

from django.db import transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.stateful.company import Company, Refusal
from tests.stateful.invariants import check
from tests.stateful.recording import By, Moment, moment

T = TypeVar("T")

PICK: Final = st.integers(min_value=0, max_value=30)
"""Which of those who are there: taken round and round."""


class Stop(Exception):
    """Takes a savepoint back."""


def one_of(found: Sequence[T], which: int) -> T | None:
    return found[which % len(found)] if found else None


class Told(RuleBasedStateMachine):
    """One company's life; ``made`` is set by the test that runs it."""

    made: ClassVar[Company]
    begun: ClassVar[Moment]

    def __init__(self) -> None:
        super().__init__()
        self.it = self.made
        self._savepoint = transaction.atomic()
        # As Django's own test cases mark theirs: "durable" means the outermost one of the code under test.
        self._savepoint._from_testcase = True  # type: ignore[attr-defined]
        self._savepoint.__enter__()
        self.it.hr.reset()
        self.hours = 0.0
        self.dirty = True
        self.story: list[str] = []
        self.log: list[Moment] = [self.begun]

    def teardown(self) -> None:
        try:
            self._savepoint.__exit__(Stop, Stop(), None)
        finally:
            self.it.hr.reset()

    def see(self, step: str, by: By, *, again: bool = False, **more: Any) -> None:
        """Look at the company after a step, and ask every invariant."""
        self.log.append(
            moment(
                self.it.pk,
                step=step,
                by=by,
                hours=self.hours,
                other_company_id=self.it.other,
                source=self.it.hr.source(),
                again=again,
                secrets=self.it.secrets,
                **more,
            )
        )
        self.story.append(f"{len(self.story) + 1:3}. {step}")
        # No invariant looks further back than a day and a sequence's plans; texts of the past are dead weight.
        try:
            check(self.it.pk, self.log)
        except AssertionError:
            begun = os.environ.get("SEED", "the fixed one")
            note(f"The story so far (SEED: {begun}):\n" + "\n".join(self.story))
            raise

    def source_did(self, step: str) -> None:
        """HR did something: no row of ours has moved, so there is nothing to look at yet."""
        self.dirty = True
        self.story.append(f"{len(self.story) + 1:3}. HR: {step}")

    def person(self, step: str, do: Callable[[], object], *, again: bool = False) -> bool:
        """A person asks for something; what the product refuses must change nothing, and is told in the story."""
        self.dirty = True
        try:
            do()
        except Refusal as refused:
            self.see(f"{step} (refused: {refused.code})", "person", again=True)
            return False
        self.see(step, "person", again=again)
        return True
