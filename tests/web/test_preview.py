"""A plan on the screen: what was shown is what is confirmed."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from rollcall.accounts import access
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role, User
from rollcall.connections.cells import safe_cell
from rollcall.connections.models import Employee, Subscription
from rollcall.directory import queries as members
from rollcall.engine.change import Kind
from rollcall.sync.models import Line, Plan
from rollcall.sync.plans.preview import Group, lines, lines_of_group
from tests.web.hr import HOME, World, text, world

QUERIES: Final = 24
"""Of the page itself under 12; the others open and close the request's transaction and name the company."""


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
    assert f"Confirm: invite {n}, manage 0, archive 0</button>" in page


def test_groups_search_and_pages_show_the_lines_asked_for(hr: World) -> None:
    hr.control("faults", on={"id": "I2"})
    client = hr.ready()
    made = hr.preview(client)
    assert made.counts["skip"] == 2
    page = text(client.get(page_of(made), {"kind": "conflict"}))
    assert "Rollcall does not guess" in page
    with access.acting_for(hr.two.alice_company.pk):
        both = list(Line.objects.filter(plan=made, kind="skip").values_list("name", flat=True))
    # each row names the other one
    assert page.count("Also:") == 2 and all(page.count(name) == 2 for name in both)
    assert "2 conflicts: it is not sure who is meant." in page
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


def test_each_word_of_a_search_is_in_name_address_or_place(hr: World) -> None:
    made = hr.preview(hr.ready())
    with access.acting_for(hr.two.alice_company.pk):
        every = list(Line.objects.filter(plan=made, kind="create"))
        rows = Employee.objects.values_list("external_id", "work_location", "department")
        places = {pk: [text.casefold() for text in texts if text] for pk, *texts in rows}
        first = every[0]
        several = (
            "%",
            "_",
            first.name[:3].upper(),
            f"{first.name[-2:]} {first.email}",
            "a PARIS",
            "e@",
            "sales b",
        )
        for text in (*several, *{places[one.employee_id][0].title() for one in every}):
            found = lines_of_group(made, Group.CREATE, search=text, size=1_000)
            expected = [one.number for one in every if all(_has(one, word, places) for word in text.split())]
            assert [one.number for one in found] == sorted(expected)
            assert [one.number for one in lines(made, [Kind.CREATE], search=text, size=1_000)] == sorted(
                one.number for one in every if all(_has(one, word, {}) for word in text.split())
            )


def _has(line: Line, word: str, places: Mapping[str, Sequence[str]]) -> bool:
    told = word.upper() in line.name.upper() or word.upper() in line.email.upper()
    return told or any(word.casefold() in one for one in places.get(line.employee_id, ()))


def test_confirming_applies_exactly_that_and_shows_the_progress(hr: World) -> None:
    """S41, S42"""
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    page = text(client.get(page_of(made)))
    n = made.counts["acting"]
    assert f"0 of {n}" in page and 'hx-trigger="every 1s"' in page
    assert "Confirm:" not in page
    assert f"0 of {n}" in text(client.get(page_of(made, "progress/")))
    hr.apply(made)
    assert client.get(page_of(made, "progress/")).headers["HX-Refresh"] == "true"
    assert f"Done: {n} changes were made." in text(client.get(page_of(made)))
    assert "Confirmed by Alice" in text(client.get(page_of(made)))
    assert invited(hr) == made.counts["create"]
    assert "Connected" in text(client.get(HOME))


def test_a_double_click_is_harmless(hr: World) -> None:
    """Decision 4: the second click finds its own work done."""
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    decided = again(hr, made).decided_at
    confirm(client, made)
    assert again(hr, made).decided_at == decided
    assert "decided about these changes already" not in text(client.get(page_of(made)))


