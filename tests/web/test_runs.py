"""The history of runs."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.test import Client

from rollcall.accounts import access
from rollcall.sync.models import Run
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
    assert "Older runs" in page and "First read" not in page
    older = text(client.get("/runs/", {"before": first.pk + 2}))
    assert "Older runs" not in older and "First read" in older


def test_only_admins_of_this_company_see_runs(hr: World) -> None:
    """S6, Z1"""
    hr.ready()
    for address in ("/runs/", f"/runs/{newest(hr).pk}/"):
        assert hr.bob.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    assert "60 employees" not in text(hr.charlie.get("/runs/"))
    assert hr.charlie.get(f"/runs/{newest(hr).pk}/").status_code == 404
