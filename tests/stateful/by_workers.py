"""What workers and time do: runs, applies done again, mails, hours and days."""

import random

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.recording import people_text
from tests.stateful.telling import Stop, Told


class ByWorkers(Told):
    """Rules of workers."""

    def _run(self, trigger: str) -> None:
        self.it.run(trigger)
        state = self.it.connection().state
        self.see(f"a run ({trigger}); the connection is {state}", "sync")

    def _runs(self) -> bool:
        return self.log[-1].rows["connection"] != {} and self._state() not in ("paused", "disconnected")

    def _state(self) -> str:
        return str(next(iter(self.log[-1].rows["connection"].values()))["state"])

    @precondition(_runs)
    @rule()
    def the_clock_runs(self) -> None:
        self._run("clock")

    @precondition(_runs)
    @rule()
    def somebody_presses_sync_now(self) -> None:
        self._run("person")

    @precondition(_runs)
    @rule()
    def a_webhook_starts_a_run(self) -> None:
        self._run("webhook")

    @precondition(_runs)
    @rule()
    def run_twice(self) -> None:
        self._run("clock")
        self.it.run("clock")
        self.see("another run, and HR did not move", "sync", again=True)

    @precondition(_runs)
    @rule(seed=st.integers(0, 5))
    def run_in_another_order(self, seed: int) -> None:
        """First in another order of records and with a hiccup on the way, taken back; then as it comes."""
        first: list[str] = []
        point = transaction.atomic()
        point._from_testcase = True  # type: ignore[attr-defined]
        point.__enter__()
        try:
            order = sorted(self.it.hr.people)
            random.Random(seed).shuffle(order)
            if not self.it.hr.fault and seed % 2:
                self.it.hr.control("faults", on={"id": "T5", "status": 503, "times": 1})
            self.it.hr.shuffle(order)
            self.it.run("clock")
            first.append(people_text(self.it.pk))
        finally:
            point.__exit__(Stop, Stop(), None)
        if not self.it.hr.fault and seed % 2:
            self.it.hr.control("faults", off="T5")
        self.it.hr.shuffle(sorted(self.it.hr.people))
        self.it.run("clock")
        self.see("a run, after one in another order", "sync", twins=(first[0], people_text(self.it.pk)))

    @rule()
    def mails_go_out(self) -> None:
        self.see("mails go out", "relay", letters=self.it.deliver())

    @rule(hours=st.sampled_from((1, 5, 24, 24, 24, 49)))
    def time_passes(self, hours: int) -> None:
        self.it.let_pass(hours)
        self.hours += hours
        self.dirty = True
        self.see(f"{hours} hours pass", "time")