def test_it_refuses_a_digest_that_was_not_shown(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    answer = client.post(page_of(made, "decide/"), {"digest": "0" * 64}, follow=True)
    assert "The list of changes is no longer the one you saw." in text(answer)
    assert again(hr, made).state == "preview"


def test_a_replaced_plan_leads_to_the_newest_and_cannot_be_confirmed(hr: World) -> None:
    client = hr.ready()
    old, new = hr.preview(client), hr.preview(client, archive_inactive="on")
    page = text(client.get(page_of(old)))
    assert "A newer list of changes took the place" in page and f'href="{page_of(new)}"' in page
    confirm(client, old)
    assert again(hr, old).state == "superseded"
    assert "decided about these changes already" in text(client.get(page_of(old)))


def test_an_old_preview_asks_for_a_fresh_one(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    with access.acting_for(hr.two.alice_company.pk):
        Plan.objects.filter(pk=made.pk).update(made_at=timezone.now() - timedelta(hours=25))
    page = text(client.get(page_of(made)))
    assert "more than a day old" in page and "Confirm:" not in page
    confirm(client, made)
    assert again(hr, made).state == "preview"
    assert "more than a day old" in text(client.get(page_of(made)))


@pytest.mark.thorough
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


@pytest.mark.thorough
def test_a_held_plan_can_be_rejected(hr: World) -> None:
    client = hr.ready()
    made = held(hr, client)
    before = invited(hr)
    client.post(page_of(made, "decide/"), {"decision": "reject"})
    assert "Nobody was changed." in text(client.get(page_of(made)))
    assert invited(hr) == before and again(hr, made).state == "rejected"
    client.post(page_of(made, "decide/"), {"decision": "reject"})
    assert "decided about these changes already" in text(client.get(page_of(made)))


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
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    with access.acting_for(hr.two.alice_company.pk):
        people = set(Line.objects.filter(plan=made).values_list("employee_id", flat=True))
    assert {row[3] for row in rows[1:]} == people
    assert "'=HYPERLINK(1)" in {row[1] for row in rows}


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1"])
def test_a_cell_that_could_be_a_formula_begins_with_a_quote(cell: str) -> None:
    """F6"""
    assert safe_cell(cell).startswith("'") and safe_cell(cell).replace("'", "") == cell


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert [safe_cell(one) for one in ("", " ", "Anna", "a=1")] == ["", " ", "Anna", "a=1"]


@pytest.mark.thorough
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


def test_the_second_of_two_admins_reads_who_decided_first(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    dora = User.objects.create_user("dora@alice.example", "x", full_name="Dora Stone")
    grant_role(hr.two.alice_entity, dora, Role.ADMIN)
    confirm(client, made)
    second = hr.browser(dora)
    confirm(second, made)
    page = text(second.get(page_of(made)))
    assert "Alice" in page and "decided first" in page and "Nothing was done twice." in page
    second.post(page_of(made, "decide/"), {"decision": "reject"})
    assert again(hr, made).state == "applying"


@pytest.mark.thorough
def test_going_back_after_confirming_shows_what_was_decided(hr: World) -> None:
    """No browser keeps the page; the one that comes instead says who confirmed it and when."""
    client = hr.ready()
    made = hr.preview(client)
    assert client.get(page_of(made)).headers["Cache-Control"] == "no-store"
    confirm(client, made)
    hr.apply(made)
    page = text(client.get(page_of(made)))
    assert "Confirmed by Alice" in page and 'value="approve"' not in page


def test_a_part_of_a_page_leads_to_sign_in_when_the_session_has_ended(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    stranger = Client()
    answer = stranger.get(
        page_of(made, "progress/"),
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page_of(made)}?kind=create"},
    )
    there = answer.headers["HX-Redirect"]
    assert answer.status_code == 200 and not answer.content
    assert there.endswith(f"?next={page_of(made)}%3Fkind%3Dcreate")
    assert "You were signed out meanwhile." in text(stranger.get(there))


def test_confirming_after_the_session_has_ended_does_nothing_and_leads_back(hr: World) -> None:
    made = hr.preview(hr.ready())
    stranger = Client()
    answer = stranger.post(
        page_of(made, "decide/"),
        {"digest": made.digest, "decision": "approve"},
        headers={"Referer": f"http://testserver{page_of(made)}"},
    )
    assert answer.headers["Location"].endswith(f"?next={page_of(made)}")
    assert "nothing was done" in text(stranger.get(answer.headers["Location"]))
    assert again(hr, made).state == "preview"


@pytest.mark.thorough
@pytest.mark.parametrize("address", ["https://evil.example/x", "", "//evil.example", "javascript:alert(1)"])
def test_an_ended_session_leads_to_no_address_of_others(hr: World, address: str) -> None:
    made = hr.preview(hr.ready())
    answer = Client().post(page_of(made, "decide/"), {}, headers={"Referer": address})
    assert answer.headers["Location"].endswith("?next=/")


def test_a_lost_connection_is_said_in_the_page(hr: World) -> None:
    """The text is there from the start; static/web/live.js shows it while no answer comes."""
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    page = text(client.get(page_of(made)))
    assert "data-lost hidden" in page and "No connection; trying again." in page and "web/live" in page


def test_a_group_is_narrowed_by_words_places_and_details(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    with access.acting_for(hr.two.alice_company.pk):
        invited = Line.objects.filter(plan=made, kind="create").order_by("number")
        where = next(one for one in invited.values_list("fields__work_location__after", flat=True) if one)
        there = list(invited.filter(fields__work_location__after=where).values_list("email", flat=True))
        elsewhere = list(invited.exclude(fields__work_location__after=where).values_list("email", flat=True))
    page = text(client.get(page_of(made), {"kind": "create", "q": where}))
    assert elsewhere and all(email in page for email in there[:50])
    assert not any(email in page for email in elsewhere)
    assert "Show all" in page


@pytest.mark.thorough
def test_only_changes_of_one_detail_are_shown(hr: World) -> None:
    client = hr.ready()
    first = hr.preview(client)
    confirm(client, first)
    hr.apply(first)
    with access.acting_for(hr.two.alice_company.pk):
        one, two = Line.objects.filter(plan=first, kind="create").order_by("number")[:2]
    hr.control("change", id=int(one.employee_id), fields={"job_title": "Pilot"})
    hr.control("change", id=int(two.employee_id), fields={"first_name": "Zazie"})
    hr.run()
    with access.acting_for(hr.two.alice_company.pk):
        made = Plan.objects.filter(run__isnull=False).latest("pk")
    assert made.counts["update"] == 2
    page = text(client.get(page_of(made), {"kind": "update", "field": "job_title"}))
    assert "Pilot" in page and "Zazie" not in page
    assert "Pilot" in text(client.get(page_of(made), {"kind": "update", "field": "nonsense"}))


def test_a_filter_that_leaves_nobody_is_said_beside_the_way_to_mend_it(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    with access.acting_for(hr.two.alice_company.pk):
        Plan.objects.filter(pk=made.pk).update(counts={**made.counts, "in_scope": 0})
    assert "Nobody belongs to this entity with these settings" in text(client.get(page_of(made)))


@pytest.mark.thorough
def test_owners_and_admins_who_would_go_are_named(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    hr.apply(made)
    with access.acting_for(hr.two.alice_company.pk):
        line = Line.objects.filter(plan=made, kind="create").order_by("number").first()
        assert line is not None
        assert line.member_id is not None
        members.members_of(hr.two.alice_entity.pk).filter(pk=line.member_id).update(role="admin")
    hr.control(
        "terminate", id=int(line.employee_id), date=(timezone.now() - timedelta(days=3)).date().isoformat()
    )
    hr.run()
    shown = hr.preview(client, archive_inactive="on")
    assert f"1 owner or admin would be archived: {line.name}." in text(client.get(page_of(shown)))


@pytest.mark.thorough
def test_the_rest_of_a_held_plan_can_be_confirmed_alone(hr: World) -> None:
    """L1: without the doubtful changes no reason is needed."""
    client = hr.ready()
    made = held(hr, client)
    with access.acting_for(hr.two.alice_company.pk):
        stays = made.counts["archive"]
        # leavers alone are doubtful here, not their former reports' empty line manager
        only = [one for one in made.breaches if one["breach"] == "archived"]
        Plan.objects.filter(pk=made.pk).update(breaches=only)
    n = made.counts["update"]
    assert n and f"Confirm only the rest: update {n}</button>" in text(client.get(page_of(made)))
    confirm(client, made, decision="rest")
    hr.apply(made)
    assert again(hr, made).left_out == stays
    assert f"{stays} doubtful changes were left out" in text(client.get(page_of(made)))


def undo_of(hr: World, client: Client, made: Plan) -> Plan:
    answer = client.post(page_of(made, "undo/"))
    with access.acting_for(hr.two.alice_company.pk):
        return Plan.objects.get(pk=int(answer.headers["Location"].strip("/").rpartition("/")[2]))


@pytest.mark.thorough
def test_an_applied_plan_is_undone_from_its_page_as_a_preview_first(hr: World) -> None:
    """Product decision 15"""
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    hr.apply(made)
    assert "Undo…" in text(client.get(page_of(made)))
    back = undo_of(hr, client, made)
    page = text(client.get(page_of(back)))
    n = made.counts["create"]
    assert f"Undo: archive {n}</button>" in page
    assert "cannot be called back" in page and "BambooHR is paused with this" in page
    assert 'name="override" required' in page
    confirm(client, back, override="The wrong filter.")
    hr.apply(back)
    page = text(client.get(page_of(back)))
    assert f"Undone: {n} changes." in page and "BambooHR is paused" in page and "Resume" in page
    assert "Undone by Alice" in text(client.get(page_of(made)))
    assert "Undo…" not in text(client.get(page_of(made)))
    assert invited(hr) == 0
    client.post(page_of(made, "undo/"))
    assert "undone already" in text(client.get(page_of(made)))


@pytest.mark.thorough
def test_an_undo_is_refused_to_who_does_not_manage_all_entities_it_pauses(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    confirm(client, made)
    hr.apply(made)
    second = hr.second_entity("Acme Berlin")
    with access.acting_for(hr.two.alice_company.pk):
        Subscription.objects.create(company=hr.two.alice_company, entity=second, connection=hr.connection())
    back = undo_of(hr, client, made)
    assert "Acme Berlin use the same connection" in text(client.get(page_of(back)))
    confirm(client, back, override="x")
    assert again(hr, back).state == "preview"
    assert "Acme Berlin" in text(client.get(page_of(back)))


@pytest.mark.thorough
def test_a_preview_of_many_people_takes_few_queries_and_little_room(
    hr: World, django_assert_max_num_queries: Any
) -> None:
    client = hr.ready()
    made = hr.preview(client)
    client.get(page_of(made))
    with django_assert_max_num_queries(QUERIES):
        page = client.get(page_of(made))
    # Sent as it is: a packed page that holds secrets tells of them by its length (BREACH).
    assert "Content-Encoding" not in page.headers
    assert len(page.content) < 60_000
