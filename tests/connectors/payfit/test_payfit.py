"""PayFit over loopback: the simulator for what it does, a script for what it seldom does."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from rollcall.connectors import errors
from rollcall.connectors.base import Around, Wanted
from rollcall.connectors.catalogue import connect
from rollcall.connectors.payfit.connector import PayFit
from rollcall.connectors.payfit.declaration import PAYFIT, SCOPES
from rollcall.http_client import HttpClient
from rollcall.simulators.loopback import LOOPBACK
from tests.connectors.loopback import employees, opened

KEY = {"api_key": "planted-key"}
OAUTH = {"access_token": "planted-token", "company_id": "c1"}
FRANCE = {"id": "c1", "name": "Acme France SAS", "country": "FR", "nbActiveContracts": 1}


def payfit(*people: Any, scopes: Any = SCOPES, **replies: Any) -> Any:
    """Return a script: the last part of the path chooses the reply, a status alone is an empty error."""
    token = {"active": True, "scope": " ".join(scopes), "company_id": "c1", "token_type": "bearer"}
    known = {
        "introspect": token,
        "c1": FRANCE,
        "collaborators": {"collaborators": list(people), "meta": {"nextPageToken": None, "count": 1}},
        "contracts": {"contracts": [], "meta": {"nextPageToken": None}},
        "contracts-fr": {"contracts": [], "meta": {}},
        **{name.replace("contracts_fr", "contracts-fr"): reply for name, reply in replies.items()},
    }

    def script(asked: Any) -> Any:
        reply = known[asked.path.rsplit("/", 1)[-1]]
        reply = reply(asked) if callable(reply) else reply
        return (reply, {"message": "no"}) if isinstance(reply, int) else (200, reply)

    return script


def person(number: Any, **more: Any) -> Any:
    return {"id": number, "contracts": [], **more}


def number_of(shown: str) -> int:
    return int(shown[-8:], 16)


def test_the_whole_company_is_read_as_the_tool_has_it(company: Any) -> None:
    """S2, S3, S21: leavers, future hires, managers, bank details; those gone for a year are not listed."""
    acme = company("payfit", 200)
    read = {number_of(number): employee for number, employee in acme.read().items()}
    truth = {each["id"]: each for each in acme.people()}
    gone = {number for number in truth if number not in read}
    assert gone <= {number for number, each in truth.items() if each["status"] == "inactive"}
    assert read.keys() <= truth.keys()
    assert len(read) > 180
    for number, employee in read.items():
        told = truth[number]
        assert employee.work_email == told["work_email"]
        assert employee.last_name == told["last_name"]
        assert employee.status == ("active" if told["status"] == "on_leave" else told["status"])
        assert employee.start_date.isoformat() == told["start_date"]
        assert (employee.end_date and employee.end_date.isoformat()) == told["end_date"]
        manager = employee.manager_id and number_of(employee.manager_id)
        assert manager == told["manager_id"]
        assert employee.job_title == told["job_title"]
        assert employee.team == told["team"]
        if told["iban"]:
            assert employee.bank_account.iban == told["iban"].replace(" ", "")


def test_a_read_costs_the_least_that_the_tool_allows(company: Any) -> None:
    """Two requests, then one for fifty people and each list of contracts."""
    acme = company("payfit", 200)
    with acme.opened() as connector:
        people = employees(connector)
        assert connector.unreadable() == frozenset()
    pages = -(-len(people) // 50)
    asked = [each["path"].rsplit("/", 1)[-1] for each in requests(acme)]
    assert asked[0] == "introspect"
    assert asked.count("collaborators") == pages
    assert len(asked) <= 2 + 3 * (pages + 1)


def requests(acme: Any) -> Any:
    told = LOOPBACK.get(f"{acme._running.control('payfit')}/requests")
    return told.json()["requests"]


def test_changes_in_the_company_are_seen_by_the_next_read(company: Any) -> None:
    """S3, V1, V2: hired, renamed, terminated."""
    acme = company("payfit", 60)
    before = acme.read()
    hired = {each["id"] for each in acme.people()}
    acme.control("hire", n=2)
    hired = {each["id"] for each in acme.people()} - hired
    stays = [number for number, each in before.items() if each.status == "active" and each.end_date is None]
    acme.control("rename", id=number_of(stays[0]), last_name="Changed")
    acme.control("terminate", id=number_of(stays[1]), date="2030-01-31")
    after = acme.read()
    assert hired <= {number_of(number) for number in after}
    assert after[stays[0]].last_name == "Changed"
    assert (after[stays[1]].status, str(after[stays[1]].end_date)) == ("active", "2030-01-31")


def test_a_test_shows_the_company_with_two_requests(scripted: Any) -> None:
    """S13, S14, A6: the key goes into the header and the body of its introspection."""
    server = scripted(payfit())
    with opened("payfit", server.url, KEY) as connector:
        access = connector.test()
    assert (access.company, access.identity, dict(access.unreadable)) == ("Acme France SAS", "c1", {})
    assert (access.people, access.seconds) == (None, None)
    asked = server.asked[0]
    assert [each.path for each in server.asked] == ["/introspect", "/companies/c1"]
    assert asked.headers["Authorization"] == "Bearer planted-key"
    assert json.loads(asked.body) == {"token": "planted-key"}
    assert server.asked[0].headers["X-Simulated-Host"] == "oauth.payfit.com"
    assert server.asked[1].headers["X-Simulated-Host"] == "partner-api.payfit.com"


def test_a_missing_scope_is_named_and_its_fields_are_not_delivered(scripted: Any) -> None:
    """A5, S18: absent and null mean nothing then, whatever comes."""
    nulls = {"managerId": None, "teamName": None, "iban": None, "emails": None, "terminationDate": None}
    server = scripted(
        payfit(person("7", **nulls), scopes=("collaborators:read", "collaborators:contracts:read"))
    )
    with opened("payfit", server.url, KEY) as connector:
        missing = connector.test().unreadable
        read = employees(connector)["7"]
        assert connector.unreadable() == missing.keys()
    assert missing == {
        "manager_id": "collaborators:management:read",
        "team": "collaborators:management:read",
        "personal_email": "collaborators:personal:read",
        "bank_account": "collaborators:bank-info:read",
        "job_title": "contracts:read",
        "employment_type": "contracts:read",
    }
    assert all(getattr(read, name) is msgspec.UNSET for name in missing)
    assert not [asked for asked in server.asked if asked.path.endswith("/contracts")]
    with opened("payfit", server.url, KEY, Wanted(leave_out=frozenset(missing))) as connector:
        assert (connector.test().unreadable, connector.unreadable()) == ({}, frozenset())


@pytest.mark.parametrize(
    ("scopes", "permission"),
    [
        ((), "collaborators:read"),
        (("contracts:read",), "collaborators:read"),
        (("collaborators:read", "collaborators:bank-info:read"), "collaborators:contracts:read"),
    ],
)
def test_a_key_that_cannot_tell_who_left_is_refused(scripted: Any, scopes: Any, permission: Any) -> None:
    """A1: without contracts a leaver looks like everybody else."""
    with opened("payfit", scripted(payfit(scopes=scopes)).url, KEY) as connector:
        for attempt in (connector.test, lambda: list(connector.pages())):
            with pytest.raises(errors.MissingPermission) as caught:
                attempt()
            assert permission in caught.value.sentence()


def test_contracts_that_are_refused_cost_their_fields_only(scripted: Any) -> None:
    """A7."""
    server = scripted(payfit(person("7", emails=[], managerId=None, teamName=None, iban=None), contracts=403))
    with opened("payfit", server.url, KEY) as connector:
        assert employees(connector)["7"].status == "upcoming"
        assert connector.unreadable() == {"job_title", "employment_type"}
    job = {
        "contractId": "k",
        "collaboratorId": "7",
        "status": "ACTIVE",
        "startDate": "2020-01-01",
        "jobName": "Cook",
    }
    listed = {"contracts": [job], "meta": {}}
    server = scripted(
        payfit(
            person("7", emails=[], managerId=None, teamName=None, iban=None),
            contracts=listed,
            contracts_fr=404,
        )
    )
    with opened("payfit", server.url, KEY) as connector:
        read = employees(connector)["7"]
        assert (read.job_title, read.employment_type) == ("Cook", msgspec.UNSET)
        assert connector.unreadable() == {"employment_type"}


def test_a_field_that_came_for_nobody_is_named(scripted: Any) -> None:
    """A5: though the scopes promise it."""
    with opened("payfit", scripted(payfit(person("7", emails=[]))).url, KEY) as connector:
        list(connector.pages())
        assert connector.unreadable() == {"manager_id", "team", "bank_account"}


def test_an_empty_company_misses_nothing(scripted: Any) -> None:
    """P1, P6."""
    with opened("payfit", scripted(payfit()).url, KEY) as connector:
        assert employees(connector) == {}
        assert connector.unreadable() == frozenset()


@pytest.mark.parametrize(
    ("granted", "permission"), [(SCOPES, ""), (SCOPES[:2], "collaborators:bank-info:read")]
)
def test_a_british_company_has_no_bank_details(scripted: Any, granted: Any, permission: str) -> None:
    """A5: nor the kind of contract that only France has a list of."""
    britain = {**FRANCE, "country": "GB"}
    server = scripted(payfit(person("7", iban=None), c1=britain, scopes=granted))
    with opened("payfit", server.url, KEY) as connector:
        assert connector.test().unreadable["bank_account"] == permission
        assert employees(connector)["7"].bank_account is msgspec.UNSET
        assert "bank_account" in connector.unreadable()
    assert not [asked for asked in server.asked if asked.path.endswith("contracts-fr")]


def test_what_is_left_out_is_not_asked_for_and_private_things_are_dropped(scripted: Any) -> None:
    """S12: birth and address come whether wanted or not; not a byte of them is kept."""
    one = person("7", birthDate="1990-04-02", addresses=[{"city": "Lyon"}], iban="FR76", emails=[])
    server = scripted(payfit(one))
    wanted = Wanted(leave_out=frozenset({"employment_type", "bank_account"}))
    with opened("payfit", server.url, KEY, wanted) as connector:
        bodies = b"".join(one for page in connector.pages() for one in page.records())
        assert employees(connector)["7"].bank_account is msgspec.UNSET
    assert b"1990" not in bodies
    assert b"Lyon" not in bodies
    assert not [asked for asked in server.asked if asked.path.endswith("contracts-fr")]


@pytest.mark.parametrize(
    ("credentials", "replies", "error"),
    [
        (KEY, {"introspect": {"active": False}}, errors.WrongCredentials),
        (KEY, {"introspect": 401}, errors.WrongCredentials),
        (KEY, {"collaborators": 401}, errors.WrongCredentials),
        (OAUTH, {"introspect": {"active": False}}, errors.AuthorisationEnded),
        (OAUTH, {"collaborators": 401}, errors.AuthorisationEnded),
        (KEY, {"collaborators": 403}, errors.MissingPermission),
        (KEY, {"collaborators": 400}, errors.UnexpectedAnswer),
        (KEY, {"collaborators": 404}, errors.UnexpectedAnswer),
        (KEY, {"collaborators": 429}, errors.RateLimited),
        (KEY, {"collaborators": 503}, errors.ToolFailing),
        (KEY, {"collaborators": {"collaborators": None, "meta": {}}}, errors.UnexpectedAnswer),
        (KEY, {"collaborators": {"message": "Forbidden"}}, errors.UnexpectedAnswer),
        (KEY, {"contracts": {"contracts": ["x"], "meta": {}}}, errors.UnexpectedAnswer),
        (KEY, {"c1": 403}, errors.OtherCompany),
        (KEY, {"c1": 404}, errors.OtherCompany),
        (
            {**OAUTH, "company_id": "other"},
            {},
            errors.OtherCompany,
        ),
        (KEY, {"introspect": {"active": True, "scope": " ".join(SCOPES)}}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_an_error_ends_the_read_as_what_it_is(
    scripted: Any, credentials: Any, replies: Any, error: Any
) -> None:
    """A1, A3, A6, T5, T6, T11, T12: said without the key."""
    with opened("payfit", scripted(payfit(**replies)).url, credentials) as connector:
        with pytest.raises(error) as caught:
            list(connector.pages())
        assert "planted" not in str(caught.value) + caught.value.sentence() + repr(connector)


def test_a_refused_key_is_asked_once(scripted: Any) -> None:
    """A1: 401 is final."""
    server = scripted(payfit(introspect=401))
    with opened("payfit", server.url, KEY) as connector, pytest.raises(errors.WrongCredentials) as caught:
        connector.test()
    assert len(server.asked) == 1
    assert "Integrations > API" in caught.value.sentence()


def test_an_authorisation_reads_as_a_key_does(scripted: Any) -> None:
    """S21: where the introspection names no company, the token's own answer did."""
    token = {"active": True, "scope": " ".join(SCOPES)}
    server = scripted(payfit(person("7"), introspect=token))
    with opened("payfit", server.url, OAUTH) as connector:
        assert employees(connector).keys() == {"7"}
    assert {asked.headers["Authorization"] for asked in server.asked} == {"Bearer planted-token"}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"name": "A1", "mode": "401", "page": 3}, errors.WrongCredentials),
        ({"name": "A1", "mode": "403"}, errors.MissingPermission),
        ({"name": "A3"}, errors.WrongCredentials),
        ({"name": "P2", "mode": "error", "page": 2}, errors.ToolFailing),
        ({"name": "P5", "mode": "repeat"}, errors.Incomplete),
        ({"name": "T10"}, errors.UnexpectedAnswer),
        ({"name": "T11", "mode": "null"}, errors.UnexpectedAnswer),
        ({"name": "E9"}, errors.UnexpectedAnswer),
    ],
    ids=str,
)
def test_a_fault_ends_the_read_as_what_it_is(company: Any, fault: Any, error: Any) -> None:
    """A1, A3, P2, P5, T10, T11, E9."""
    acme = company("payfit", 230)
    acme.fault(**fault)
    with pytest.raises(error):
        acme.read()


