"""What stands in the records themselves, end to end: odd texts, wrong types, impossible days, contradictions.

Rows E2-E7, V1-V4, V6, V7, M1-M4 and I3 of the fault catalogue. Whatever one record holds, the others go on, nobody is
archived for it, and no page breaks.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollcall.connections.models import Employee, State
from rollcall.directory.models import Member
from rollcall.engine.change import Kind
from rollcall.engine.scope import Condition, Filter
from rollcall.engine.settings import Settings
from rollcall.sync.models import PlanState
from tests import planted
from tests.sync.flow import PEOPLE, Flow, only
from tests.sync.spoiling import Spoiling, between, each_row, honest
from tests.web.crew import browser

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# fields of BambooHR's list -> fields of ours that hold a text as it came
TEXTS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "preferredName": "preferred_name",
    "jobInformationJobTitle": "job_title",
    "jobInformationDepartment": "department",
    "jobInformationLocation": "work_location",
    "employeeNumber": "employee_number",
    "employmentStatus": "employment_type",
    "homeEmail": "personal_email",
}
LONGEST = 500

ODD = (
    "\x00", "A\x00da", "\x00" * 50, "Ada\x07\x1b[31m", "line\r\nbreak", "tab\tbed", "\x7f\x80\x9f", "\x85",
    "\u202eadA", "\u200f\u200e\u2066\u2069", "\u2028\u2029", "\ufeffAda", "\u200b", "\u00ad",
    "\ufffe\uffff", "\U0010ffff",
    "🦩👩‍👩‍👧‍👦🏳️‍🌈", "Zoe\u0308", "Zoë", "e" + "\u0301" * 300, "o\u0337\u0321" * 100, "李", "Ж", "ﬁ",
    "ß", "İ", "ı", "Ǆ",
    "O'Brien", 'say "hi"', "back\\slash", "per%cent %s %(x)s", "{braces} {0}", "$1 ${x}", "a,b;c\td|e",
    "--", "; DROP TABLE",
    "<script>alert(1)</script>", "</script><b>", "<!-- x -->", "&amp;lt;", "{{ 7*7 }}{% x %}", "=1+1",
    "+1", "-1", "@x",
    "", " ", "\u00a0", "\u3000", " padded ", "null", "None", "true", "0", "NaN", "\\x00", "\\u0000", "%00",
    "x" * 499, "x" * 500, "x" * 501, "x" * 10_000, "é" * 10_000, "🦩" * 10_000, "\x00" * 10_000, " " * 10_000,
    "a b" * 5_000,
)  # fmt: skip


@pytest.fixture
def spoiling(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spoiling]:
    with between(flow, monkeypatch) as made:
        yield made


def _put(name: str, start: int = 0) -> Callable[[int, dict[str, Any]], None]:
    """Give each person another odd text in this field."""

    def change(number: int, fields: dict[str, Any]) -> None:
        if start + number < len(ODD):
            fields[name] = ODD[start + number]

    return change


def _stored(flow: Flow) -> dict[str, Employee]:
    return flow.get(lambda: {one.external_id: one for one in Employee.objects.all()})  # type: ignore[no-any-return] # see get


def _kept_well(given: str, kept: str | None) -> bool:
    """Unchanged apart from controls and length; blank is nothing."""
    want = "".join(one for one in given if not (one < " " or "\x7f" <= one <= "\x9f"))[:LONGEST]
    return (kept or "").strip() == want.strip()


@pytest.mark.parametrize("name", ["firstName", pytest.param("lastName", marks=pytest.mark.thorough)])
def test_e2_e3_e4_e5_inv4_any_text_of_a_name_is_stored_shown_and_stops_nobody(
    flow: Flow, spoiling: Spoiling, name: str
) -> None:
    _odd_texts(flow, spoiling, name, pages=True)


@pytest.mark.thorough
@pytest.mark.parametrize("name", TEXTS)
def test_e2_e3_e4_e5_any_text_in_any_field_is_stored_shown_and_stops_nobody(
    flow: Flow, spoiling: Spoiling, name: str
) -> None:
    _odd_texts(flow, spoiling, name, pages=name in {"jobInformationJobTitle", "jobInformationLocation"})


def _odd_texts(flow: Flow, spoiling: Spoiling, name: str, *, pages: bool) -> None:
    flow.go_live()
    before = {k: m.pk for k, m in flow.members().items()}
    alice = browser(flow.two.alice)
    for start in range(0, len(ODD), PEOPLE):
        told: dict[str, str] = {}

        def remember(
            number: int, fields: dict[str, Any], start: int = start, told: dict[str, str] = told
        ) -> None:
            _put(name, start)(number, fields)
            told[str(fields["eeid"])] = fields.get(name) or ""

        spoiling.spoil = each_row(remember)
        run = flow.run()
        assert (run.error, run.seen["set_aside"], run.seen["absent"]) == ("", 0, 0)
        for person, one in _stored(flow).items():
            assert _kept_well(told[person], getattr(one, TEXTS[name])), (name, told[person][:40])
        made = flow.latest()
        if made.state == PlanState.HELD:
            flow.approve(made, override="looked at it")
            flow.apply(made)
        assert {k: m.pk for k, m in flow.members().items()} == before
        assert not flow.members(state="archived")
        if pages:
            _pages_stand(flow, alice)
    spoiling.spoil = honest
    assert flow.run().error == ""


def _pages_stand(flow: Flow, alice: Any) -> None:
    member = next(iter(flow.members().values()))
    plan = flow.latest().pk
    for address in (
        *("/members/", f"/members/{member.pk}/", f"/settings/integrations/plan/{plan}/"),
        *(
            f"/settings/integrations/plan/{plan}/changes.csv",
            "/settings/audit/",
            "/settings/audit/entries.csv",
        ),
        *("/settings/integrations/", "/settings/integrations/configure/", "/between/", "/runs/"),
        *("/between/people.csv", f"/why/member/{member.pk}/"),
    ):
        answer = alice.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200, address
        assert b"<script>alert" not in body or address.endswith(".csv"), address
        if address.endswith(".csv"):
            assert not [
                cell
                for line in body.decode("utf-8-sig").splitlines()
                for cell in line.split(",")
                if cell[:1] in ("=", "+", "@") or cell[:2] in ('"=', '"+', '"@')
            ], address


WRONG: tuple[Any, ...] = (
    42,
    4.5,
    True,
    False,
    [],
    ["x"],
    {},
    {"de": "Ada"},
    [[["x"]]],
    {"a": {"b": None}},
    [None],
)


@pytest.mark.parametrize(
    "name",
    [
        "firstName",
        "email",
        *(pytest.param(one, marks=pytest.mark.thorough) for one in ("hireDate", "status", "country")),
    ],
)
def test_e6_inv20_a_value_of_another_type_sets_its_own_record_aside_by_name(
    flow: Flow, spoiling: Spoiling, name: str
) -> None:
    """That person stays exactly as they were, however often it comes; the others are brought up to date."""
    flow.go_live(Settings(archive_inactive=True))
    rows, people = _stored(flow), flow.members()
    for wrong in WRONG:
        spoilt: list[str] = []

        def change(
            number: int, fields: dict[str, Any], wrong: Any = wrong, spoilt: list[str] = spoilt
        ) -> None:
            if number == 3:
                fields[name], fields["jobInformationJobTitle"] = wrong, "Not to be taken over"
                spoilt.append(str(fields["eeid"]))

        spoiling.spoil = each_row(change)
        run = flow.run()
        assert (run.error, run.seen["set_aside"], run.seen["absent"]) == ("", 1, 0), wrong
        assert flow.connection().set_aside == [{"id": spoilt[0], "field": name}], wrong
        row = flow.employee(spoilt[0])
        assert (row.digest, row.absent_since) == (rows[spoilt[0]].digest, None)
        if spoilt[0] in people:
            assert flow.members()[spoilt[0]].job_title == people[spoilt[0]].job_title
    assert not flow.members(state="archived").keys() - {k for k, m in people.items() if m.state == "archived"}


STATUSES = (
    "sabbatical-2027",
    "Terminated",
    "INACTIVE?",
    "deleted",
    "left",
    "0",
    "inactive-pending",
    "Ina\u0441tive",
    "",
    None,
    "x" * 900,
)


def test_e7_inv4_a_status_that_nobody_knows_removes_nobody(flow: Flow, spoiling: Spoiling) -> None:
    """Also of everybody at once; and fields nobody knows are ignored."""
    flow.go_live(Settings(archive_inactive=True))
    before = {k: m.state for k, m in flow.members().items()}
    for status in STATUSES:

        def change(_number: int, fields: dict[str, Any], status: Any = status) -> None:
            if fields.get("status") == "Active":
                fields["status"] = status
            fields["pronouns"], fields["shoes"] = "they", {"size": [39]}

        spoiling.spoil = each_row(change)
        assert flow.run().error == ""
        assert {k: m.state for k, m in flow.members().items()} == before, status
    spoiling.spoil = honest
    assert flow.run().error == "" and flow.connection().state == State.CONNECTED


NO_DAYS = (
    "2026-02-30", "2026-13-01", "2026-00-10", "2026-1-2", "31/06/2026", "06/31/2026", "1/2/2026",
    "01.02.2026", "20260102",
    "2026-W05", "2026-366", "26-01-02", "yesterday", "2 Jan 2026", "1767225600", "-0001-01-01",
    "10000-01-01", "0000-01-01",
    "2026-01-02T", "2026-01-02T25:00:00Z", "2026-01-02T10:00:00+99", "２０２６-01-02",
    "2026\u201301\u201302", "٢٠٢٦-٠١-٠٢", "\x00",
    "9999-99-99", "2026-01-02 to 2026-02-01", "NaN", "null", "x" * 2000,
)  # fmt: skip
SAME_DAY = (
    "2020-03-05", "2020-03-05T00:00:00Z", "2020-03-05T23:59:59Z", "2020-03-05T00:00:00+14:00",
    "2020-03-05T23:30:00-12:00",
    "2020-03-05T02:30:00", "2020-03-05 10:00", "2020-03-05T10:00:00.123456789Z", " 2020-03-05 ",
    "2020-03-05T10:00:00+0530",
)  # fmt: skip


def test_v3_v4_inv4_a_day_that_is_none_is_kept_as_it_was_and_archives_nobody(
    flow: Flow, spoiling: Spoiling
) -> None:
    """As the first and as the last day; days that are one are never shifted by their hour or zone."""
    flow.go_live(Settings(archive_inactive=True))
    members, rows = {k: (m.state, m.start_date) for k, m in flow.members().items()}, _stored(flow)
    for name in ("hireDate", "terminationDate"):
        told: dict[str, str] = {}

        def change(
            number: int, fields: dict[str, Any], name: str = name, told: dict[str, str] = told
        ) -> None:
            if fields.get("status") == "Active":
                fields[name] = NO_DAYS[number % len(NO_DAYS)]
                told[str(fields["eeid"])] = fields[name]

        spoiling.spoil = each_row(change)
        run = flow.run()
        assert (run.error, run.seen["absent"]) == ("", 0)
        after = _stored(flow)
        # "0000-.." is how some tools write that there is none
        no_day = [k for k, text in told.items() if not text.startswith("0000-")]
        assert {k: (m.state, m.start_date) for k, m in flow.members().items() if k in no_day} == {
            k: found for k, found in members.items() if k in no_day
        }
        assert all(after[k].status == rows[k].status for k in told)

    def same(number: int, fields: dict[str, Any]) -> None:
        fields["hireDate"] = SAME_DAY[number % len(SAME_DAY)]

    spoiling.spoil = each_row(same)
    assert flow.run().error == ""
    assert {one.start_date for one in _stored(flow).values()} == {date(2020, 3, 5)}
    assert {m.state for m in flow.members().values()} <= {"invited", "active"}


def test_v2_v6_inv4_nobody_is_archived_before_their_last_day_has_ended_or_against_their_status(
    flow: Flow, spoiling: Spoiling
) -> None:
    """Yesterday is over; today and later are not, not even for a status that has been set already."""
    flow.go_live(Settings(archive_inactive=True))
    person = min(flow.members(state="invited"))

    def run(status: str, day: date) -> str:
        def change(_number: int, fields: dict[str, Any]) -> None:
            if str(fields["eeid"]) == person:
                fields["status"], fields["terminationDate"] = status, day.isoformat()

        spoiling.spoil = each_row(change)
        assert flow.run().error == ""
        return str(flow.members()[person].state)

    today = timezone.now().date()
    for days in (1, 2, 400, 30_000):
        for status in ("Active", "Inactive"):
            assert run(status, today + timedelta(days=days)) == "invited"
    # the last day is over and the status still says that they work there: a doubt, never a removal
    for days in (2, 30, 9_000):
        assert run("Active", today - timedelta(days=days)) == "invited"
        assert [one.why for one in flow.lines(flow.latest(), Kind.NOTE) if one.employee_id == person]
    assert run("Inactive", today - timedelta(days=2)) == "archived"


NUMBERS = (
    ("de89370400440532013000", True), ("DE89 3704 0044 0532 0130 00", True), (" DE89\u00a0370400440532013000 ", True),
    ("DE00370400440532013000", False), ("DE8937040044053201300", False), ("DE893704004405320130000", False),
    ("XX89370400440532013000", False), ("DE89-3704-0044-0532-0130-00", False), ("0532013000", False), ("=cmd", False),
    ("D\u041589370400440532013000", False), ("x" * 3000, False), ("<b>DE89</b>", False), ("\x00", None), ("", None),
)  # fmt: skip


def test_v7_z5_inv19_an_account_no_bank_could_have_is_never_taken_over(
    flow: Flow, spoiling: Spoiling
) -> None:
    """A good one is put right in its writing; the number itself stands in no row, event, page or file."""
    flow.go_live()
    (person, member), *_ = sorted(flow.members(state="invited").items())
    digests = []
    for written, good in NUMBERS:

        def change(_number: int, fields: dict[str, Any], written: str = written) -> None:
            if str(fields["eeid"]) == person:
                fields["customField4340"] = written

        spoiling.spoil = each_row(change)
        before = flow.members()[person].bank_digest
        assert flow.run().error == ""
        if flow.latest().state == PlanState.HELD:
            flow.approve(flow.latest(), override="looked at it")
            flow.apply(flow.latest())
        now = flow.members()[person].bank_digest
        if good:
            digests.append(now)
        elif good is False:
            assert now == before, written
    assert len(set(digests)) == 1 and digests[0] != member.bank_digest
    alice = browser(flow.two.alice)
    for address in (f"/members/{member.pk}/", "/members/", "/settings/audit/", f"/why/member/{member.pk}/"):
        assert planted.IBAN[4:-4] not in alice.get(address).content.decode().replace(" ", "")


def test_m1_m2_m3_inv6_no_order_of_managers_is_walked_without_end(flow: Flow, spoiling: Spoiling) -> None:
    """A circle of everybody, each their own, one nobody knows, an archived one, and all of it backwards."""
    flow.go_live()
    numbers = sorted(_stored(flow), key=int)
    before = {one: numbers[place - 1] for place, one in enumerate(numbers)}

    def chain(_number: int, fields: dict[str, Any]) -> None:
        above = before[str(fields["eeid"])]
        fields["supervisorEid"] = above if above != numbers[-1] else "0"

    def circle(_number: int, fields: dict[str, Any]) -> None:
        fields["supervisorEid"] = before[str(fields["eeid"])]

    def own(_number: int, fields: dict[str, Any]) -> None:
        fields["supervisorEid"] = fields["eeid"]

    def unknown(_number: int, fields: dict[str, Any]) -> None:
        fields["supervisorEid"] = "987654321"

    for change, loops in ((chain, False), (circle, True), (own, True), (unknown, False)):
        spoiling.spoil = each_row(change)
        run = flow.run()
        assert run.error == "" and run.seen["set_aside"] == 0
        if flow.latest().state == PlanState.HELD:
            flow.approve(flow.latest(), override="x")
            flow.apply(flow.latest())
        assert {k for k, one in _stored(flow).items() if one.manager_in_loop != loops} == set(), change
        members = flow.members()
        assert not any(m.manager_id == m.pk for m in members.values())
        if change is not chain:
            assert not any(m.manager_id for m in members.values())
    spoiling.spoil = honest
    assert flow.run().error == ""
    assert any(m.manager_id for m in flow.members().values())


@pytest.mark.parametrize("archive", [False, True])
def test_m4_m6_a_place_that_is_renamed_in_hr_releases_nobody_by_itself(flow: Flow, archive: bool) -> None:
    """By its name nobody can tell a renamed office from one that everybody left: a person decides."""
    flow.go_live(Settings(scope=only("Paris", "Lyon", "London"), archive_inactive=archive))
    people = [k for k, m in flow.members().items() if m.work_location == "Paris"]
    assert len(people) >= 3
    flow.control("organisation", kind="offices", name="Paris", rename="Paris (HQ)")
    before = flow.people()
    for _ in range(2):
        assert flow.run().error == ""
        assert flow.people() == before
    assert flow.latest().state == PlanState.HELD and len(flow.events("plan.held")) == 1
    assert all(link.managed for link in flow.links().values())
    flow.confirm(Settings(scope=only("Paris", "Paris (HQ)", "Lyon", "London"), archive_inactive=archive))
    assert all(flow.links()[one].managed for one in people)
    assert {flow.members()[one].work_location for one in people} == {"Paris (HQ)"}


def test_i3_an_address_in_other_letters_is_the_same_one(flow: Flow, spoiling: Spoiling) -> None:
    """Nobody is doubled, and the way it is written is taken for sending."""
    flow.go_live()
    before = {k: m.pk for k, m in flow.members().items()}
    keys = {k: m.email_key for k, m in flow.members().items()}
    for shape in (str.upper, str.title, lambda text: f"  {text}\t", lambda text: f"\u00a0{text}\u3000"):

        def change(_number: int, fields: dict[str, Any], shape: Any = shape) -> None:
            if fields.get("email"):
                fields["email"] = shape(fields["email"])

        spoiling.spoil = each_row(change)
        run = flow.run()
        assert run.error == ""
        assert {k: m.pk for k, m in flow.members().items()} == before
        assert {k: m.email_key for k, m in flow.members().items()} == keys
    assert flow.get(Member.objects.count) == len(before)


def test_set1_a_filter_that_is_narrowed_shows_first_whom_it_would_release(flow: Flow) -> None:
    """Nothing is changed by saving, and members who stay in no choice are released, not archived."""
    flow.go_live(Settings(archive_inactive=True))
    before = flow.people()
    narrow = Filter(conditions=(Condition(attribute="work_location", test="one_of", values=("Paris",)),))
    plan = flow.preview(Settings(scope=narrow, archive_inactive=True))
    assert flow.people() == before and plan.breaches
    named = {line.employee_id for line in flow.lines(plan, Kind.RELEASE)}
    assert named == {k for k, m in flow.members().items() if m.work_location != "Paris"}
    assert flow.run().error == "" and flow.people() == before
    flow.approve(plan, override="only Paris")
    flow.apply(plan)
    assert {k for k, one in flow.links().items() if not one.managed} == named
    assert not flow.members(state="archived")
