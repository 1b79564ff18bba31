"""What must hold of every plan, over companies that nobody would make up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec import UNSET, structs

from rollcall.engine.absence import Absence
from rollcall.engine.change import ACTING, Change, Kind, Why
from rollcall.engine.roster import Bank, Link, Member, Role, State
from rollcall.engine.scope import Condition, Everybody, Filter, Named
from rollcall.engine.settings import AtOnce, DaysBefore, Invite, Ownership, Settings
from rollcall.engine.snapshot import BankAccount, Employee, Status, Text, fold_email
from tests.engine.applying import apply, living_owners, mark_last_owner
from tests.engine.test_cases import Case, clearable, plan_of

NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)
IDS = [str(number) for number in range(1, 7)]
DAYS = st.sampled_from([UNSET, UNSET, None, date(2025, 1, 1), date(2026, 3, 16), date(2026, 4, 1)])
PLACES = st.sampled_from([UNSET, None, "", "Paris", "Paris", "Lyon"])
ZONES: st.SearchStrategy[Text] = st.sampled_from([UNSET, "Asia/Tokyo", "Pacific/Honolulu", "Nowhere/Else"])
BANKS = st.sampled_from([None, Bank("aa", "FR**11"), Bank("bb", "FR**22")])
SCOPES = st.one_of(
    st.just(Everybody()),
    st.builds(
        lambda test, place, managers: Filter(
            conditions=(Condition(attribute="work_location", test=test, values=(place,)),),
            include_managers=managers,
        ),
        st.sampled_from(["one_of", "none_of"]),
        st.sampled_from([None, "Paris", "Lyon"]),
        st.booleans(),
    ),
)
OWNED = st.dictionaries(
    st.sampled_from(["first_name", "department", "manager", "bank_account"]),
    st.sampled_from(Ownership),
    max_size=2,
)


def named_people(ids: list[str]) -> st.SearchStrategy[tuple[Named, ...]]:
    """Draw nobody, or some people added or kept out by hand (S35)."""
    acts: st.SearchStrategy[Literal["add", "keep_out"]] = st.sampled_from(["add", "keep_out"])
    return st.dictionaries(st.sampled_from(ids), acts, max_size=2).map(
        lambda found: tuple(Named(employee_id=one, act=act, reason="Because") for one, act in found.items())
    )


ABSENCES = st.builds(
    Absence,
    since=st.sampled_from([NOW - timedelta(hours=1), NOW - timedelta(hours=40)]),
    runs=st.sampled_from([0, 1, 2, 30]),
    proven=st.booleans(),
)
INVITES: st.SearchStrategy[Invite] = st.sampled_from([AtOnce(), DaysBefore(days=0), DaysBefore(days=16)])


@st.composite
def settings_of_an_entity(draw: st.DrawFn) -> Settings:
    """Draw settings; archiving is on more often than off."""
    return Settings(
        scope=draw(SCOPES),
        exceptions=draw(named_people([*IDS, "gone"])),
        archive_inactive=draw(st.sampled_from([True, True, False])),
        invite=draw(INVITES),
        domains=draw(st.sampled_from([(), (), (), ("co.example",)])),
        fields=draw(OWNED),
    )


def own_addresses(person: str) -> list[Any]:
    """Return work e-mails that only this person ever has."""
    return [
        f"{person}@co.example",
        f" {person}@CO.example",
        f"new{person}@co.example",
        f"new{person}@mail.example",
        None,
        UNSET,
        "nonsense",
    ]


def any_addresses(_: str) -> list[Any]:
    """Return work e-mails that everybody fights for."""
    return [*(f"{person}@co.example" for person in IDS[:4]), None, "nonsense"]


@st.composite
def employees(draw: st.DrawFn, person: str, addresses: list[Any]) -> Employee:
    """Draw what HR tells about one person."""
    return Employee(
        id=person,
        work_email=draw(st.sampled_from(addresses)),
        first_name=draw(st.sampled_from([UNSET, None, "", "Ada", "Ben"])),
        last_name=draw(st.sampled_from(["Bell", None])),
        status=draw(st.sampled_from([UNSET, *Status, Status.ACTIVE, Status.ACTIVE, Status.INACTIVE])),
        start_date=draw(DAYS),
        end_date=draw(DAYS),
        manager_id=draw(st.sampled_from([UNSET, None, "99", *IDS])),
        department=draw(st.sampled_from([UNSET, None, "Sales", "Legal"])),
        work_location=draw(PLACES),
        time_zone=draw(ZONES),
        bank_account=draw(st.sampled_from([UNSET, None, BankAccount(), BankAccount(iban="FR00")])),
    )


@st.composite
def members(draw: st.DrawFn, number: int, email: str, role: Role) -> Member:
    """Draw a member with this address."""
    state = draw(st.sampled_from([State.INVITED, State.ACTIVE, State.ACTIVE, State.ARCHIVED]))
    return Member(
        id=number,
        state=state,
        role=role,
        email=email,
        first_name=draw(st.sampled_from(["", "Ada"])),
        last_name="Bell",
        department=draw(st.sampled_from([None, "Sales"])),
        work_location=draw(st.sampled_from([None, "Paris"])),
        bank=draw(BANKS),
        signed_up=draw(st.booleans()),
        archived_by_hand=state is State.ARCHIVED and draw(st.booleans()),
    )


@st.composite
def companies(draw: st.DrawFn, *, contested: bool) -> Case:
    """Draw a case without a plan: people in HR, people here, links between some, and people of neither."""
    addresses = any_addresses if contested else own_addresses
    snapshot = [
        draw(employees(person, addresses(person)))
        for person in draw(st.lists(st.sampled_from(IDS), unique=True, max_size=6))
    ]
    found: list[Member] = []
    links: list[Link] = []
    taken: set[str] = set()
    for number, person in enumerate(IDS, start=11):
        here, linked, managed = draw(
            st.tuples(st.booleans(), st.booleans(), st.sampled_from([True, True, False]))
        )
        email = draw(
            st.sampled_from([one for one in addresses(person) if isinstance(one, str) and "@" in one])
        ).strip()
        owner = (contested or person == "1") and draw(st.booleans())
        if not here or fold_email(email) in taken:
            continue
        one = draw(members(number, email, Role.OWNER if owner else Role.REQUESTER))
        if one.state is not State.ARCHIVED:
            taken.add(fold_email(email))
        found.append(one)
        if linked:
            links.append(Link(member_id=number, employee_id=person, managed=managed))
    if draw(st.booleans()):
        found.append(Member(id=99, state=State.ACTIVE, role=Role.OWNER, email="boss@co.example"))
    numbers = [one.id for one in found]
    found = [
        structs.replace(one, manager_id=draw(st.sampled_from([None, *(n for n in numbers if n != one.id)])))
        for one in found
    ]
    # only the SQL reading knows that who vanished keeps their address
    vanished = [] if contested else draw(st.lists(st.sampled_from(IDS), unique=True, max_size=2))
    return Case(
        snapshot=snapshot,
        members=mark_last_owner(found),
        links=links,
        banks={
            one.id: bank for one in snapshot if one.bank_account == BankAccount() and (bank := draw(BANKS))
        },
        vanished=vanished,
        absences={one: draw(ABSENCES) for one in vanished},
        unread=draw(st.one_of(st.just([]), st.lists(st.sampled_from(IDS), unique=True, max_size=2))),
        settings=draw(settings_of_an_entity()),
        now=NOW,
        adopt=draw(st.booleans()),
        plan=[],
    )


def acting(lines: list[Change]) -> list[Change]:
    """Return the lines that change a member."""
    return [line for line in lines if line.kind in ACTING]


def after(case: Case, lines: list[Change]) -> Case:
    """Return the case as it is once the plan is applied."""
    found, links = apply(lines, case.members, case.links)
    return structs.replace(case, members=found, links=links)


@pytest.mark.thorough
@given(companies(contested=True), st.randoms(use_true_random=False))
def test_inv6_the_order_of_records_does_not_change_the_plan(case: Case, random: Any) -> None:
    """Invariant 6."""
    lists = (list(case.snapshot), list(case.members), list(case.links))
    for one in lists:
        random.shuffle(one)
    snapshot, found, links = lists
    assert plan_of(structs.replace(case, snapshot=snapshot, members=found, links=links)) == plan_of(case)


@pytest.mark.thorough
@given(companies(contested=False))
def test_inv5_a_second_plan_over_an_unchanged_company_is_empty(case: Case) -> None:
    """Invariant 5. Addresses that pass from one to another may take longer: see below."""
    lines = plan_of(case)
    for kind in {line.kind for line in lines}:
        event(str(kind))
    assert acting(plan_of(after(case, lines))) == []


@pytest.mark.thorough
@given(companies(contested=True))
def test_inv5_inv11_i2_i6_plans_come_to_rest_and_no_two_living_members_ever_share_an_address(
    case: Case,
) -> None:
    """Invariants 5 and 11, I2, I6: who waits for an address or an owner is settled later."""
    for _ in range(len(IDS)):
        lines = plan_of(case)
        if not acting(lines):
            break
        case = after(case, lines)
        living = [fold_email(one.email) for one in case.members if one.state is not State.ARCHIVED]
        assert len(living) == len(set(living))
    assert acting(plan_of(case)) == []


@pytest.mark.thorough
@given(companies(contested=True))
def test_d10_inv3_rule4_nobody_protected_is_archived_or_released(case: Case) -> None:
    """Invariants 1 and 3, rule 4, product 3.10."""
    lines = plan_of(case)
    managed = {one.member_id for one in case.links if one.managed}
    last = {one.id for one in case.members if one.last_owner}
    for line in acting(lines):
        if line.kind is Kind.ARCHIVE:
            assert line.member_id not in last
            assert case.settings.archive_inactive
            assert case.adopt or line.member_id in managed
        if line.kind in (Kind.RELEASE, Kind.UPDATE):
            assert line.member_id in managed
    if living_owners(case.members):
        assert living_owners(after(case, lines).members)


@given(companies(contested=True))
def test_v2_v6_rule5_only_a_status_or_an_end_date_makes_a_leaver(case: Case) -> None:
    """Product 3.2, V2, V6."""
    told = {one.id: one for one in case.snapshot}
    for line in plan_of(case):
        if line.kind is Kind.ARCHIVE:
            one = told[line.employee_id]
            ended = isinstance(one.end_date, date) and one.end_date < date(2026, 3, 17)
            assert ended or (one.status is Status.INACTIVE and not isinstance(one.end_date, date))
            assert one.status in (Status.INACTIVE, UNSET)


@given(companies(contested=True))
def test_inv9_rule3_rule10_no_line_clears_an_email_or_a_name_or_what_nobody_has(case: Case) -> None:
    """Invariant 9, rules 3 and 10."""
    there = clearable(case.snapshot)
    for line in plan_of(case):
        for name, one in line.fields.items():
            assert one.before != one.after or name in ("manager", "bank_account")
            if one.after is None:
                assert name not in ("email", "first_name", "last_name")
                assert name in there


@given(companies(contested=True))
def test_a_person_has_at_most_one_acting_line_and_it_comes_first(case: Case) -> None:
    lines = plan_of(case)
    people = [line.employee_id for line in lines]
    assert people == sorted(people)
    for number, line in enumerate(lines):
        if line.kind in ACTING:
            assert people.index(line.employee_id) == number
    touched = [line.member_id for line in acting(lines) if line.member_id is not None]
    assert len(touched) == len(set(touched))


@given(companies(contested=False))
def test_inv1_inv20_rule5_who_vanished_is_archived_only_when_proven_who_is_unread_or_archived_by_hand_stays(
    case: Case,
) -> None:
    """Invariants 1 and 20, product decisions 2 and 10."""
    lines = acting(plan_of(case))
    by_hand = {one.id for one in case.members if one.archived_by_hand}
    assert not by_hand & {line.member_id for line in lines}
    role_of = {one.id: one.role for one in case.members}
    for line in lines:
        assert line.employee_id not in case.unread
        if line.employee_id in case.vanished:
            gone = case.absences[line.employee_id]
            assert line.kind is Kind.ARCHIVE and line.why is Why.VANISHED and gone.proven and gone.runs
            assert case.settings.archive_inactive and line.member_id is not None
            assert role_of[line.member_id] not in (Role.OWNER, Role.ADMIN)
        else:
            assert line.why is not Why.VANISHED