def test_a_running_contract_of_nobody_shows_that_the_list_is_not_whole(scripted: Any) -> None:
    """P2, P3: read once more, then refused."""
    job = {"contractId": "k", "collaboratorId": "8", "status": "ACTIVE", "startDate": "2020-01-01"}
    ended = {**job, "contractId": "l", "collaboratorId": "9", "status": "ARCHIVED"}
    nobodys = {**job, "contractId": "m", "collaboratorId": None}
    listed = {"contracts": [job, ended, nobodys], "meta": {}}
    looks = iter([[person("7")], [person("7"), person("8")]])

    def healing(_asked: Any) -> Any:
        return {"collaborators": next(looks), "meta": {}}

    with opened("payfit", scripted(payfit(contracts=listed, collaborators=healing)).url, KEY) as connector:
        assert employees(connector).keys() == {"7", "8"}
    server = scripted(payfit(person("7"), contracts=listed))
    with opened("payfit", server.url, KEY) as connector, pytest.raises(errors.Incomplete):
        list(connector.pages())
    # a record without an id may be theirs (I1)
    server = scripted(payfit(person("7"), person(None), contracts=listed))
    with opened("payfit", server.url, KEY) as connector:
        assert employees(connector).keys() == {"7"}


def test_p5_an_expired_token_of_a_page_starts_over_once(scripted: Any) -> None:
    """P5."""
    expired = iter([True])

    def listed(asked: Any) -> Any:
        if "nextPageToken" not in asked.params:
            return {"collaborators": [person("1")], "meta": {"nextPageToken": "x"}}
        return 400 if next(expired, False) else {"collaborators": [person("2")], "meta": {}}

    server = scripted(payfit(collaborators=listed))
    with opened("payfit", server.url, KEY) as connector:
        assert employees(connector).keys() == {"1", "2"}
    assert server.asked[-1].params == {
        "maxResults": "50",
        "includeInProgressContracts": "true",
        "nextPageToken": "x",
    }


