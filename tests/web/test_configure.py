"""Choosing employees: nothing changes before a preview is confirmed."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.http import QueryDict

from rollcall.accounts import access
from rollcall.connections.queries import filter_values
from rollcall.directory import queries as members
from rollcall.engine.scope import Condition, Everybody, Filter
from rollcall.engine.settings import AtOnce, DaysBefore, Ownership, Settings
from rollcall.web.choosing import choices
from tests.web.hr import CONFIGURE, HOME, World, text, world

COUNT = f"{CONFIGURE}count/"


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world() as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


def top_location(hr: World) -> tuple[str, int]:
    with access.acting_for(hr.two.alice_company.pk):
        first = filter_values(hr.connection().pk)["work_location"][0]
    assert first.value
    return first.value, first.count


def filtered(value: str, **more: object) -> dict[str, object]:
    return {
        "scope": "filter",
        "c0-attribute": "work_location",
        "c0-test": "one_of",
        "c0-value": [value],
        **more,
    }


def test_it_flags_the_choice_of_employees_as_the_important_decision(hr: World) -> None:
    """S29, S30, S36"""
    page = text(hr.ready().get(CONFIGURE))
    assert "This is the important decision." in page
    assert "All employees" in page and "Custom filter" in page
    assert '<input type="checkbox" name="archive_inactive">' in page  # off by default


def test_it_waits_for_the_first_read(hr: World) -> None:
    client = hr.alice
    assert "Connect an HR tool first." in text(client.get(CONFIGURE, follow=True))
    hr.connect(client)
    assert "first read of the HR tool is not finished" in text(client.get(CONFIGURE, follow=True))


def test_values_come_from_this_customers_data_with_their_counts(hr: World) -> None:
    """S31, S32"""
    client = hr.ready()
    value, count = top_location(hr)
    page = text(client.post(CONFIGURE, {**filtered("", op="refresh"), "c0-value": []}))
    assert f'value="{value}"><span>{value} <span class="muted num">{count}</span>' in page


def test_the_number_of_matching_employees_is_told_while_editing(hr: World) -> None:
    """S33, S34"""
    client = hr.ready()
    value, count = top_location(hr)
    said = text(client.post(COUNT, filtered(value)))
    assert f'<b class="num">{count} of ' in said
    none_of = text(client.post(COUNT, filtered(value, **{"c0-test": "none_of"})))
    assert f'<b class="num">{count} of ' not in none_of
    assert "Choose an attribute" in text(client.post(COUNT, {"scope": "filter"}))


def test_conditions_are_added_and_removed_without_losing_the_others(hr: World) -> None:
    client = hr.ready()
    value, _count = top_location(hr)
    page = text(client.post(CONFIGURE, filtered(value, op="add")))
    assert 'name="c1-attribute"' in page and f'value="{value}" checked' in page
    part = client.post(
        CONFIGURE, {**filtered(value, op="remove-1"), "c1-attribute": ""}, headers={"HX-Request": "true"}
    )
    assert 'name="c1-attribute"' not in text(part) and "<html" not in text(part)
    assert f'value="{value}" checked' in text(part)


def test_turning_to_a_filter_opens_a_first_condition(hr: World) -> None:
    client = hr.ready()
    assert 'name="c0-attribute"' in text(client.post(CONFIGURE, {"scope": "filter"}))
    assert 'name="c0-attribute"' not in text(client.post(CONFIGURE, {"scope": "everybody"}))


def test_a_search_keeps_what_is_ticked(hr: World) -> None:
    client = hr.ready()
    value, _count = top_location(hr)
    page = text(client.post(CONFIGURE, filtered(value, **{"c0-search": "no such place"})))
    assert f'value="{value}" checked' in page


def test_saving_leads_to_a_preview_and_changes_nobody(hr: World) -> None:
    """S39, S44, S45"""
    client = hr.ready()
    value, count = top_location(hr)
    made = hr.preview(client, **filtered(value))
    assert made.state == "preview" and made.counts["in_scope"] == count
    wider = hr.preview(client, **filtered(value, include_managers="on"))
    assert wider.counts["in_scope"] > count
    with access.acting_for(hr.two.alice_company.pk):
        assert members.counts(hr.two.alice_entity.pk)["invited"] == 0
    assert not hr.subscription().is_live
    assert f'value="{value}" checked' in text(client.get(CONFIGURE))  # the edited settings are kept


@pytest.mark.thorough
@pytest.mark.parametrize(
    "form",
    [
        {"scope": "filter"},
        {"scope": "filter", "c0-attribute": "work_location"},
        {"scope": "filter", "c0-attribute": "salary", "c0-value": ["1"]},
        {"scope": "everybody", "invite": "days_before", "days": "-1"},
        {"scope": "everybody", "invite": "days_before", "days": "367"},
        {"scope": "everybody", "invite": "days_before", "days": "٣"},
        {"scope": "everybody", "domains": "acme.example, not a domain"},
        {"scope": "everybody", "domains": " ".join(f"acme{n}.example" for n in range(51))},
    ],
)
def test_an_unfinished_form_is_not_saved_and_says_what_is_missing(hr: World, form: dict[str, object]) -> None:
    answer = hr.ready().post(CONFIGURE, {**form, "op": "save"})
    assert answer.status_code == 422
    assert 'role="alert"' in text(answer)
    assert hr.subscription().draft is None


def test_only_admins_choose(hr: World) -> None:
    """S6, S8"""
    hr.ready()
    assert hr.bob.get(CONFIGURE).status_code == 403
    assert hr.bob.post(COUNT).status_code == 403
    assert hr.charlie.post(CONFIGURE, {"op": "save"}).headers["Location"] == HOME
    assert hr.charlie.post(COUNT).status_code == 409


ROUND = [
    Settings(),
    Settings(archive_inactive=True, invite=DaysBefore(0), fields={"team": Ownership.NOT_READ}),
    Settings(
        scope=Filter(
            conditions=(
                Condition(attribute="department", test="none_of", values=("Sales", None)),
                Condition(attribute="custom.division", test="one_of", values=("A & B",)),
            ),
            include_managers=True,
        ),
        invite=DaysBefore(14),
        domains=("acme.example", "acme.fr"),
        fields={"bank_account": Ownership.AT_CREATION},
    ),
]


@pytest.mark.parametrize("settings", ROUND)
def test_settings_survive_the_form(settings: Settings) -> None:
    choice = choices.from_settings(settings)
    assert not choices.problems(choice)
    assert choices.to_settings(choice, Settings()) == settings


def test_i11_domains_are_read_however_they_are_typed() -> None:
    post = QueryDict("scope=everybody&domains=@Acme.example%3B%20acme.fr%2Cacme.example%0D%0Aacme.de")
    made = choices.to_settings(choices.from_post(post), Settings())
    assert made.domains == ("acme.example", "acme.fr", "acme.de")


def test_a_strange_form_becomes_the_plain_one() -> None:
    post = QueryDict(
        "scope=x&invite=y&own-team=z&own-salary=hr&own-email=not_read&cx-attribute=a&c-attribute=b"
    )
    made = choices.to_settings(choices.from_post(post), Settings())
    assert made == Settings(scope=Everybody(), invite=AtOnce())
