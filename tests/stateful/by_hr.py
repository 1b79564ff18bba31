"""What HR does, and what goes wrong between HR and us: nothing of ours moves until the next run."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests import planted
from tests.stateful.hr_tool import FAULTS, HIDEABLE
from tests.stateful.telling import PICK, Told, one_of

PLACES: Final = ("Paris", "London", "Berlin")


class ByHr(Told):
    """Rules of HR."""

    @rule(who=PICK, place=st.sampled_from(PLACES), start=st.sampled_from((0, 0, -30, 1, 10)))
    def hr_hires(self, who: int, place: str, start: int) -> None:
        day = self.it.hr.today + timedelta(days=start)
        number = self.it.hr.hire(work_location=place, start_date=day.isoformat(), iban=planted.IBAN)
        self.source_did(f"{number} is hired in {place}, starting in {start} days")

    @rule(who=PICK, days=st.sampled_from((-2, -2, -2, -40, 1, 3)))
    def hr_lets_go(self, who: int, days: int) -> None:
        number = one_of(self.it.hr.working(), who)
        if number is not None:
            self.it.hr.leave(number, days)
            self.source_did(f"the last day of {number} is in {days} days")

    @rule(who=PICK, count=st.integers(2, 5))
    def hr_lets_many_go(self, who: int, count: int) -> None:
        working = self.it.hr.working()
        for number in working[who % max(len(working), 1) :][:count]:
            self.it.hr.leave(number, -2)
        self.source_did(f"{count} people from the {who}th on have left")

    @rule(who=PICK)
    def hr_takes_an_end_date_away(self, who: int) -> None:
        number = one_of(self.it.hr.leaving() + self.it.hr.gone(), who)
        if number is not None:
            self.it.hr.stay(number)
            self.source_did(f"{number} stays after all")

    @rule(who=PICK, old=st.booleans())
    def hr_takes_back_a_leaver(self, who: int, old: bool) -> None:
        number = one_of(self.it.hr.gone(), who)
        if number is None:
            return
        person = self.it.hr.people[number]
        today = self.it.hr.today.isoformat()
        if old:
            self.it.hr.stay(number, start_date=today)
            self.source_did(f"{number} is back under the old number")
        else:
            new = self.it.hr.hire(
                first_name=person.first_name, last_name=person.last_name, work_email=person.work_email
            )
            self.source_did(f"{number} is back as {new}")

    @rule(who=PICK, name=st.sampled_from(("Zoé", "Bob", "O'Neil")))
    def hr_renames(self, who: int, name: str) -> None:
        number = one_of(self.it.hr.working(), who)
        if number is not None:
            self.it.hr.change(number, first_name=name)
            self.source_did(f"{number} is called {name}")

    @rule(who=PICK, to=st.sampled_from(("new", "none", "bad", "hand", "colleague", "alice")))
    def hr_changes_an_address(self, who: int, to: str) -> None:
        number = one_of(self.it.hr.working(), who)
        if number is None:
            return
        colleague = self.it.hr.people[one_of(self.it.hr.working(), who + 1) or number].work_email
        address = {
            "new": f"new.{number}.{len(self.story)}@acme.example",
            "none": None,
            "bad": "not an address",
            "hand": f"hand{who % 2}@acme.example",
            "colleague": colleague,
            "alice": "Alice@rollcall.example ",
        }[to]
        self.it.hr.change(number, work_email=address)
        self.source_did(f"{number} has the address {address}")

    @rule(who=PICK, count=st.sampled_from((2, 3)))
    def hr_turns_addresses_round(self, who: int, count: int) -> None:
        working = self.it.hr.working()
        chosen = working[who % max(len(working), 1) :][:count]
        addresses = [self.it.hr.people[number].work_email for number in chosen]
        for number, address in zip(chosen, addresses[1:] + addresses[:1], strict=True):
            self.it.hr.change(number, work_email=address)
        self.source_did(f"{chosen} change addresses in a ring")

    @rule(who=PICK, boss=PICK)
    def hr_changes_a_manager(self, who: int, boss: int) -> None:
        number = one_of(self.it.hr.working(), who)
        above = one_of(sorted(self.it.hr.people), boss)
        if number is not None:
            self.it.hr.change(number, manager_id=above if boss else None)
            self.source_did(f"{number} reports to {above if boss else 'nobody'}")

    @rule(who=PICK, place=st.sampled_from(PLACES))
    def hr_moves(self, who: int, place: str) -> None:
        number = one_of(self.it.hr.working(), who)
        if number is not None:
            self.it.hr.change(number, work_location=place)
            self.source_did(f"{number} moves to {place}")

    @rule(who=PICK, field=st.sampled_from(("team", "iban", "job_title")))
    def hr_masks_a_field(self, who: int, field: str) -> None:
        number = one_of(self.it.hr.working(), who)
        if number is not None:
            self.it.hr.change(number, **{field: "" if field == "job_title" else None})
            self.source_did(f"{number} has no {field} any more")

    @rule(who=PICK)
    def hr_spoils_a_record(self, who: int) -> None:
        number = one_of(sorted(self.it.hr.people), who)
        if number is not None:
            self.it.hr.spoil(number)
            self.source_did(f"the record of {number} can't be read")

    @rule(fault=st.sampled_from(sorted(FAULTS)))
    def something_breaks(self, fault: str) -> None:
        self.it.hr.break_down(fault)
        self.source_did(fault)

    @rule()
    def an_office_disappears(self) -> None:
        self.it.hr.hide_office()
        self.source_did("people of the largest office are not shown any more")

    @rule(names=st.sets(st.sampled_from(sorted(HIDEABLE)), min_size=1))
    def fields_disappear(self, names: set[str]) -> None:
        self.it.hr.hide_fields(sorted(names))
        self.source_did(f"{sorted(names)} are not shown any more")

    @precondition(
        lambda self: self.it.hr.fault or self.it.hr.office_hidden or self.it.hr.hidden or self.it.hr.broken
    )
    @rule()
    def everything_comes_back(self) -> None:
        self.it.hr.heal()
        self.source_did("everything works again")
