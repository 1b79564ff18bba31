"""Who is who in the browser: both sides of a record, the answers, and what is refused."""

import re
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.accounts.tokens import issue
from rollcall.connections.models import Connection, Employee, State, Subscription
from rollcall.directory.models import Decision, Link
from rollcall.engine.change import Kind, Why
from rollcall.sync.models import Line, LineState, Plan, PlanState
from tests.web.crew import Crew, browser, crew

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Crew:
    return crew()


def employ(here: Crew, number: str, **more: Any) -> Employee:
    values: dict[str, Any] = {
        "first_name": "Maya",
        "last_name": "Example",
        "work_email": here.managed.email,
        "status": "active",
    }
    values |= {"email_key": here.managed.email_key, "delivered": 2**25 - 1, **more}
    return Employee.objects.create(
        company=here.two.alice_company,
        connection=here.connection,
        external_id=number,
        record_digest=number.encode(),
        digest=number,
        first_seen_at=timezone.now(),
        changed_at=timezone.now(),
        **values,
    )


def waits(here: Crew, at: int, employee: str, why: Why, *, linked: bool = True, **params: str) -> Line:
    """A line of the newest plan."""
    used = Subscription.objects.get(entity=here.two.alice_entity)
    made, _ = Plan.objects.get_or_create(
        company=here.two.alice_company,
        entity=here.two.alice_entity,
        subscription=used,
        state=PlanState.APPLIED,
        defaults={"settings": used.settings, "made_at": timezone.now(), "counts": {"skip.new_number": 1}},
    )
    return Line.objects.create(
        company=here.two.alice_company,
        plan=made,
        number=at,
        kind=Kind.SKIP,
        employee_id=employee,
        member_id=here.managed.pk if linked else None,
        why=why,
        params=params,
        state=LineState.SHOWN,
    )


