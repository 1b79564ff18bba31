"""A plan on the screen: what was shown is what is confirmed."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.cells import safe_cell
from rollcall.directory import queries as members
from rollcall.sync.models import Line, Plan
from tests.web.hr import HOME, World, text, world


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world() as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


def page_of(made: Plan, rest: str = "") -> str:
    return f"{HOME}plan/{made.pk}/{rest}"


def confirm(client: Client, made: Plan, **more: str) -> None:
    answer = client.post(page_of(made, "decide/"), {"digest": made.digest, "decision": "approve", **more})
    assert answer.headers["Location"] == page_of(made)


def again(hr: World, made: Plan) -> Plan:
    with access.acting_for(hr.two.alice_company.pk):
        return Plan.objects.get(pk=made.pk)


def invited(hr: World) -> int:
    with access.acting_for(hr.two.alice_company.pk):
        return members.counts(hr.two.alice_entity.pk)["invited"]


def held(hr: World, client: Client) -> Plan:
    """A plan that a run holds, because far too many people left at once."""
    confirmed = hr.preview(client, archive_inactive="on")
    confirm(client, confirmed)
    hr.apply(confirmed)
    with access.acting_for(hr.two.alice_company.pk):
        people = list(
            Line.objects.filter(plan=confirmed, kind="create").values_list("employee_id", flat=True)
        )
    yesterday = (timezone.now() - timedelta(days=3)).date().isoformat()
    for number in people[: len(people) // 2]:
        hr.control("terminate", id=int(number), date=yesterday)
    hr.run()
    with access.acting_for(hr.two.alice_company.pk):
        return Plan.objects.get(entity=hr.two.alice_entity, state="held")


def test_it_names_people_with_what_changes_and_why(hr: World) -> None:
    """S39, S40"""
    client = hr.ready()
    made = hr.preview(client)
    page = text(client.get(page_of(made)))
    with access.acting_for(hr.two.alice_company.pk):
        first = Line.objects.filter(plan=made, kind="create").order_by("number").first()
    assert first is not None and first.email in page
    assert "New in BambooHR and chosen for this entity." in page
    n = made.counts["create"]
    assert f"{n} invitations will be sent. Nothing else changes." in page
    assert f"Confirm these {n} changes" in page


def test_groups_search_and_pages_show_the_lines_asked_for(hr: World) -> None:
    hr.control("faults", on={"id": "I2"})
    client = hr.ready()
    made = hr.preview(client)
    assert made.counts["skip"] == 2
    assert "Nobody is guessed" in text(client.get(page_of(made), {"kind": "skip"}))
    assert "Nobody in this group" in text(client.get(page_of(made), {"kind": "archive"}))
    assert "Nobody here is called “zzzz”" in text(client.get(page_of(made), {"q": "zzzz"}))
    page = text(client.get(page_of(made)))
    assert page.count("New in BambooHR") + page.count("Starts on") == 50 and "Next page" in page
    with access.acting_for(hr.two.alice_company.pk):
        numbers = list(
            Line.objects.filter(plan=made, kind="create").order_by("number").values_list("number", flat=True)
        )
    rest = text(client.get(page_of(made), {"after": numbers[49]}))
    assert "Next page" not in rest
    assert client.get(page_of(made), {"after": "x", "kind": "x"}).status_code == 200


def test_confirming_applies_exactly_that_and_shows_the_progress(hr: World) -> None:
    """S41, S42"""
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    page = text(client.get(page_of(made)))
    n = made.counts["acting"]
    assert f"0 of {n}" in page and 'hx-trigger="every 1s"' in page
    assert "Confirm these" not in page
    assert f"0 of {n}" in text(client.get(page_of(made, "progress/")))
    hr.apply(made)
    assert client.get(page_of(made, "progress/")).headers["HX-Refresh"] == "true"
    assert f"Done: {n} changes were made." in text(client.get(page_of(made)))
    assert "Confirmed by Alice" in text(client.get(page_of(made)))
    assert invited(hr) == made.counts["create"]
    assert "Connected" in text(client.get(HOME))


def test_a_double_click_is_harmless(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    decided = again(hr, made).decided_at
    confirm(client, made)
    assert again(hr, made).decided_at == decided
    assert "decided about this plan already" not in text(client.get(page_of(made)))


def test_it_refuses_a_digest_that_was_not_shown(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    answer = client.post(page_of(made, "decide/"), {"digest": "0" * 64}, follow=True)
    assert "The plan has changed since you looked at it." in text(answer)
    assert again(hr, made).state == "preview"


def test_a_replaced_plan_leads_to_the_newest_and_cannot_be_confirmed(hr: World) -> None:
    client = hr.ready()
    old, new = hr.preview(client), hr.preview(client, archive_inactive="on")
    page = text(client.get(page_of(old)))
    assert "A newer plan took the place" in page and f'href="{page_of(new)}"' in page
    confirm(client, old)
    assert again(hr, old).state == "superseded"
    assert "decided about this plan already" in text(client.get(page_of(old)))


def test_an_old_preview_asks_for_a_fresh_one(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    with access.acting_for(hr.two.alice_company.pk):
        Plan.objects.filter(pk=made.pk).update(made_at=timezone.now() - timedelta(hours=25))
    page = text(client.get(page_of(made)))
    assert "more than a day old" in page and "Confirm these" not in page
    confirm(client, made)
    assert again(hr, made).state == "preview"
    assert "more than a day old" in text(client.get(page_of(made)))


def test_a_held_plan_says_why_and_wants_a_reason(hr: World) -> None:
    """S52, L1"""
    client = hr.ready()
    made = held(hr, client)
    page = text(client.get(page_of(made)))
    assert "managed members would be archived." in page
    assert 'name="override" required' in page
    assert "On hold" in text(client.get(HOME))
    confirm(client, made)
    assert again(hr, made).state == "held"
    assert "without a reason they are not made" in text(client.get(page_of(made)))
    confirm(client, made, override="The Lyon office was sold.")
    hr.apply(made)
    assert again(hr, made).state == "applied"
    assert "The Lyon office was sold." in text(client.get(page_of(made)))


def test_a_held_plan_can_be_rejected(hr: World) -> None:
    client = hr.ready()
    made = held(hr, client)
    before = invited(hr)
    client.post(page_of(made, "decide/"), {"decision": "reject"})
    assert "Nobody was changed." in text(client.get(page_of(made)))
    assert invited(hr) == before and again(hr, made).state == "rejected"
    client.post(page_of(made, "decide/"), {"decision": "reject"})
    assert "decided about this plan already" in text(client.get(page_of(made)))


def test_names_are_shown_as_text_and_never_as_markup(hr: World) -> None:
    """E5"""
    hr.control("faults", on={"id": "E5"})
    client = hr.ready()
    made = hr.preview(client)
    assert "<script>" not in client.get(page_of(made)).content.decode()


def test_the_csv_has_every_line_and_no_formula(hr: World) -> None:
    """F6"""
    client = hr.ready()
    made = hr.preview(client)
    with access.acting_for(hr.two.alice_company.pk):
        Line.objects.filter(plan=made, number=1).update(name="=HYPERLINK(1)")
    answer = client.get(page_of(made, "changes.csv"))
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    with access.acting_for(hr.two.alice_company.pk):
        people = set(Line.objects.filter(plan=made).values_list("employee_id", flat=True))
    assert {row[3] for row in rows[1:]} == people
    assert "'=HYPERLINK(1)" in {row[1] for row in rows}


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1"])
def test_a_cell_that_could_be_a_formula_begins_with_a_quote(cell: str) -> None:
    """F6"""
    assert safe_cell(cell) == f"'{cell}"


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert [safe_cell(one) for one in ("", " ", "Anna", "a=1")] == ["", " ", "Anna", "a=1"]


@pytest.mark.parametrize("rest", ["", "progress/", "changes.csv"])
def test_nobody_else_sees_a_plan(hr: World, rest: str) -> None:
    """S6, Z1"""
    made = hr.preview(hr.ready())
    assert hr.bob.get(page_of(made, rest)).status_code == 403
    assert hr.charlie.get(page_of(made, rest)).status_code == 404
    assert Client().get(page_of(made, rest)).status_code == 302


def test_nobody_else_decides(hr: World) -> None:
    """S6, Z1"""
    made = hr.preview(hr.ready())
    assert hr.bob.post(page_of(made, "decide/"), {"digest": made.digest}).status_code == 403
    assert hr.charlie.post(page_of(made, "decide/"), {"digest": made.digest}).status_code == 404
    assert again(hr, made).state == "preview"
