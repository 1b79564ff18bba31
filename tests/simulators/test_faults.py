"""Every fault, seen on the wire. The docstring or the parameter names the row of the catalogue."""

import json
import socket
import time
import zlib
from collections import Counter
from email.utils import parsedate_to_datetime

import httpx
import pytest

from rollcall.simulators.faults import CATALOGUE
from rollcall.simulators.loopback import LOOPBACK
from tests.simulators.conftest import Bamboo, PersonioAccount

DATASET = "/api/v2/datasets/employee/data"


@pytest.mark.parametrize("mode", ["before", "during", "after"])
def test_a_connection_is_reset(bamboo: Bamboo, mode: str) -> None:
    """T2"""
    bamboo.fault("T2", mode=mode, times=1)
    if mode == "after":  # whole body, then the line is dead
        assert bamboo.page().status_code == 200
        time.sleep(0.3)
    else:
        with pytest.raises(httpx.TransportError):
            bamboo.page()
    assert bamboo.page().status_code == 200


@pytest.mark.parametrize("mode", ["short", "chunked"])
def test_a_body_ends_too_early(bamboo: Bamboo, mode: str) -> None:
    """T3"""
    bamboo.fault("T3", mode=mode, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        bamboo.page()
    assert len(bamboo.rows()) == 60


def test_a_compressed_body_is_cut_inside_an_honest_length(bamboo: Bamboo) -> None:
    """T3: httpx lets it pass, so the bytes are looked at themselves."""
    bamboo.fault("T3", mode="gzip")
    with bamboo.client.stream("POST", DATASET, json={"fields": ["eeid"]}) as answer:
        packed = b"".join(answer.iter_raw())
    unpacker = zlib.decompressobj(31)
    assert unpacker.decompress(packed).startswith(b'{"data"')
    assert not unpacker.eof


def test_no_answer_ever_comes(bamboo: Bamboo) -> None:
    """T4"""
    bamboo.fault("T4")
    with pytest.raises(httpx.ReadTimeout):
        bamboo.client.post(DATASET, json={"fields": ["eeid"]}, timeout=0.3)


def test_one_byte_comes_now_and_then(bamboo: Bamboo) -> None:
    """T4"""
    bamboo.fault("T4", mode="trickle", seconds=0.05)
    began, got = time.monotonic(), 0
    host, port = bamboo.url.removeprefix("http://").split(":")
    body = b'{"fields":["eeid"]}'
    head = f"POST {DATASET} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection((host, int(port)), timeout=2) as line:
        line.sendall(head + body)
        while got < 5:
            got += len(line.recv(1))
    assert time.monotonic() - began > 0.15


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_lasts_once_or_for_ever(bamboo: Bamboo, status: int) -> None:
    """T5"""
    bamboo.fault("T5", status=status, times=1)
    assert [bamboo.page().status_code for _ in range(2)] == [status, 200]
    bamboo.fault("T5", status=status, path="/")
    assert bamboo.client.get("/api/v1/meta/fields").status_code == status


def test_429_comes_without_retry_after(bamboo: Bamboo) -> None:
    """T6"""
    bamboo.fault("T6")
    answer = bamboo.page()
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, None)


def test_retry_after_has_every_form(bamboo: Bamboo) -> None:
    """T7"""
    told = {}
    for mode in CATALOGUE["T7"].modes:
        bamboo.fault("T7", mode=mode, status=503, seconds=30)
        answer = bamboo.page()
        assert answer.status_code == 503
        told[mode] = answer.headers["retry-after"]
    assert (told["seconds"], told["year"], told["nonsense"]) == ("30", "31536000", "soon")
    assert 25 < parsedate_to_datetime(told["date"]).timestamp() - time.time() < 35
    assert parsedate_to_datetime(told["past"]).timestamp() < time.time()


def test_a_small_body_unpacks_hugely(bamboo: Bamboo) -> None:
    """T8"""
    bamboo.fault("T8", amount=20)
    with bamboo.client.stream("POST", DATASET, json={"fields": ["eeid"]}) as answer:
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 100_000
    assert len(zlib.decompress(packed, 31)) == 20 * 2**20 + 2


