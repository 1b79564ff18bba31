"""The control interface and the Python interface around it."""

from datetime import date

import httpx
import pytest

from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import start
from tests.simulators.conftest import Bamboo, PersonioAccount


def test_the_state_counts_people_and_tells_the_time(bamboo: Bamboo) -> None:
    state = bamboo.told("state")
    assert (state["people"], sum(state["statuses"].values())) == (60, 60)
    assert state["now"].startswith("2026-11-22T09:00")


def test_the_clock_is_set_advanced_and_frozen(bamboo: Bamboo) -> None:
    assert bamboo.control("clock", set="2027-01-05", frozen=True)["now"] == "2027-01-05T00:00:00+00:00"
    assert bamboo.control("clock", days=2, hours=3)["now"] == "2027-01-07T03:00:00+00:00"


def test_people_are_hired_changed_terminated_and_removed(bamboo: Bamboo) -> None:
    ids = bamboo.control("hire", n=2, first_name="Ada", office="London")["ids"]
    person = bamboo.told("people", id=ids[0])
    assert (person["first_name"], person["work_location"], person["status"]) == ("Ada", "London", "active")
    bamboo.control(
        "change", id=ids[0], fields={"work_location": "Berlin", "manager_id": ids[1], "iban": None}
    )
    person = bamboo.told("people", id=ids[0])
    assert (person["work_location"], person["country"], person["manager_id"]) == ("Berlin", "DE", ids[1])
    assert bamboo.control("terminate", id=ids[0])["ids"] == [ids[0]]
    assert bamboo.told("people", id=ids[0])["status"] == "inactive"
    bamboo.control("terminate", id=ids[0], date=None)
    assert bamboo.told("people", id=ids[0])["status"] == "active"
    bamboo.control("remove", ids=ids)
    assert bamboo.told("people")["total"] == 60


def test_somebody_is_hired_also_where_everybody_has_left(bamboo: Bamboo) -> None:
    bamboo.control("terminate", ids=[one["id"] for one in bamboo.told("people")["people"]])
    person = bamboo.told("people", id=bamboo.control("hire")["ids"][0])
    assert (person["status"], person["manager_id"]) == ("active", None)


def test_a_change_moves_the_change_stamp_unless_silent(bamboo: Bamboo) -> None:
    person = bamboo.told("people")["people"][5]
    bamboo.control("change", id=person["id"], fields={"job_title": "Quiet"}, silent=True)
    quiet = bamboo.told("people", id=person["id"])
    assert (quiet["job_title"], quiet["updated_at"]) == ("Quiet", person["updated_at"])
    assert (
        bamboo.rows(fields=["eeid", "jobInformationJobTitle"])[str(person["id"])]["jobInformationJobTitle"]
        == "Quiet"
    )
    bamboo.control("change", id=person["id"], fields={"job_title": "Loud"})
    assert bamboo.told("people", id=person["id"])["updated_at"] > person["updated_at"]


def test_raw_values_are_sent_as_they_are(bamboo: Bamboo, personio: PersonioAccount) -> None:
    person = bamboo.told("people")["people"][0]["id"]
    for account in (bamboo, personio):  # the same seed: the same people
        account.control("change", id=person, raw={"start_date": "31/06/2026"})
    assert bamboo.rows()[str(person)]["hireDate"] == "31/06/2026"
    assert personio.v1(limit=1).json()["data"][0]["attributes"]["hire_date"]["value"] == "31/06/2026"


def test_a_manager_renamed_is_seen_at_the_reports_on_other_pages(bamboo: Bamboo) -> None:
    fields = ["eeid", "supervisorEid", "supervisorName"]
    pages = [bamboo.rows(page=page, size=5, fields=fields) for page in range(1, 13)]
    manager, page, report = next(
        (row["supervisorEid"], number, row["eeid"])
        for number, rows in enumerate(pages, start=1)
        for row in rows.values()
        if row["supervisorEid"] and row["supervisorEid"] not in rows
    )
    bamboo.control("rename", id=manager, first_name="Zuzanna")
    assert bamboo.rows(page=page, size=5, fields=fields)[report]["supervisorName"].endswith("Zuzanna")


def test_requests_are_logged_without_bodies_or_headers(bamboo: Bamboo) -> None:
    bamboo.page()
    bamboo.client.get("/api/v1/employees/0?fields=id", auth=("no", "x"))
    log = bamboo.told("requests")["requests"]
    assert [(row["method"], row["status"]) for row in log] == [("POST", 200), ("GET", 401)]
    assert log[1] == {"method": "GET", "path": "/api/v1/employees/0", "query": "fields=id", "status": 401}
    bamboo.control("requests")
    assert bamboo.told("state")["requests"] == 0


def test_replaced_credentials_are_told_and_the_old_ones_refused(bamboo: Bamboo) -> None:
    fresh = bamboo.control("credentials", action="replace")["credentials"]["api_key"]
    assert bamboo.page().status_code == 401
    assert bamboo.client.get("/api/v1/meta/fields", auth=(fresh, "x")).status_code == 200


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("nothing", {}, 404),
        ("change", {"id": 1, "fields": {}}, 400),
        ("hire", {"no_such_field": 1}, 400),
        ("hire", {"office": "Atlantis"}, 400),
        ("credentials", {"action": "no"}, 400),
    ],
)
def test_nonsense_is_refused(bamboo: Bamboo, action: str, body: dict[str, object], status: int) -> None:
    assert LOOPBACK.post(f"{bamboo.url}/_control/{action}", json=body).status_code == status


def test_each_tool_has_a_port_and_people_of_its_own_and_stops() -> None:
    running = start(["bamboohr", "personio"], people=5, seed=4, today=date(2026, 11, 22))
    try:
        assert running.credentials("bamboohr").keys() == {"subdomain", "api_key"}
        assert running.credentials("personio").keys() == {"subdomain", "client_id", "client_secret"}
        LOOPBACK.post(f"{running.control('personio')}/hire", json={"n": 3})
        counts = [
            LOOPBACK.get(f"{running.control(t)}/state").json()["people"] for t in ("bamboohr", "personio")
        ]
        assert counts == [5, 8]
    finally:
        url = running.url("personio")
        running.stop()
    with pytest.raises(httpx.ConnectError):
        LOOPBACK.get(url)


def test_a_later_hire_and_an_earlier_leaver_are_known_to_the_day() -> None:
    """Everything is relative to the day given at the start."""
    running = start(["bamboohr"], people=300, today=date(2020, 2, 29))
    try:
        people = LOOPBACK.get(f"{running.control('bamboohr')}/people").json()["people"]
    finally:
        running.stop()
    for person in people:
        assert (person["status"] == "upcoming") == (person["start_date"] > "2020-02-29")
        assert (person["status"] == "inactive") == (
            person["end_date"] is not None and person["end_date"] < "2020-02-29"
        )
