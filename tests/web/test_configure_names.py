"""People named by hand (S35, product decision 6): found, added or kept out with a reason, previewed, confirmed."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from rollcall.accounts import access
from rollcall.connections.models import Employee
from rollcall.connections.queries import filter_values
from rollcall.directory import models as directory
from rollcall.sync.models import Line, Plan
from tests.web.hr import CONFIGURE, World, text, world

PEOPLE = f"{CONFIGURE}people/"
COUNT = f"{CONFIGURE}count/"


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world() as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


def somebody(hr: World, place: str = "", *, outside: bool = False) -> Employee:
    """An employee who works here, at the place or anywhere but there."""
    with access.acting_for(hr.two.alice_company.pk):
        rows = Employee.objects.filter(status="active", end_date=None).exclude(work_email=None)
        if place:
            rows = rows.exclude(work_location=place) if outside else rows.filter(work_location=place)
        return rows.order_by("external_id")[0]


def place_of(hr: World) -> str:
    with access.acting_for(hr.two.alice_company.pk):
        return filter_values(hr.connection().pk)["work_location"][0].value or ""


def filtered(place: str, **more: object) -> dict[str, object]:
    return {
        "scope": "filter",
        "c0-attribute": "work_location",
        "c0-test": "one_of",
        "c0-value": [place],
        **more,
    }


def named(person: Employee, act: str, reason: str = "On loan", number: int = 0) -> dict[str, object]:
    return {f"x{number}-id": person.external_id, f"x{number}-act": act, f"x{number}-reason": reason}


def lines(hr: World, plan: Plan, person: Employee) -> list[Line]:
    with access.acting_for(hr.two.alice_company.pk):
        return list(Line.objects.filter(plan=plan, employee_id=person.external_id).order_by("number"))


def test_s35_a_person_is_found_by_name_and_told_where_the_filter_puts_them(hr: World) -> None:
    client, place = hr.ready(), place_of(hr)
    outside, inside = somebody(hr, place, outside=True), somebody(hr, place)
    found = text(client.post(PEOPLE, filtered(place, who=f"{outside.first_name} {outside.last_name}")))
    assert f"{outside.first_name} {outside.last_name}" in found
    assert "Outside the filter: Work location is" in found
    assert f'value="add:{outside.external_id}"' in found and "keep_out:" not in found
    found = text(client.post(PEOPLE, filtered(place, who=inside.work_email)))
    assert "Chosen by the filter" in found
    assert f'value="keep_out:{inside.external_id}"' in found and "add:" not in found
    assert "Nobody who works here fits “Zebulon”" in text(client.post(PEOPLE, {"who": "Zebulon"}))
    assert text(client.post(PEOPLE, {"who": " "})) == ""


def test_s35_without_scripts_the_search_button_shows_the_same_page_with_its_hits(hr: World) -> None:
    client = hr.ready()
    person = somebody(hr)
    page = text(client.post(CONFIGURE, {"scope": "everybody", "op": "find", "who": person.work_email}))
    assert "<html" in page and f'value="keep_out:{person.external_id}"' in page
    assert f'value="{person.work_email}"' in page
    page = text(client.post(CONFIGURE, {"op": f"keep_out:{person.external_id}", "who": person.work_email}))
    assert f'name="x0-id" value="{person.external_id}"' in page
    assert '<option value="keep_out" selected>' in page
    assert 'id="x0-reason" value="" maxlength="500" autofocus' in page  # what is still to be done
    assert f'name="who" id="who" value="{person.work_email}"' not in page
    page = text(client.post(CONFIGURE, {**named(person, "keep_out"), "op": "unname-0"}))
    assert 'name="x0-id"' not in page


def test_a_link_may_lead_to_somebody_at_once(hr: World) -> None:
    client = hr.ready()
    person = somebody(hr)
    page = text(client.get(CONFIGURE, {"q": person.work_email or ""}))
    assert f'value="keep_out:{person.external_id}"' in page


def test_s35_somebody_is_named_once(hr: World) -> None:
    client = hr.ready()
    person = somebody(hr)
    page = text(client.post(CONFIGURE, {**named(person, "add"), "op": f"keep_out:{person.external_id}"}))
    assert page.count(f'value="{person.external_id}"') == 1
    twice = {**named(person, "add"), **named(person, "keep_out", number=4)}
    assert "x1-id" not in text(client.post(CONFIGURE, twice))
    assert "Named already" in text(client.post(PEOPLE, {**named(person, "add"), "who": person.work_email}))


def test_s35_a_reason_is_asked_for_at_its_place_and_nothing_typed_is_lost(hr: World) -> None:
    client = hr.ready()
    person, other = somebody(hr), "not-an-employee"
    form = {**named(person, "keep_out", "  "), "x1-id": other, "x1-act": "add", "x1-reason": "Starts in May"}
    answer = client.post(CONFIGURE, {"scope": "everybody", **form, "op": "save"})
    page = text(answer)
    assert answer.status_code == 422 and hr.subscription().draft is None
    assert 'aria-describedby="x0-wrong"' in page and 'aria-describedby="x1-wrong"' not in page
    assert 'value="Starts in May"' in page
    assert "Number not-an-employee in the HR tool" in page
    assert "does not list this person" in page


def test_s35_added_beats_the_filter_and_kept_out_beats_all_employees(hr: World) -> None:
    client, place = hr.ready(), place_of(hr)
    outside, inside = somebody(hr, place, outside=True), somebody(hr, place)
    plain = hr.preview(client, **filtered(place))
    exceptions = {**named(outside, "add", "Works for us too"), **named(inside, "keep_out", "On loan", 1)}
    made = hr.preview(client, **filtered(place), **exceptions)
    assert made.counts["in_scope"] == plain.counts["in_scope"]
    (line,) = [one for one in lines(hr, made, outside) if one.kind == "create"]
    assert (line.why, line.params["reason"]) == ("added_by_hand", "Works for us too")
    assert lines(hr, made, inside) == []
    page = text(client.get(f"/settings/integrations/plan/{made.pk}/?q={outside.work_email}"))
    assert "Was added to this entity by name: “Works for us too”." in page


def test_s35_keeping_a_managed_member_out_releases_them_with_the_reason(hr: World) -> None:
    client = hr.ready()
    person = somebody(hr)
    first = hr.preview(client)
    client.post(f"/settings/integrations/plan/{first.pk}/decide/", {"digest": first.digest, "override": "x"})
    hr.apply(first)
    made = hr.preview(client, **named(person, "keep_out", "Moved to the parent company"))
    (line,) = lines(hr, made, person)
    assert (line.kind, line.why) == ("release", "kept_out")
    client.post(f"/settings/integrations/plan/{made.pk}/decide/", {"digest": made.digest, "override": "x"})
    hr.apply(made)
    hr.run()
    with access.acting_for(hr.two.alice_company.pk):
        link = directory.Link.objects.get(employee_id=person.external_id)
        assert not link.managed and link.why_not == "kept_out"
    # the confirmed settings carry who decided it
    (kept,) = hr.subscription().get_settings().exceptions
    assert kept.by == first.made_by and kept.at is not None
    # and the next hour finds them back once the exception is gone
    again = hr.preview(client)
    assert [one.kind for one in lines(hr, again, person)] == ["link"]


def test_s35_an_hourly_run_keeps_to_exceptions_for_people_whom_hr_hires(hr: World) -> None:
    """The candidates of a quiet hour know them too."""
    client, place = hr.ready(), place_of(hr)
    person = somebody(hr, place, outside=True)
    made = hr.preview(client, **filtered(place), **named(person, "add"))
    client.post(f"/settings/integrations/plan/{made.pk}/decide/", {"digest": made.digest, "override": "x"})
    hr.apply(made)
    hr.run()
    with access.acting_for(hr.two.alice_company.pk):
        assert directory.Link.objects.get(employee_id=person.external_id).managed
        assert not Plan.objects.filter(for_settings=False).exists()  # nothing to do


def test_s35_the_live_numbers_count_people_named_by_hand(hr: World) -> None:
    client, place = hr.ready(), place_of(hr)
    person = somebody(hr, place, outside=True)
    plain = hr.preview(client, **filtered(place)).counts["in_scope"]
    said = text(client.post(COUNT, {**filtered(place), **named(person, "add")}))
    assert f'<b class="num">{plain + 1} of ' in said


def test_who_decided_and_when_stands_beside_a_saved_exception(hr: World) -> None:
    client = hr.ready()
    person = somebody(hr)
    hr.preview(client, **named(person, "keep_out"))
    by = hr.subscription().get_draft().exceptions[0].by
    assert by and f"by {by}," in text(client.get(CONFIGURE))


def test_strange_names_break_nothing(hr: World) -> None:
    client = hr.ready()
    person = somebody(hr)
    with access.acting_for(hr.two.alice_company.pk):
        Employee.objects.filter(pk=person.pk).update(first_name="<b>Zoé</b>", last_name="שלום" * 40)
    page = text(client.post(PEOPLE, {"who": "<b>zoe"}))
    assert "&lt;b&gt;Zoé&lt;/b&gt;" in page and "<b>Zoé" not in page
    page = text(client.post(CONFIGURE, {**named(person, "add", "<script>"), "op": "refresh"}))
    assert "<script>&quot;" not in page and "&lt;script&gt;" in page


def test_only_admins_search_people(hr: World) -> None:
    """S6, S8"""
    hr.ready()
    assert hr.bob.post(PEOPLE, {"who": "a"}).status_code == 403
    assert hr.charlie.post(PEOPLE, {"who": "a"}).status_code == 409