def test_a_sign_in_page_comes_with_200(bamboo: Bamboo) -> None:
    """T10"""
    bamboo.fault("T10")
    answer = bamboo.page()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("mode", "status", "body"),
    [("empty", 200, b""), ("204", 204, b""), ("null", 200, b"null"), ("object", 200, b"{}")],
)
def test_nothing_comes_where_a_list_belongs(bamboo: Bamboo, mode: str, status: int, body: bytes) -> None:
    """T11"""
    bamboo.fault("T11", mode=mode)
    answer = bamboo.page()
    assert (answer.status_code, answer.content) == (status, body)


def test_200_says_that_it_failed(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """T12"""
    bamboo.fault("T12")
    personio.fault("T12")
    assert bamboo.page().json()["error"]["code"] == 429
    assert personio.v1().json()["success"] is False


@pytest.mark.parametrize(
    ("mode", "start"),
    [("host", "https://elsewhere"), ("http", "http://elsew"), ("internal", "http://169"), ("loop", "?")],
)
def test_redirects_lead_astray(bamboo: Bamboo, mode: str, start: str) -> None:
    """T13"""
    bamboo.fault("T13", mode=mode)
    answer = bamboo.page()
    assert (answer.status_code, answer.headers["location"].startswith(start)) == (302, True)


@pytest.mark.parametrize("mode", ["401", "403"])
def test_access_ends_in_the_middle_of_paging(bamboo: Bamboo, mode: str) -> None:
    """A1"""
    bamboo.fault("A1", mode=mode, page=2)
    assert [bamboo.page(page, 20).status_code for page in (1, 2, 3)] == [200, int(mode), int(mode)]


def test_a_token_expires_in_the_middle_and_a_new_one_works(personio: PersonioAccount) -> None:
    """A2"""
    personio.fault("A2", page=2)
    assert personio.v1(limit=20).status_code == 200
    assert personio.v1(limit=20, offset=20).status_code == 401
    personio.sign_in()
    assert personio.v1(limit=20, offset=20).status_code == 200


def test_a_key_is_revoked_and_restored(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """A3"""
    bamboo.fault("A3")
    personio.fault("A3")
    assert bamboo.page().status_code == 401
    assert personio.token().status_code == 400
    bamboo.control("faults", off="A3")
    assert bamboo.page().status_code == 200


@pytest.mark.parametrize("mode", ["office", "half"])
def test_the_list_is_whole_but_shorter(bamboo: Bamboo, mode: str) -> None:
    """A4"""
    bamboo.fault("A4", mode=mode)
    answer = bamboo.page().json()
    assert 5 < len(answer["data"]) == answer["meta"]["totalItems"] < 50


def test_fields_are_gone_or_null_for_everybody(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """A5"""
    fields = ["eeid", "customField4340", "firstName"]
    bamboo.fault("A5", mode="hidden")
    assert all(row.keys() == {"eeid", "firstName"} for row in bamboo.rows(fields=fields).values())
    bamboo.fault("A5", mode="null", fields=["first_name"])
    assert {row["firstName"] for row in bamboo.rows(fields=fields).values()} == {None}
    personio.fault("A5", mode="null")
    rows = personio.v1(limit=200).json()["data"]
    assert {row["attributes"]["dynamic_3051"]["value"] for row in rows} == {None}


def test_the_credentials_open_another_company(bamboo: Bamboo) -> None:
    """A6"""
    before = bamboo.rows()
    bamboo.fault("A6")
    assert bamboo.client.get("/api/v1/company_information").json()["displayName"] == "Harbourlight"
    other = bamboo.rows()
    assert {row["email"] for row in other.values()}.isdisjoint(
        {row["email"] for row in before.values()} - {None}
    )
    bamboo.control("faults", clear=True)
    assert bamboo.rows() == before


def test_one_detail_is_forbidden_while_the_list_works(personio: PersonioAccount) -> None:
    """A7"""
    personio.fault("A7", path="/employments")
    person = personio.persons()[0]["id"]
    assert personio.client.get(f"/v2/persons/{person}/employments").status_code == 403


def test_the_list_is_empty(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """P1"""
    bamboo.fault("P1")
    personio.fault("P1")
    assert (bamboo.page().status_code, bamboo.page().json()["data"]) == (200, [])
    assert bamboo.report(["id"]).json()["employees"] == []
    assert personio.persons() == personio.v1().json()["data"] == []


def test_one_page_fails_for_good_or_is_short_or_said_to_be_the_last(
    bamboo: Bamboo, personio: PersonioAccount
) -> None:
    """P2"""
    bamboo.fault("P2", page=2)
    assert [bamboo.page(page, 20).status_code for page in (1, 2, 2, 3)] == [200, 500, 500, 200]
    bamboo.fault("P2", mode="short", page=2)
    assert [len(bamboo.page(page, 20).json()["data"]) for page in (1, 2, 3)] == [20, 10, 20]
    personio.fault("P2", mode="last", page=2)
    assert len(personio.persons(limit=20)) == 40


@pytest.mark.parametrize(("mode", "most", "distinct"), [("added", 2, 60), ("removed", 1, 59)])
def test_somebody_comes_or_goes_while_paging(bamboo: Bamboo, mode: str, most: int, distinct: int) -> None:
    """P3"""
    bamboo.fault("P3", mode=mode)
    answers = [bamboo.page(page, 20).json() for page in (1, 2, 3, 4)]
    seen = Counter(row["fields"]["eeid"] for answer in answers for row in answer["data"])
    assert (max(seen.values()), len(seen)) == (most, distinct)
    assert answers[0]["meta"]["totalItems"] != answers[2]["meta"]["totalItems"]


def test_the_total_is_wrong(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """P4"""
    bamboo.fault("P4", amount=7)
    personio.fault("P4", mode="less")
    assert bamboo.page().json()["meta"]["totalItems"] == 67
    assert personio.v1().json()["metadata"]["total_elements"] == 59


def test_paging_never_ends_or_repeats_or_is_refused(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """P5"""
    bamboo.fault("P5", mode="endless")
    for page in range(2, 12):
        answer = bamboo.page(page, 20).json()
        assert answer["meta"]["totalPages"] > page
        assert answer["data"]
    personio.fault("P5", mode="repeat")
    link, seen = "/v2/persons?limit=20", []
    for _ in range(5):
        link = personio.client.get(link).json()["_meta"]["links"]["next"]["href"]
        seen.append(link)
    assert len(set(seen)) < 5
    personio.fault("P5", mode="expired")
    assert personio.client.get(seen[0]).status_code == 400


def test_one_id_comes_twice_with_different_content(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """P8"""
    bamboo.fault("P8")
    first, second = (bamboo.page(page, 20).json()["data"] for page in (1, 2))
    assert first[0]["fields"]["eeid"] == second[-1]["fields"]["eeid"]
    assert first[0]["fields"]["firstName"] != second[-1]["fields"]["firstName"]
    personio.fault("P8")
    ids = Counter(row["id"] for row in personio.persons(limit=20))
    assert sorted(ids.values())[-2:] == [1, 2]


@pytest.mark.parametrize("mode", ["utf8", "latin1"])
def test_bytes_are_no_utf8(bamboo: Bamboo, mode: str) -> None:
    """E1"""
    bamboo.fault("E1", mode=mode)
    with pytest.raises(UnicodeDecodeError):
        bamboo.page().content.decode()


@pytest.mark.parametrize(
    ("fault", "mode", "part"),
    [
        ("E2", "", "\x00"),
        ("E3", "controls", "\x07"),
        ("E3", "rtl", "\u202e"),
        ("E3", "emoji", "🦩"),
        ("E4", "", "a" * 9_000),
        ("E5", "", "<script>"),
    ],
)
def test_a_name_is_hard_to_bear(
    bamboo: Bamboo, personio: PersonioAccount, fault: str, mode: str, part: str
) -> None:
    struck = bamboo.fault(fault, mode=mode)
    assert part in str(bamboo.rows()[str(struck[0])]["firstName"])
    struck = personio.fault(fault, mode=mode)
    names = {row["id"]: row["first_name"] for row in personio.persons()}
    assert [person for person, name in names.items() if part in str(name)] == [str(struck[0])]


def test_a_name_is_missing(bamboo: Bamboo) -> None:
    """E3"""
    struck = bamboo.fault("E3", mode="none")
    assert bamboo.rows()[str(struck[0])]["firstName"] == ""


def test_types_are_wrong_in_one_record(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """E6"""
    struck = bamboo.fault("E6")
    row = bamboo.rows()[str(struck[0])]
    assert (row["firstName"], row["email"]) == ({"de": "Ada"}, 42)
    struck = personio.fault("E6")
    row = next(
        r for r in personio.v1(limit=200).json()["data"] if r["attributes"]["id"]["value"] == struck[0]
    )
    assert row["attributes"]["position"]["value"] == ["Buyer"]


def test_a_status_and_fields_are_new(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """E7"""
    struck = bamboo.fault("E7")
    assert bamboo.rows()[str(struck[0])]["status"] == "sabbatical-2027"
    struck = personio.fault("E7")
    employment = personio.client.get(f"/v2/persons/{struck[0]}/employments").json()["_data"][0]
    assert employment["status"] == "SABBATICAL_2027"
    struck = personio.fault("E7", mode="fields")
    assert personio.client.get(f"/v2/persons/{struck[0]}").json()["pronouns"] == "they"


@pytest.mark.parametrize(
    ("mode", "part"), [("nan", b"NaN"), ("infinity", b"-Infinity"), ("nesting", b"[" * 99_999)]
)
def test_json_cannot_be_read(bamboo: Bamboo, mode: str, part: bytes) -> None:
    """E8"""
    bamboo.fault("E8", mode=mode)
    assert part in bamboo.page().content


def test_a_number_has_five_thousand_digits(personio: PersonioAccount) -> None:
    """E8"""
    personio.fault("E8", mode="digits")
    with pytest.raises(ValueError, match="digits"):
        json.loads(personio.v1().content)


def test_a_required_field_is_gone_everywhere(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """E9"""
    bamboo.fault("E9", fields=["first_name"])
    assert all("firstName" not in row for row in bamboo.rows().values())
    personio.fault("E9")
    assert all("id" not in row for row in personio.persons())


def test_one_record_has_no_id(personio: PersonioAccount) -> None:
    """I1"""
    personio.fault("I1")
    assert Counter("id" in row for row in personio.persons()) == {True: 59, False: 1}


def test_two_people_have_one_address(bamboo: Bamboo) -> None:
    """I2"""
    one, two = bamboo.fault("I2")
    rows = bamboo.rows()
    assert rows[str(one)]["email"] == rows[str(two)]["email"]


def test_managers_go_in_circles(bamboo: Bamboo, personio: PersonioAccount) -> None:
    """M1, M2"""
    struck = bamboo.fault("M1")
    assert bamboo.rows()[str(struck[0])]["supervisorEid"] == str(struck[0])
    struck = personio.fault("M2", amount=3)
    above = [
        personio.client.get(f"/v2/persons/{person}/employments").json()["_data"][0]["supervisor"]["id"]
        for person in struck
    ]
    assert above == [str(person) for person in [*struck[1:], struck[0]]]


def test_a_fault_ends_by_itself_and_unknown_ones_are_refused(bamboo: Bamboo) -> None:
    bamboo.fault("T10", times=2)
    bamboo.page()
    bamboo.page()
    assert bamboo.told("faults")["on"] == []
    for wrong in ({"id": "Z9"}, {"id": "T4", "mode": "no"}, {"id": "T4", "no": 1}):
        assert LOOPBACK.post(f"{bamboo.url}/_control/faults", json={"on": wrong}).status_code == 400


def test_no_fault_leaves_a_trace_when_cleared(bamboo: Bamboo) -> None:
    before = bamboo.page().content
    for fault in CATALOGUE.keys() - {"P3"}:  # P3 is a change of the people themselves
        bamboo.fault(fault)
    bamboo.control("faults", clear=True)
    assert bamboo.page().content == before
