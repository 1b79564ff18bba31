"""What a held plan's lines have in common, as a hint for whoever decides."""

from collections.abc import Mapping, Sequence

import pytest

from rollcall.engine.causes import Cause, Clues, Likely, likely
from rollcall.engine.change import Change, FieldChange, Kind, Why
from rollcall.engine.limits import Breach, Breached, Headcount, Tally

PEOPLE = Headcount(managed=100, employees=40, groups={"work_location": {"Lyon": 64, "Nice": 6}})


def line(kind: Kind, why: Why, *, params: Mapping[str, str] | None = None, **fields: FieldChange) -> Change:
    return Change(kind=kind, employee_id="1", why=why, params=params or {}, fields=fields)


def cause(
    breach: Breach, lines: Sequence[tuple[Change, str | None]], *, missing: int = 0, what: str = ""
) -> Likely | None:
    """What is told about a breach of all these lines; each with the place of the person."""
    clues, tally = Clues(), Tally()
    for one, place in lines:
        clues.add(one)
        tally.add(one, {"work_location": place})
    broken = Breached(breach=breach, count=len(lines), of=100, what=what)
    return likely(broken, clues, tally, PEOPLE, missing=missing)


GONE = line(Kind.ARCHIVE, Why.VANISHED)


@pytest.mark.parametrize("breach", [Breach.VANISHED, Breach.ARCHIVED, Breach.NOBODY_LEFT])
def test_a4_nearly_everybody_of_one_place_is_missing(breach: Breach) -> None:
    lyon = {"attribute": "work_location", "value": "Lyon"}
    expected = Likely(cause=Cause.PLACE_MISSING, count=63, of=64, params=lyon)
    assert cause(breach, [(GONE, "Lyon")] * 63 + [(GONE, "Nice")] * 6, missing=69) == expected


def test_a4_a_group_names_itself_and_no_other() -> None:
    lines = [(GONE, "Lyon")] * 63 + [(GONE, "Nice")] * 2
    found = cause(Breach.GROUP_GONE, lines, what="work_location=Lyon")
    assert found is not None and found.params["value"] == "Lyon"
    assert cause(Breach.GROUP_GONE, lines, what="work_location=Nice") is None


def test_a4_f4_people_missing_everywhere_are_a_shorter_list() -> None:
    lines = [(GONE, None)] * 5
    assert cause(Breach.VANISHED, lines, missing=9) == Likely(cause=Cause.LIST_SHORTER, count=9, of=100)
    assert cause(Breach.VANISHED, lines, missing=2) is None
    # The one place with all of its people is the entity itself.
    all_of_it = Headcount(managed=5, employees=40, groups={"work_location": {"Lyon": 5}})
    tally = Tally()
    for one, _place in lines:
        tally.add(one, {"work_location": "Lyon"})
    broken = Breached(breach=Breach.VANISHED, count=5, of=5)
    found = likely(broken, Clues(), tally, all_of_it, missing=5)
    assert found is not None and found.cause is Cause.LIST_SHORTER


def test_leavers_of_one_day_point_to_a_mass_change() -> None:
    def left(day: str) -> tuple[Change, None]:
        return line(Kind.ARCHIVE, Why.LEFT_ON, params={"day": day}), None

    found = cause(Breach.ARCHIVED, [left("2026-12-31")] * 4 + [left("2026-12-30")])
    assert found == Likely(cause=Cause.SAME_DAY, count=4, of=5, params={"day": "2026-12-31"})
    assert cause(Breach.ARCHIVED, [left("2026-12-31")] * 3 + [left("2026-12-30")] * 2) is None
    assert cause(Breach.ARCHIVED, [left("2026-12-31")] * 2) is None


@pytest.mark.parametrize(("value", "told"), [("Lyon 2", True), ("-", False), ("", False)])
def test_m4_a_renamed_value_is_named(value: str, told: bool) -> None:
    params = {"attribute": "work_location", "test": "one_of", "values": "Lyon", "value": value}
    out = line(Kind.RELEASE, Why.OUT_OF_SCOPE, params=params)
    for breach in (Breach.RELEASED, Breach.NOBODY_LEFT):
        found = cause(breach, [(out, "Lyon")] * 8)
        assert (
            found is not None and found.cause is Cause.VALUE_RENAMED and found.params["value"] == value
        ) == told
    kept = line(Kind.RELEASE, Why.KEPT_OUT)
    assert cause(Breach.RELEASED, [(kept, None)] * 8) is None


def test_addresses_that_all_move_to_another_domain() -> None:
    def moved(before: str, after: str | None) -> tuple[Change, None]:
        change = FieldChange(before=before, after=after)
        return line(Kind.UPDATE, Why.CHANGED_IN_HR, email=change), None

    away = moved("a@acme.example", "a@Evil.example")
    found = cause(Breach.EMAILS, [away] * 4 + [moved("b@acme.example", "c@acme.example")])
    assert found == Likely(cause=Cause.OTHER_DOMAIN, count=4, of=5, params={"domain": "evil.example"})
    assert cause(Breach.EMAILS, [moved("a@acme.example", None)] * 5) is None
    new = line(Kind.CREATE, Why.NEW_IN_SCOPE, email=FieldChange(after="x@y.example"))
    assert cause(Breach.EMAILS, [(new, None)] * 5) is None


def test_a5_v8_one_account_for_all_or_none_at_all() -> None:
    def bank(after: str | None, ref: str | None = None, before: str | None = "old") -> tuple[Change, None]:
        change = FieldChange(before=before, after=after, ref=ref)
        return line(Kind.UPDATE, Why.CHANGED_IN_HR, bank_account=change), None

    assert cause(Breach.BANKS, [bank(None)] * 5) == Likely(cause=Cause.NO_ACCOUNT, count=5, of=5)
    found = cause(Breach.BANKS, [bank("FR**11", "aa"), bank("FR**11", "aa"), bank("FR**11", "bb")])
    assert found == Likely(cause=Cause.ONE_ACCOUNT, count=2, of=3)
    assert cause(Breach.BANKS, [bank("FR**11"), bank("FR**12"), bank("x", before=None)]) is None


def test_some_limits_have_no_telling_lines() -> None:
    new = line(Kind.CREATE, Why.NEW_IN_SCOPE)
    assert cause(Breach.CREATED, [(new, None)] * 50) is None
