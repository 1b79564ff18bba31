"""What the page of settings tells while somebody edits: numbers against today, new values, another admin's save."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from rollcall.accounts import access
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role, User
from rollcall.connections.models import Employee, Subscription
from rollcall.connections.queries import filter_values
from rollcall.sync.why import tally
from tests.web.hr import CONFIGURE, World, text, world

COUNT = f"{CONFIGURE}count/"
AGAINST = f"{CONFIGURE}against/"


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world() as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


def places(hr: World) -> list[tuple[str, int]]:
    with access.acting_for(hr.two.alice_company.pk):
        found = filter_values(hr.connection().pk)["work_location"]
    return [(one.value, one.count) for one in found if one.value]


def at(*chosen: str, **more: object) -> dict[str, object]:
    return {
        "scope": "filter",
        "c0-attribute": "work_location",
        "c0-test": "one_of",
        "c0-value": list(chosen),
        **more,
    }


def confirmed(hr: World, **form: object) -> None:
    client = hr.alice
    made = hr.preview(client, **form)
    client.post(f"/settings/integrations/plan/{made.pk}/decide/", {"digest": made.digest, "override": "x"})
    hr.apply(made)


def test_who_comes_in_and_who_falls_out_is_told_against_the_confirmed_settings(hr: World) -> None:
    client = hr.ready()
    (one, many), (other, few) = places(hr)[:2]
    assert "Nobody is managed yet." in text(client.post(COUNT, at(one)))
    assert 'id="against"' not in text(client.get(CONFIGURE))
    confirmed(hr, **at(one))
    assert "Against today: the same people" in text(client.get(CONFIGURE))
    said = text(client.post(AGAINST, at(other)))
    told = f'Against today: <b class="num">{few}</b> in, <b class="num">{many}</b> out'
    assert said.startswith(told)
    assert f'<span hx-swap-oob="innerHTML:#against-aloud">{told} </span>' in said
    assert said.count("<li>") == min(few, 20) + min(many, 20)
    assert "They stay members, and are no longer managed." in said


def test_s33_the_count_comes_at_once_and_sends_for_the_comparison(hr: World) -> None:
    """An older comparison never stands beside a newer number; without script the page has both."""
    client = hr.ready()
    (one, _many), (other, few) = places(hr)[:2]
    assert AGAINST not in text(client.post(COUNT, at(one)))
    confirmed(hr, **at(one))
    said = text(client.post(COUNT, at(other)))
    assert f'<b class="num">{few} of' in said and "comes in" not in said and " in, " not in said
    summary = said.split('hx-swap-oob="innerHTML:#against-summary">')[1].split("</span>")[0]
    assert f'hx-post="{AGAINST}" hx-trigger="load"' in summary and "comparing…" in summary
    assert '<span hx-swap-oob="innerHTML:#against-aloud"></span>' in said
    assert AGAINST not in text(client.post(COUNT, {"scope": "filter"}))
    whole, piece = (
        client.post(CONFIGURE, at(other)),
        client.post(CONFIGURE, at(other), headers={"HX-Request": "true"}),
    )
    assert " in, " in text(whole) and AGAINST not in text(whole)
    assert " in, " not in text(piece) and AGAINST in text(piece)
    assert client.post(AGAINST, {"scope": "filter"}).status_code == 200


def test_s44_s45_s46_what_line_managers_mean_is_told_where_it_holds(hr: World) -> None:
    client = hr.ready()
    (place, _many), *_others = places(hr)
    page = text(client.get(CONFIGURE))
    assert "Line managers are set automatically." in page  # S43
    page = text(client.post(CONFIGURE, at(place)))
    assert "Managers outside the filter are invited too" in page
    assert "nobody’s line manager is set or changed" in page
    without, having = (
        text(client.post(COUNT, form)) for form in (at(place), at(place, include_managers="on"))
    )
    assert "outside the filter" not in without and "line managers outside the filter" in having


def test_a_value_that_hr_had_not_sent_at_the_last_save_is_new(hr: World) -> None:
    """Product decision 5."""
    client = hr.ready()
    (place, _many), *_others = places(hr)
    # Before any save all is known.
    assert "Not in the HR tool yet" not in text(client.post(CONFIGURE, at(place)))
    confirmed(hr, **at(place))
    with access.acting_for(hr.two.alice_company.pk):
        movers = list(Employee.objects.filter(status="active").values_list("pk", flat=True)[:2])
        Employee.objects.filter(pk__in=movers).update(work_location="Marseille")
        connection = Subscription.objects.get(entity=hr.two.alice_entity).connection_id
    tally.count(hr.two.alice_company.pk, connection, moved=True)
    page = text(client.get(CONFIGURE))
    assert "Marseille · Not in the HR tool yet when these settings were last saved." in page
    assert (
        'value="Marseille"><span>Marseille <span class="muted num">2</span> <span class="chip info">New'
        in page
    )
    assert page.count("chip info") == 2
    hr.preview(client, **at(place))
    assert "chip info" not in text(client.get(CONFIGURE))


def test_numbers_that_a_run_counted_say_of_when_they_are(hr: World) -> None:
    client = hr.ready()
    (place, _many), *_others = places(hr)
    confirmed(hr, **at(place))
    assert "Numbers as of" in text(client.get(CONFIGURE))
    assert "Numbers as of" in text(client.get("/between/"))


def test_a_chosen_value_that_nobody_has_any_more_stays_in_sight(hr: World) -> None:
    client = hr.ready()
    page = text(client.post(CONFIGURE, at("Atlantis")))
    assert 'value="Atlantis" checked' in page and '<span class="muted num">0</span>' in page
    assert "Nobody has it now" in page


def test_values_of_an_attribute_chosen_before_are_dropped(hr: World) -> None:
    client = hr.ready()
    (place, _many), *_others = places(hr)
    form = at(place, **{"c0-attribute": "department", "c0-was": "work_location"})
    page = text(client.post(CONFIGURE, form))
    assert f'value="{place}"' not in page and 'id="c0-values"' in page


def test_countries_stand_in_words_and_are_sent_as_hr_sends_them(hr: World) -> None:
    client = hr.ready()
    page = text(client.post(CONFIGURE, {"scope": "filter", "c0-attribute": "country"}))
    assert 'value="FR"><span>France <span' in page
    found = text(client.post(CONFIGURE, {"scope": "filter", "c0-attribute": "country", "c0-search": "germ"}))
    assert 'value="FR"' not in found


def test_an_unfinished_condition_is_explained_at_its_place(hr: World) -> None:
    client = hr.ready()
    (place, _many), *_others = places(hr)
    form = at(place, **{"c1-attribute": "", "c2-attribute": "department", "op": "save"})
    answer = client.post(CONFIGURE, form)
    page = text(answer)
    assert answer.status_code == 422
    assert "Not saved: 2 things are missing" in page
    assert '<a href="#c1">Choose what this condition looks at' in page
    assert '<a href="#c2">Tick at least one value' in page
    assert 'aria-describedby="c1-wrong"' in page and 'aria-describedby="c0-wrong"' not in page
    assert f'value="{place}" checked' in page
    assert "Unfinished conditions are not counted yet." in page
    assert "Unfinished" not in text(client.post(COUNT, at(place)))


def test_the_second_admin_who_saves_sees_what_the_first_one_saved(hr: World) -> None:
    client = hr.ready()
    (one, _many), (other, _few) = places(hr)[:2]
    grant_role(hr.two.alice_entity, hr.two.bob, Role.ADMIN)
    call(hr.two.bob, "Bob Builder")
    seen = made_from(text(client.get(CONFIGURE)))
    hr.preview(hr.bob, **at(other, archive_inactive="on"), made_from=seen)
    answer = client.post(CONFIGURE, at(one, made_from=seen, op="save"))
    page = text(answer)
    assert answer.status_code == 409
    assert "Bob Builder saved other settings" in page
    assert f"<td>Work location is one of: {other}</td><td>Work location is one of: {one}</td>" in page
    assert "<td>Archived automatically</td><td>Not archived</td>" in page
    assert f'value="{one}" checked' in page  # nothing typed is lost
    assert hr.subscription().get_draft().archive_inactive
    # saving once more is a decision
    hr.preview(client, **at(one), made_from=made_from(page))
    assert not hr.subscription().get_draft().archive_inactive


def test_nobody_is_in_the_way_of_themselves(hr: World) -> None:
    """Save, look at the preview, go back in the browser, save again."""
    client = hr.ready()
    (one, _many), (other, _few) = places(hr)[:2]
    seen = made_from(text(client.get(CONFIGURE)))
    hr.preview(client, **at(one), made_from=seen)
    hr.preview(client, **at(other), made_from=seen)


def test_who_wants_the_same_is_in_nobodys_way(hr: World) -> None:
    client = hr.ready()
    grant_role(hr.two.alice_entity, hr.two.bob, Role.ADMIN)
    call(hr.two.bob, "Bob Builder")
    seen = made_from(text(client.get(CONFIGURE)))
    hr.preview(hr.bob, archive_inactive="on", made_from=seen)
    hr.preview(client, archive_inactive="on", made_from=seen)


def call(user: User, name: str) -> None:
    User.objects.filter(pk=user.pk).update(full_name=name)


def made_from(page: str) -> str:
    return page.split('name="made_from" value="')[1].split('"', maxsplit=1)[0]


def test_enter_in_a_field_removes_nothing(hr: World) -> None:
    """Browsers press the first button of a form: it must be a harmless one."""
    page = text(hr.ready().post(CONFIGURE, at("Paris")))
    form = page[page.index('id="configure"') :]
    assert form.index('value="refresh"') < form.index('value="remove-0"')


def test_the_page_and_its_numbers_take_few_statements(hr: World) -> None:
    client = hr.ready()
    confirmed(hr, **at(places(hr)[0][0]))
    with access.acting_for(hr.two.alice_company.pk):
        assert Subscription.objects.get().seen_values
    asked = at("Paris", include_managers="on")
    for address, form, most in ((CONFIGURE, None, 7), (COUNT, asked, 6), (AGAINST, asked, 6)):
        with CaptureQueriesContext(
            database,
        ) as caught:
            answer = client.get(address) if form is None else client.post(address, form)
        assert answer.status_code == 200
        # who is looking at which company is set for every page alike
        said = [one["sql"].strip() for one in caught if "set_config" not in one["sql"]]
        told = [one for one in said if one.startswith(("SELECT", "WITH"))]
        assert len(told) <= most, "\n".join(told)