def test_records_that_cannot_be_read_are_set_aside(scripted: Any) -> None:
    """E6, I1: the others go on."""
    with opened("payfit", scripted(payfit([], "x", person(None), person("7"))).url, KEY) as connector:
        assert employees(connector).keys() == {"7"}


@pytest.mark.parametrize("pasted", ["abc", " abc\n", "Bearer abc", "bearer  abc", '"abc"'])
def test_a_key_is_understood_as_pasted(pasted: Any) -> None:
    with connect("payfit", {"api_key": pasted}) as connector:
        assert connector.credentials["api_key"] == "abc"


@pytest.mark.parametrize("pasted", ["a b", "https://app.payfit.com/integrations/hub/api", '""', "clé"])
def test_what_is_no_key_is_refused_before_anything_is_sent(pasted: Any) -> None:
    """H4: with the place to find one."""
    with pytest.raises(errors.WrongCredentials) as caught, connect("payfit", {"api_key": pasted}):
        pass
    assert "Integrations > API" in caught.value.sentence()
    assert pasted not in caught.value.sentence()


def test_neither_key_nor_authorisation_is_refused() -> None:
    with pytest.raises(errors.WrongCredentials), connect("payfit", {}):
        pass


def test_requests_count_by_key_and_for_the_app_as_a_whole() -> None:
    """T6: all who let the operator's app in share its limit (documented)."""
    assert PayFit.limited_by(KEY) == "planted-key"
    assert PayFit.limited_by(OAUTH) == PayFit.limited_by({"access_token": "another"})


def test_it_does_not_pretend_to_know_changes() -> None:
    """P7."""
    assert not PAYFIT.delta
    with HttpClient("https://partner-api.payfit.com") as http, pytest.raises(NotImplementedError):
        PayFit(KEY, http, around=Around()).changes(datetime(2026, 11, 21, tzinfo=UTC))


def test_only_reading_is_asked_for() -> None:
    """O9: no scope of the authorisation can write."""
    assert PAYFIT.oauth is not None
    assert all(scope.endswith(":read") for scope in PAYFIT.oauth.scopes)
    assert {each.permission for each in PAYFIT.data} == {*PAYFIT.oauth.scopes}
