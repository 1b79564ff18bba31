"""Nobody is invited, brought back or re-addressed at a domain that is not the company's, once its domains are named."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import structs

from rollcall.engine.change import Kind, Why
from rollcall.engine.explain import explain
from rollcall.engine.levers import Lever
from rollcall.engine.match import Candidate
from rollcall.engine.plan import decide
from rollcall.engine.roster import Link, Member, Role, State
from rollcall.engine.settings import Settings, is_foreign
from rollcall.engine.snapshot import Employee, Status

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OURS = Settings(domains=("acme.example", "acme.fr"))
ADA = Employee(id="7", first_name="Ada", last_name="L", work_email="Ada@Mail.Example", status=Status.ACTIVE)
NEW = Candidate(employee=ADA)
HERE = Member(
    id=1, state=State.ACTIVE, role=Role.REQUESTER, email="ada@acme.example", first_name="Ada", last_name="L"
)
MANAGED = Candidate(employee=ADA, member=HERE, link=Link(member_id=1, employee_id="7", managed=True))
BACK = structs.replace(MANAGED, member=structs.replace(HERE, state=State.ARCHIVED))


def said(one: Candidate, settings: Settings) -> list[tuple[Kind, Why]]:
    return [(line.kind, line.why) for line in decide(one, settings, now=NOW, zone="UTC")]


@pytest.mark.parametrize("one", [NEW, BACK])
def test_i11_who_has_an_address_elsewhere_is_not_invited_until_it_is_allowed(one: Candidate) -> None:
    assert said(one, Settings())[0][0] in (Kind.CREATE, Kind.REACTIVATE)
    assert said(one, OURS) == [(Kind.SKIP, Why.FOREIGN_DOMAIN)]
    allowed = structs.replace(OURS, domains=(*OURS.domains, "mail.example"))
    assert said(one, allowed) == said(one, Settings())
    lines = decide(one, OURS, now=NOW, zone="UTC")
    ways = explain(one, OURS, lines, now=NOW, zone="UTC").ways
    assert [step.lever for step in ways[0].steps] == [Lever.ALLOW_DOMAIN]


def test_i11_a_member_keeps_the_address_of_the_company_and_follows_hr_in_the_rest() -> None:
    other = structs.replace(MANAGED, employee=structs.replace(ADA, last_name="King"))
    update, note = decide(other, OURS, now=NOW, zone="UTC")
    assert (update.kind, list(update.fields)) == (Kind.UPDATE, ["last_name"])
    assert (note.kind, note.why) == (Kind.NOTE, Why.FOREIGN_DOMAIN)


def test_i11_a_member_who_has_the_address_already_is_linked() -> None:
    made_by_hand = structs.replace(HERE, email="ada@mail.example")
    assert said(structs.replace(NEW, same_email=made_by_hand), OURS) == [(Kind.LINK, Why.SAME_EMAIL)]


@pytest.mark.parametrize(
    ("key", "foreign"),
    [
        ("ada@acme.example", False),
        ("ada@paris.acme.example", False),
        ("ada@ACME.FR".lower(), False),
        ("ada@notacme.example", True),
        ("ada@acme.example.net", True),
        ("acme.example@mail.example", True),
        ("ada@example", True),
    ],
)
def test_i11_a_domain_is_meant_with_what_is_below_it_and_nothing_that_only_ends_alike(
    key: str, foreign: bool
) -> None:
    assert is_foreign(OURS, key) is foreign and not is_foreign(Settings(), key)


@pytest.mark.parametrize(
    "domain", ["", "acme", "a@acme.example", "acme.example, b.example", "acme.", "x y.z"]
)
def test_i11_what_is_no_domain_is_refused(domain: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"domains": [domain]}, Settings)
