"""The history of runs."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils.translation import override

from rollcall.accounts import access
from rollcall.accounts.companies import grant_role
from rollcall.accounts.models import Role
from rollcall.connections.models import Connection, Subscription
from rollcall.sync.models import Plan, Run
from tests.web.hr import HOME, World, text, world


@pytest.fixture
def hr(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world() as made:
        settings.ROLLCALL_ALLOW_HOSTS = ("127.0.0.1",)
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", made.sim.url("bamboohr"))
        yield made


def newest(hr: World) -> Run:
    with access.acting_for(hr.two.alice_company.pk):
        found = Run.objects.order_by("-pk").first()
    assert found is not None
    return found


def test_without_runs_it_says_what_to_do(hr: World) -> None:
    client = hr.alice
    assert "Connect an HR tool" in text(client.get("/runs/"))
    hr.connect(client)
    assert "as soon as it begins" in text(client.get("/runs/"))


def test_a_run_tells_what_it_saw_and_a_person_what_they_decided(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    client.post(f"{HOME}plan/{made.pk}/decide/", {"digest": made.digest})
    hr.apply(made)
    page = text(client.get("/runs/"))
    assert "60 employees" in page and "Read only, nobody was changed" in page
    assert "Decided by people" in page and f'href="{HOME}plan/{made.pk}/"' in page
    one = text(client.get(f"/runs/{newest(hr).pk}/"))
    assert "Missing from the list" in one and "BambooHR" in one


def test_a_failed_run_says_why(hr: World) -> None:
    """S52, P1"""
    client = hr.ready()
    hr.control("faults", on={"id": "P1"})
    hr.run()
    assert "sent an empty list" in text(client.get("/runs/"))
    one = text(client.get(f"/runs/{newest(hr).pk}/"))
    assert "Failed" in one and "Nobody was changed." in one


def test_older_runs_are_on_a_second_page(hr: World) -> None:
    client = hr.ready()
    first = newest(hr)
    with access.acting_for(hr.two.alice_company.pk):
        Run.objects.bulk_create(
            Run(
                company_id=first.company_id,
                connection_id=first.connection_id,
                trigger="clock",
                state="succeeded",
                started_at=first.started_at,
                finished_at=first.finished_at,
            )
            for _ in range(51)
        )
    page = text(client.get("/runs/"))
    assert "Older syncs" in page and "First read" not in page
    older = text(client.get("/runs/", {"before": first.pk + 2}))
    assert "Older syncs" not in older and "First read" in older


def test_only_admins_of_this_company_see_runs(hr: World) -> None:
    """S6, Z1"""
    hr.ready()
    for address in ("/runs/", f"/runs/{newest(hr).pk}/"):
        assert hr.bob.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    assert "60 employees" not in text(hr.charlie.get("/runs/"))
    assert hr.charlie.get(f"/runs/{newest(hr).pk}/").status_code == 404


@pytest.mark.thorough
def test_a_run_shows_who_started_it_how_long_it_took_and_whom_it_changed(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    client.post(f"{HOME}plan/{made.pk}/decide/", {"digest": made.digest})
    hr.apply(made)
    hr.control("hire", n=1, first_name="Zoe", last_name="Newby")
    hr.run()
    page = text(client.get("/runs/"))
    assert "61 employees" in page and "1 new" in page and "second" in page
    one = text(client.get(f"/runs/{newest(hr).pk}/"))
    assert "Zoe Newby" in one and "What came of it for" in one and "Undo…" in one


@pytest.mark.thorough
def test_runs_are_narrowed_to_changes_holds_and_failures(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    client.post(f"{HOME}plan/{made.pk}/decide/", {"digest": made.digest})
    hr.apply(made)
    hr.control("hire", n=1)
    hr.run()
    changed = newest(hr).pk
    hr.control("faults", on={"id": "P1"})
    hr.run()
    failed = newest(hr).pk
    rows = {show: text(client.get("/runs/", {"show": show})) for show in ("all", "changes", "held", "failed")}
    assert all(f"/runs/{one}/" in rows["all"] for one in (changed, failed))
    assert f"/runs/{changed}/" in rows["changes"] and f"/runs/{failed}/" not in rows["changes"]
    assert f"/runs/{failed}/" in rows["failed"] and f"/runs/{changed}/" not in rows["failed"]
    assert "No such syncs" in rows["held"] and "Show all syncs" in rows["held"]


def test_a_failed_run_has_the_one_button_that_leads_to_the_mend(hr: World) -> None:
    """S52, S53"""
    client = hr.ready()
    broken = newest(hr)
    with access.acting_for(hr.two.alice_company.pk):
        told = {"error": "credentials", "error_params": {"tool": "bamboohr"}}
        Run.objects.filter(pk=broken.pk).update(state="failed", **told)
        Connection.objects.update(state="error", **told)
    assert "Give a new key" in text(client.get(f"/runs/{broken.pk}/"))
    with access.acting_for(hr.two.alice_company.pk):
        Connection.objects.update(error="", state="connected")
    assert "A later sync went well" in text(client.get(f"/runs/{broken.pk}/"))


def test_what_waits_for_a_decision_stands_above_the_runs(hr: World) -> None:
    client = hr.ready()
    made = hr.preview(client)
    page = text(client.get("/runs/"))
    assert "A preview of changed settings waits to be confirmed." in page
    assert f'href="{HOME}plan/{made.pk}/"' in page
    with access.acting_for(hr.two.alice_company.pk):
        breach = {"breach": "archived", "count": 9, "of": 20, "what": ""}
        Plan.objects.filter(pk=made.pk).update(state="held", for_settings=False, breaches=[breach])
    page = text(client.get("/runs/"))
    assert "9 of 20 managed members would be archived." in page and "Look and decide" in page


def test_another_entitys_part_of_a_run_is_named_to_its_admins_only(hr: World) -> None:
    """S8"""
    client = hr.ready()
    second = hr.second_entity("Acme Berlin")
    run = newest(hr)
    with access.acting_for(hr.two.alice_company.pk):
        subscription = Subscription.objects.create(
            company=hr.two.alice_company, entity=second, connection=hr.connection()
        )
        Plan.objects.create(
            company=hr.two.alice_company,
            entity=second,
            subscription=subscription,
            run=run,
            state="applied",
            settings={},
            made_at=run.started_at,
            counts={"create": 7, "acting": 7},
        )
    page = text(client.get(f"/runs/{run.pk}/"))
    assert "Acme Berlin" not in page and "1 entity you do not manage" in page
    grant_role(second, hr.two.alice, Role.OWNER)
    page = text(hr.alice.get(f"/runs/{run.pk}/"))
    assert "Acme Berlin" in page and "invited" in page


def live(hr: World) -> Client:
    """Alice's browser beside a tool that manages her members."""
    client = hr.ready()
    made = hr.preview(client)
    client.post(f"{HOME}plan/{made.pk}/decide/", {"digest": made.digest})
    hr.apply(made)
    return client