def a_new_number(here: Crew) -> Employee:
    """Maya's record is gone, and somebody with her e-mail works here under another number."""
    with acting_for(here.two.alice_company.pk):
        old = Link.objects.get(member=here.managed).employee_id
        employ(here, old, status="inactive")
        row = employ(here, "77", start_date="2026-02-03", work_location="Lyon")
        waits(here, 1, "77", Why.NEW_NUMBER, email=here.managed.email, number=old)
    return row


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/conflicts/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def digest_of(html: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', html)
    assert found
    return found[1]


def test_i8_both_records_and_the_member_stand_beside_each_other_with_the_reason(here: Crew) -> None:
    row = a_new_number(here)
    html = page(browser(here.two.alice))
    assert html.count('<th scope="col">') >= 3
    for word in ("Lyon", "3 February 2026", "Has left", "Works here", here.managed.email, "Two people"):
        assert word in html
    assert f"/members/{here.managed.pk}/" in html and f"/why/employee/{row.pk}/" in html
    assert "Say whether this is the same person" in html


def test_i8_an_answer_is_stored_once_and_the_record_waits_no_more(here: Crew) -> None:
    row = a_new_number(here)
    client = browser(here.two.alice)
    said = {"decision": "same", "digest": digest_of(page(client))}
    answer = client.post(f"/conflicts/{row.pk}/decide/", said, follow=True)
    assert "The next sync acts on it" in answer.content.decode()
    assert "Nobody waits for you" in answer.content.decode()
    with acting_for(here.two.alice_company.pk):
        (kept,) = Decision.objects.all()
        assert (kept.kind, kept.employee_id, kept.member_id) == ("same", "77", here.managed.pk)
        assert kept.by == here.two.alice.get_full_name()


def test_what_was_left_as_it_is_can_still_be_decided(here: Crew) -> None:
    row = a_new_number(here)
    client = browser(here.two.alice)
    said = {"decision": "leave", "digest": digest_of(page(client))}
    client.post(f"/conflicts/{row.pk}/decide/", said)
    assert "Nobody waits for you" in page(client)
    left = page(client, "?left=1")
    assert digest_of(left) == said["digest"]
    client.post(f"/conflicts/{row.pk}/decide/", {**said, "decision": "other"})
    assert "Nobody was left as they are" in page(client, "?left=1")


def test_c6_what_was_not_seen_is_refused_with_the_reason(here: Crew) -> None:
    row = a_new_number(here)
    client = browser(here.two.alice)
    answer = client.post(
        f"/conflicts/{row.pk}/decide/", {"decision": "same", "digest": "0" * 64}, follow=True
    )
    assert "has changed since you looked" in answer.content.decode()
    said = {"decision": "burn", "digest": digest_of(page(client))}
    answer = client.post(f"/conflicts/{row.pk}/decide/", said, follow=True)
    assert "Choose one of the answers shown" in answer.content.decode()
    with acting_for(here.two.alice_company.pk):
        assert not Decision.objects.exists()


def test_e5_names_are_escaped(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        employ(here, "78", first_name="<script>", email_key="x@co.example", work_email="x@co.example")
        waits(here, 1, "78", Why.LOOKS_LIKE, linked=False, email="x@co.example", other=here.managed.email_key)
    html = page(browser(here.two.alice))
    assert "<bdi>&lt;script&gt;" in html and "<script> Example" not in html
    assert "It is right: another person" in html


def test_every_reason_has_a_page_in_both_languages(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        employ(here, "77")
        employ(here, "78")
        for number, why in enumerate(
            (Why.SHARED_EMAIL, Why.EMAIL_TAKEN, Why.MEMBER_LINKED_ELSEWHERE, Why.REUSED_ID, Why.LOOKS_LIKE), 1
        ):
            waits(here, number, "77", why, email=here.managed.email, other=here.managed.email)
        waits(here, 9, "none", Why.HAS_NEW_NUMBER, email=here.managed.email, number="78")
    client = browser(here.two.alice)
    assert page(client).count('class="card who-is"') == 6
    client.post("/language/", {"language": "fr"})
    french = page(client)
    assert "Qui est qui" in french and "Leave it" not in french


def test_a_page_costs_a_fixed_number_of_statements_and_goes_on_by_key(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        for number in range(1, 24):
            employ(here, f"t{number:02}")
            waits(here, number, f"t{number:02}", Why.SHARED_EMAIL, linked=False, email=here.managed.email)
    client = browser(here.two.alice)
    page(client)
    with CaptureQueriesContext(database) as asked:
        first = page(client)
    assert len([one for one in asked if not re.match(r"SAVEPOINT|RELEASE|with b as", one["sql"])]) <= 12
    assert first.count('class="card who-is"') == 20 and "Next page" in first
    assert page(client, "?after=20").count('class="card who-is"') == 3
    assert page(client, "?after=nonsense").count('class="card who-is"') == 20


def test_without_an_hr_tool_there_is_nothing_to_compare(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        Connection.objects.update(state=State.DISCONNECTED)
    assert "No HR tool is connected" in page(browser(here.two.alice))
    assert "Nobody waits for you" not in page(browser(here.two.alice))


def test_s6_members_do_not_see_it_and_other_companies_find_nothing(here: Crew) -> None:
    row = a_new_number(here)
    assert browser(here.two.bob).get("/conflicts/").status_code in (403, 404)
    assert browser(here.two.charlie).post(f"/conflicts/{row.pk}/decide/", {}).status_code == 404


def test_the_api_lists_conflicts_and_takes_a_decision(here: Crew) -> None:
    a_new_number(here)
    entity = here.two.alice_entity
    with acting_for(here.two.alice_company.pk):
        _, key = issue(
            company_id=entity.company_id, name="t", scopes=["read", "plans:approve"], entity=entity
        )
    client = Client(headers={"Authorization": f"Bearer {key}"})
    address = f"/api/v1/entities/{entity.pk}/conflicts"
    (one,) = client.get(address).json()["items"]
    assert (one["why"], one["record"]["employee_id"], one["member"]["id"]) == (
        "new_number",
        "77",
        here.managed.pk,
    )
    assert one["other"]["status"] == "inactive" and one["choices"] == ["same", "other", "leave"]
    body = {"decision": "other", "digest": one["digest"]}
    wrong = client.post(f"{address}/77/decide", {**body, "digest": "1"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "changed")
    done = client.post(f"{address}/77/decide", body, content_type="application/json")
    assert (done.status_code, done.json()["decision"]) == (200, "other")
    assert client.get(address).json() == {"items": [], "next": None}


def test_the_card_of_the_hr_tool_says_how_many_wait_and_leads_there(here: Crew) -> None:
    card = browser(here.two.alice).get("/settings/integrations/").content.decode()
    assert "it is not sure who is meant" not in card
    with acting_for(here.two.alice_company.pk):
        employ(here, "77")
        waits(here, 1, "77", Why.NEW_NUMBER)
    card = browser(here.two.alice).get("/settings/integrations/").content.decode()
    assert "1 conflict: it is not sure who is meant." in card and 'href="/conflicts/"' in card
