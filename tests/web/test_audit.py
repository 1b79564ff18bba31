"""Settings > Audit log: everything once, newest first, filtered, as a file, proven, and quick."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.accounts import tokens
from rollcall.accounts.access import acting_for
from rollcall.accounts.actor import SYSTEM, Actor
from rollcall.accounts.companies import create_entity, grant_role
from rollcall.accounts.models import Entity, Role, User
from rollcall.events.catalogue import Kind
from rollcall.events.outbox import NewEvent, append
from rollcall.events.queries import PAGE, Wanted, page
from rollcall.web.company import audit_filters
from tests.web.crew import Crew, browser, crew, person

pytestmark = pytest.mark.django_db

LOG = "/settings/audit/"
FILE = f"{LOG}entries.csv"


@pytest.fixture
def them() -> Crew:
    return crew()


def _tell(entity: Entity, kind: Kind, *, actor: Actor = SYSTEM, **more: Any) -> None:
    with acting_for(entity.company_id):
        whole = more.pop("company_wide", False)
        append(
            [
                NewEvent(
                    company_id=entity.company_id,
                    kind=kind,
                    actor=actor,
                    entity_id=None if whole else entity.pk,
                    **more,
                )
            ]
        )


def _page(user: User, **query: str | int) -> str:
    return browser(user).get(LOG, query).content.decode()


def _rows(page: str) -> list[str]:
    """The sentences of the entries."""
    return [re.sub(r"<[^>]+>", "", one) for one in re.findall(r'class="said">(.*?)</span></div>', page)]


def _file(client: Client, **query: str | int) -> list[dict[str, str]]:
    answer = client.get(FILE, query)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined] # a streamed answer
    return list(csv.DictReader(io.StringIO(text)))


def _alice(them: Crew) -> Actor:
    return Actor(kind="user", id=them.two.alice.pk, label="Alice")


def test_every_kind_of_entry_can_be_chosen_and_has_words() -> None:
    chosen = [kind for _key, _name, kinds in audit_filters.GROUPS for kind in kinds]
    assert sorted(chosen) == sorted(Kind)


def test_an_entry_is_a_sentence_with_time_person_and_who_did_it(them: Crew) -> None:
    changed = {"fields": {"job_title": ["Buyer", "Head of <buying>"]}}
    here = them.two.alice_entity
    _tell(here, Kind.MEMBER_UPDATED, actor=_alice(them), member_id=them.manual.pk, data=changed)
    page = _page(them.two.alice)
    assert "“Buyer” became “Head of &lt;buying&gt;”" in page
    assert f'href="/members/{them.manual.pk}/"' in page and "Hanna Example" in page
    assert '<td class="by" data-label="Who did it"><bdi>Alice</bdi>' in page
    assert "<del><bdi>Buyer</bdi></del>" in page


def test_the_links_of_invitations_are_nowhere(them: Crew) -> None:
    data = {"invitation_id": 1, "nonce": "secret-part-of-the-link", "email": "n@acme.example"}
    _tell(them.two.alice_entity, Kind.MEMBER_INVITED, member_id=them.bob.pk, data=data)
    client = browser(them.two.alice)
    assert "secret-part" not in client.get(LOG).content.decode()
    assert "secret-part" not in str(_file(client))


def test_each_filter_narrows_and_they_work_together(them: Crew) -> None:
    here = them.two.alice_entity
    _tell(here, Kind.MEMBER_ARCHIVED, actor=_alice(them), member_id=them.manual.pk, data={"why": "by_hand"})
    _tell(here, Kind.MEMBER_SIGNED_UP, actor=Actor(kind="sync", id=1, label="sync"), member_id=them.bob.pk)
    _tell(here, Kind.TOKEN_REVOKED, actor=_alice(them), data={"name": "Payroll"})
    archived, signed, revoked = (
        "Member archived. Decided by hand.",
        "Signed up: the member is active.",
        "API token “Payroll” revoked.",
    )
    found = {
        "everything": _rows(_page(them.two.alice)),
        "kind": _rows(_page(them.two.alice, kind="member.archived")),
        "group": _rows(_page(them.two.alice, kind="group:access")),
        "person": _rows(_page(them.two.alice, q="hann")),
        "member": _rows(_page(them.two.alice, member=them.bob.pk)),
        "actor": _rows(_page(them.two.alice, actor=f"user:{them.two.alice.pk}")),
        "sync": _rows(_page(them.two.alice, actor="sync")),
        "both": _rows(_page(them.two.alice, actor="sync", q="hann")),
    }
    assert found == {
        "everything": [revoked, signed, archived],
        "kind": [archived],
        "group": [revoked],
        "person": [archived],
        "member": [signed],
        "actor": [revoked, archived],
        "sync": [signed],
        "both": [],
    }
    assert "No entry matches" in _page(them.two.alice, q="nobody-at-all")


def test_days_begin_and_end_at_midnight_of_the_entity(
    them: Crew, owner_connection: psycopg.Connection
) -> None:
    """Paris is an hour ahead of UTC in winter: 23:30 UTC belongs to the next day."""
    moments = [
        datetime(2026, 1, day, hour, 30, tzinfo=UTC) for day, hour in ((9, 22), (9, 23), (10, 22), (10, 23))
    ]
    found = [
        page(
            1,
            audit_filters.wanted(
                _asked(since=day, until=day), entities=None, members=None, zone="Europe/Paris"
            ),
        )
        for day in ("2026-01-10",)
    ]
    assert found == [[]]
    wanted = audit_filters.wanted(
        _asked(since="2026-01-10", until="2026-01-10"), entities=None, members=None, zone="Europe/Paris"
    )
    assert wanted.since is not None and wanted.until is not None
    assert [wanted.since <= one < wanted.until for one in moments] == [False, True, True, False]


def _asked(**values: str) -> audit_filters.Asked:
    return audit_filters.Asked(**values)  # type: ignore[arg-type] # texts of a query


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
        {"since": "2026-02-01", "until": "2026-01-01"},
    ],
)
def test_days_that_cannot_be_are_said_beside_the_form(them: Crew, query: dict[str, str]) -> None:
    page = _page(them.two.alice, **query)
    assert "The first day is after the last" in page and 'aria-invalid="true"' in page


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "member.nonsense"},
        {"kind": "group:nonsense"},
        {"actor": "user:x"},
        {"actor": "king:1"},
        {"entity": "99999999"},
        {"before": "x"},
        {"before": "9" * 40},
        {"member": "9" * 40},
        {"q": "\0"},
    ],
)
def test_an_address_that_makes_no_sense_still_shows_the_log(them: Crew, query: dict[str, str]) -> None:
    _tell(them.two.alice_entity, Kind.MEMBER_CREATED, member_id=them.bob.pk)
    assert _rows(_page(them.two.alice, **query)) == ["Member added."]


def test_the_log_of_another_entity_is_for_those_who_look_after_it(them: Crew) -> None:
    """S8."""
    second = create_entity(them.two.alice_company, "Second")
    dora = User.objects.create_user("dora@acme.example", "x", full_name="Dora")
    grant_role(second, dora, Role.ADMIN)
    here = them.two.alice_entity
    _tell(here, Kind.MEMBER_SIGNED_UP, member_id=them.bob.pk)
    _tell(second, Kind.MEMBER_CREATED)
    _tell(here, Kind.CONNECTION_RECOVERED, company_wide=True, data={"tool": "bamboohr"})
    seen = ["The connection to BambooHR works again.", "Member added."]
    for where in ("", "all", str(here.pk)):
        assert _rows(_page(dora, entity=where)) == seen
    assert [one["Name"] for one in _file(browser(dora), entity="all")] == ["", ""]
    assert _rows(_page(dora, member=them.bob.pk)) == [] and "Bob Example" not in _page(
        dora, member=them.bob.pk
    )
    assert _rows(_page(dora, q="bob")) == []
    grant_role(second, them.two.alice, Role.ADMIN)
    assert len(_rows(_page(them.two.alice, entity="all"))) == 3
    assert len(_rows(_page(them.two.alice))) == 2
    assert _rows(_page(them.two.alice, entity="company")) == seen[:1]
    assert _rows(_page(them.two.alice, entity=second.pk)) == seen[1:]


def test_older_entries_show_everything_once(them: Crew) -> None:
    with acting_for(them.two.alice_company.pk):
        append([_of(them, number) for number in range(PAGE * 2 + 10)])
    client, address, seen = browser(them.two.alice), LOG, []
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'<dt>Entry</dt><dd class="num">(\d+)<', page)
        older = re.search(r'href="(\?[^"]*before=\d+)"', page)
        address = f"{LOG}{older[1].replace('&amp;', '&')}" if older else ""
    assert seen == [str(number) for number in range(PAGE * 2 + 10, 0, -1)]


def _of(them: Crew, number: int) -> NewEvent:
    return NewEvent(
        company_id=them.two.alice_company.pk,
        kind=Kind.MEMBER_UPDATED,
        actor=SYSTEM,
        entity_id=them.two.alice_entity.pk,
        member_id=them.bob.pk,
        data={"fields": {"team": [str(number), str(number + 1)]}},
    )


def test_f6_the_file_has_what_the_filter_lets_through_and_no_formula(them: Crew) -> None:
    """F6."""
    with acting_for(them.two.alice_company.pk):
        evil = person(them.two.alice_entity, "=1+1", last_name="@x")
        append([_of(them, number) for number in range(1_100)])
    _tell(them.two.alice_entity, Kind.MEMBER_SIGNED_UP, member_id=evil.pk)
    client = browser(them.two.alice)
    rows = _file(client)
    assert len(rows) == 1_101 and [int(one["Number"]) for one in rows] == list(range(1_101, 0, -1))
    assert rows[0]["Name"] == "'=1+1 @x" and rows[0]["Entity"] == "Alice's entity"
    assert rows[0]["Time"].endswith(("+01:00", "+02:00"))
    assert len(_file(client, kind="member.signed_up")) == 1


def test_the_file_is_for_owners_and_admins(them: Crew) -> None:
    grant_role(them.two.alice_entity, them.two.bob, Role.CONTROLLER)
    assert browser(them.two.bob).get(FILE).status_code == 403
    assert browser(them.two.bob).post(f"{LOG}check/").status_code == 403


def test_a_whole_chain_is_said_to_be_whole(them: Crew) -> None:
    _tell(them.two.alice_entity, Kind.MEMBER_SIGNED_UP, member_id=them.bob.pk)
    said = browser(them.two.alice).post(f"{LOG}check/", follow=True).content.decode()
    assert "1 entry checked: nobody has changed or removed it." in said


@pytest.mark.django_db(transaction=True)
def test_a_changed_entry_breaks_the_chain_and_the_page_says_where(
    owner_connection: psycopg.Connection,
) -> None:
    them = crew()
    for number in range(3):
        _tell(them.two.alice_entity, Kind.MEMBER_SIGNED_UP, member_id=them.bob.pk, data={"n": number})
    owner_connection.execute("alter table events_event no force row level security")
    owner_connection.execute("update events_event set data = '{}' where number = 2")
    owner_connection.execute("alter table events_event force row level security")
    said = browser(them.two.alice).post(f"{LOG}check/", follow=True).content.decode()
    assert "The chain breaks at entry 2" in said


def test_a_company_in_which_nothing_happened_is_told_what_will_be_here(them: Crew) -> None:
    assert "Nothing has happened here yet" in _page(them.two.alice)


def test_somebody_without_a_role_by_now_is_still_named_in_the_filter(them: Crew) -> None:
    _tell(them.two.alice_entity, Kind.MEMBER_CREATED, actor=Actor(kind="user", id=4711, label="Past Admin"))
    assert '<option value="user:4711" selected>Past Admin</option>' in _page(
        them.two.alice, actor="user:4711"
    )


def _looked_at(company_id: int, wanted: Wanted) -> int:
    """How many blocks of 8 KiB PostgreSQL looks at for a page."""
    with CaptureQueriesContext(connection) as queries:
        page(company_id, wanted)
    blocks = 0
    for one in queries:
        with connection.cursor() as cursor:
            cursor.execute(f"explain (analyze, buffers, format json) {one['sql']}")
            top = cursor.fetchone()[0][0]["Plan"]
        blocks += top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return int(blocks)


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_a_page_of_100000_entries_is_quick_whatever_is_asked(owner_connection: psycopg.Connection) -> None:
    """Fewer than 25 statements a page, and the log is found by its indexes: a few of its thousands of blocks.

    Some 3 ms on an idle machine; blocks are counted because they are the same on a busy one.
    """
    them = crew()
    here, company = them.two.alice_entity, them.two.alice_company.pk
    with acting_for(company):
        for _ in range(10):
            append([_of(them, number) for number in range(10_000)])
        append([NewEvent(company_id=company, kind=Kind.TOKEN_ISSUED, actor=_alice(them), data={"name": "x"})])
    owner_connection.execute("analyze events_event")  # as PostgreSQL does by itself after a while
    with acting_for(company):
        today = datetime.now(UTC)
        for wanted in (
            Wanted(),
            Wanted(entities=(here.pk, None)),
            Wanted(entities=(here.pk, None), kinds=(Kind.TOKEN_ISSUED, Kind.TOKEN_REVOKED)),
            Wanted(entities=(here.pk, None), members=(them.managed.pk, them.alice.pk)),
            Wanted(entities=(here.pk, None), actor_kind="user", actor_id=them.two.alice.pk),
            Wanted(entities=(here.pk, None), until=today - timedelta(days=30)),
            Wanted(entities=(here.pk, None), since=today + timedelta(days=30)),
            Wanted(kinds=(Kind.TOKEN_ISSUED,)),
            Wanted(members=(them.managed.pk,)),
            Wanted(entities=(here.pk,), since=today - timedelta(days=30), kinds=(Kind.TOKEN_REVOKED,)),
        ):
            assert _looked_at(company, wanted) < 300, wanted
    client = browser(them.two.alice)
    with CaptureQueriesContext(connection) as queries:
        client.get(LOG)
    assert len(queries) <= 25


def test_the_api_narrows_the_log_to_days_too(them: Crew) -> None:
    _tell(them.two.alice_entity, Kind.MEMBER_SIGNED_UP, member_id=them.bob.pk)
    with acting_for(them.two.alice_company.pk):
        _row, raw = tokens.issue(company_id=them.two.alice_company.pk, name="t", scopes=["read"])
    headers = {"Authorization": f"Bearer {raw}"}

    def found(**query: str) -> tuple[int, int]:
        answer = Client().get("/api/v1/events", query, headers=headers)
        return answer.status_code, len(answer.json().get("items", ()))

    assert found(since="2020-01-01T00:00:00Z", until="2999-01-01T00:00:00Z") == (200, 1)
    assert found(until="2020-01-01T00:00:00Z") == found(since="2999-01-01T00:00:00+02:00") == (200, 0)
    assert found(since="2020-01-01T00:00:00") == found(until="0001-01-01T00:00:00Z") == (422, 0)
