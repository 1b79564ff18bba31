"""Small values of the engine that the case files do not reach."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from rollcall.engine.change import Change, Kind, Why
from rollcall.engine.plan import PlanDigest
from rollcall.engine.scope import Condition, Everybody, Filter, Named, condition
from rollcall.engine.settings import Settings, signed
from rollcall.engine.snapshot import DELIVERABLE, Employee, delivered_mask, fold_email, is_email
from rollcall.engine.status import Standing, standing

LINE = Change(kind=Kind.CREATE, employee_id="1", why=Why.NEW_IN_SCOPE, params={"b": "1", "a": "2"})


def digest(*lines: Change, settings: Settings | None = None) -> str:
    found = PlanDigest(settings or Settings())
    for line in lines:
        found.add(line)
    return found.hex()


def test_the_digest_names_the_lines_their_order_and_the_settings() -> None:
    other = msgspec.structs.replace(LINE, employee_id="2")
    found = {
        digest(),
        digest(LINE),
        digest(other),
        digest(LINE, other),
        digest(other, LINE),
        digest(LINE, settings=Settings(archive_inactive=True)),
    }
    assert len(found) == 6
    assert digest(LINE) == digest(msgspec.structs.replace(LINE, params={"a": "2", "b": "1"}))


@pytest.mark.parametrize(
    ("attribute", "values"),
    [("salary", ("a",)), ("custom.", ("a",)), ("custom. ", ("a",)), ("id; DROP", ("a",)), ("country", ())],
)
def test_a_condition_refuses_an_attribute_it_does_not_know_and_no_values(
    attribute: str, values: tuple[str]
) -> None:
    with pytest.raises(ValueError, match=attribute):
        Condition(attribute=attribute, test="one_of", values=values)


def test_the_sql_of_a_scope_holds_values_only_as_parameters() -> None:
    scope = Filter(
        conditions=(
            Condition(attribute="country", test="one_of", values=("FR", None)),
            Condition(attribute="custom.it's", test="none_of", values=("%s",)),
        )
    )
    assert condition(scope, "e") == (
        "coalesce(e.country, '') = ANY(%s) AND NOT (coalesce(e.custom ->> %s, '') = ANY(%s))",
        [["FR", ""], "it's", ["%s"]],
    )
    assert condition(Everybody(), "e") == condition(Filter(conditions=()), "e") == ("true", [])


def test_days_before_the_start_are_between_none_and_a_year() -> None:
    for days in (-1, 367):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"invite": {"type": "days_before", "days": days}}, Settings)


def test_settings_survive_being_stored() -> None:
    stored = Settings(
        scope=Filter(conditions=(Condition(attribute="team", test="one_of", values=(None, "A")),))
    )
    assert msgspec.json.decode(msgspec.json.encode(stored), type=Settings) == stored


def test_rule3_delivered_but_empty_is_marked_as_delivered() -> None:
    """Rule 3."""
    mask = delivered_mask(Employee(id="1", team=None, first_name="Ada"))
    assert {name for bit, name in enumerate(DELIVERABLE) if mask >> bit & 1} == {"team", "first_name"}
    assert delivered_mask(Employee(id="1")) == 0


@pytest.mark.parametrize(
    ("address", "folded"),
    [
        (" Ada@Co.Example\n", "ada@co.example"),
        ("ÉLISE@co.example", "élise@co.example"),
        ("\u212aay@co.example", "\u212aay@co.example"),
        ("İ@co.example", "İ@co.example"),
        ("a.b+x@co.example", "a.b+x@co.example"),
    ],
)
def test_i3_i4_i5_an_email_is_folded_by_case_and_outer_spaces_alone(address: str, folded: str) -> None:
    """I3, I4, I5."""
    assert fold_email(address) == folded
    assert fold_email(folded) == folded


@pytest.mark.parametrize(
    "text", ["a@b.co", " a@b.co ", "é@bücher.example", "o'neil+x@sub.b.co", "a" * 249 + "@b.co"]
)
def test_what_can_be_written_to_is_an_email(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "@b.co", "a@", "a@b", "a@b.", "a@.co", "a@b..co", "a@c@b.co", "a b@b.co",
     "a@b.co\x00", "a,c@b.co", "<a@b.co>", "a@b.co\nBcc: c@d.co", "a" * 250 + "@b.co"],
)  # fmt: skip
def test_anything_else_is_not(text: str) -> None:
    assert not is_email(text)


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({}, Standing.ACTIVE),
        ({"status": "active"}, Standing.ACTIVE),
        ({"status": "on_leave"}, Standing.ON_LEAVE),
        ({"status": "on_leave", "end_date": "2026-06-01"}, Standing.LEAVING),
        ({"status": "upcoming"}, Standing.UPCOMING),
        ({"status": "upcoming", "start_date": "2026-03-17"}, Standing.UPCOMING),
        ({"status": "upcoming", "start_date": "2026-03-16"}, Standing.ACTIVE),
        ({"status": "upcoming", "start_date": "2026-03-16", "end_date": "2026-06-01"}, Standing.LEAVING),
        ({"status": "upcoming", "start_date": "2026-01-01", "end_date": "2026-03-15"}, Standing.DOUBTFUL),
        ({"start_date": "2026-03-17", "end_date": "2026-06-01"}, Standing.UPCOMING),
        ({"status": "inactive", "end_date": None}, Standing.LEFT),
        ({"status": "inactive", "start_date": "2026-03-16"}, Standing.LEFT),
        ({"status": "inactive", "start_date": "2026-03-17"}, Standing.UPCOMING),
        ({"status": "inactive", "start_date": "2026-03-17", "end_date": "2026-03-15"}, Standing.LEFT),
        ({"status": "inactive", "end_date": "2026-03-16"}, Standing.DOUBTFUL),
        ({"status": "unknown", "end_date": "2020-01-01"}, Standing.DOUBTFUL),
        ({"end_date": "2026-03-15"}, Standing.LEFT),
        ({"end_date": "2026-03-16"}, Standing.LEAVING),
        ({"last_working_day": "2026-03-16", "end_date": "2026-03-01"}, Standing.LEAVING),
    ],
)
def test_d3_v1_v2_v6_e7_standing_is_read_from_status_and_dates_together(
    told: dict[str, str | None], where: Standing
) -> None:
    """V1, V2, V6, E7; the day is 2026-03-16."""
    employee = msgspec.convert({"id": "1", **told}, Employee)
    assert standing(employee, date(2026, 3, 16)) is where


ADA = Named(employee_id="1", act="add", reason="Works for us")
BEN = Named(
    employee_id="2", act="keep_out", reason="On loan", by="Alice", at=datetime(2026, 3, 1, tzinfo=UTC)
)


def test_s35_settings_stored_before_there_were_exceptions_still_load() -> None:
    stored = {"scope": {"type": "everybody"}, "invite": {"type": "at_once"}}
    assert msgspec.convert(stored, Settings).exceptions == ()


def test_s35_exceptions_survive_being_stored_and_change_the_digest() -> None:
    stored = Settings(exceptions=(ADA, BEN))
    assert msgspec.convert(msgspec.to_builtins(stored), Settings) == stored
    assert digest(settings=stored) != digest(settings=Settings(exceptions=(BEN, ADA))) != digest()


@pytest.mark.parametrize(
    "exceptions",
    [
        [{"employee_id": "1", "act": "add", "reason": "a"}, {"employee_id": "1", "act": "keep_out", "reason": "b"}],
        [{"employee_id": "1", "act": "add", "reason": ""}],
        [{"employee_id": "", "act": "add", "reason": "a"}],
        [{"employee_id": "1", "act": "remove", "reason": "a"}],
        [{"employee_id": "1", "act": "add", "reason": "a\x00"}],
        [{"employee_id": str(one), "act": "add", "reason": "a"} for one in range(501)],
    ],
)  # fmt: skip
def test_s35_an_exception_needs_one_decision_a_reason_and_an_end(exceptions: list[dict[str, str]]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"exceptions": exceptions}, Settings)


def test_s35_an_exception_is_signed_by_whoever_decided_it_first() -> None:
    forged = msgspec.structs.replace(ADA, by="Somebody else")
    at = datetime(2026, 3, 16, tzinfo=UTC)
    found = signed(Settings(exceptions=(forged, BEN)), Settings(exceptions=(BEN,)), by="Bob", at=at)
    assert found.exceptions == (msgspec.structs.replace(ADA, by="Bob", at=at), BEN)
    reworded = msgspec.structs.replace(BEN, reason="Is back in May")
    again = signed(Settings(exceptions=(reworded,)), found, by="Bob", at=at)
    assert again.exceptions[0].by == "Bob"


def test_s35_the_sql_of_exceptions_holds_ids_only_as_parameters() -> None:
    paris = Filter(conditions=(Condition(attribute="country", test="one_of", values=("FR",)),))
    assert condition(paris, "e", (ADA, BEN)) == (
        "NOT (e.external_id = ANY(%s)) AND (e.external_id = ANY(%s) OR (coalesce(e.country, '') = ANY(%s)))",
        [["2"], ["1"], ["FR"]],
    )
    assert condition(Everybody(), "e", (ADA,)) == ("true", [])
    assert condition(Everybody(), "e", (BEN,)) == ("NOT (e.external_id = ANY(%s))", [["2"]])