@pytest.mark.thorough
def test_a5_rule3_a_lost_field_is_said_on_the_run_the_card_the_plan_and_in_the_list(hr: World) -> None:
    client = live(hr)
    hr.control("faults", on={"id": "A5", "mode": "null", "fields": ["department"]})
    hr.control("hire")
    hr.run()
    with access.acting_for(hr.two.alice_company.pk):
        made = Plan.objects.latest("pk")
    said = "The known values are kept. Has the key lost a permission?"
    for address in (f"/runs/{newest(hr).pk}/", HOME, f"{HOME}plan/{made.pk}/"):
        page = text(client.get(address))
        assert "Department came empty for " in page and said in page
    assert "Succeeded, with doubts" in text(client.get("/runs/"))
    with override("fr"):
        client.cookies["django_language"] = "fr"
        assert "Les valeurs connues sont conservées" in text(client.get(f"/runs/{newest(hr).pk}/"))


@pytest.mark.thorough
def test_a4_a_list_that_is_far_too_short_is_said(hr: World) -> None:
    client = live(hr)
    hr.control("faults", on={"id": "A4", "mode": "half"})
    hr.run()
    for address in (f"/runs/{newest(hr).pk}/", HOME):
        assert "people were listed, and usually it is about 60" in text(client.get(address))


@pytest.mark.thorough
def test_a7_details_that_did_not_come_are_named(hr: World) -> None:
    client = live(hr)
    hr.control("faults", on={"id": "A5", "mode": "hidden"})
    hr.run()
    assert "Read in part: Bank account did not come" in text(client.get(f"/runs/{newest(hr).pk}/"))


def test_p6_a_first_read_of_nobody_is_not_green(hr: World) -> None:
    client = hr.alice
    hr.connect(client)
    hr.control("faults", on={"id": "P1"})
    hr.run()
    for address in (f"/runs/{newest(hr).pk}/", HOME):
        assert "Nobody was listed. Check that the key may see the employees." in text(client.get(address))
    assert "Succeeded, with doubts" in text(client.get("/runs/"))
