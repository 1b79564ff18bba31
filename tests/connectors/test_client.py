"""From an answer to a value or an error that says who must act."""

from typing import Any

import httpx
import msgspec
import pytest

from rollcall.connectors import errors
from rollcall.connectors.client import Dialogue, decode, http_failure, send
from rollcall.http_client import (
    AddressRefused,
    Answer,
    BrokenBody,
    Throttled,
    TimedOut,
    Unreachable,
    UnsendableRequest,
)

DIALOGUE = Dialogue(tool="Tool", permission="See people", address="acme", statuses={404: errors.WrongAddress})
LIST = msgspec.json.Decoder(dict[str, list[int]])


def answer(status: Any = 200, body: Any = b'{"a":[1]}', kind: Any = "application/json") -> Any:
    return Answer(
        status=status, headers=httpx.Headers({"content-type": kind}), body=body, url="https://x.example/"
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.UnexpectedAnswer),
        (401, errors.WrongCredentials),
        (403, errors.MissingPermission),
        (404, errors.WrongAddress),
        (408, errors.ToolFailing),
        (418, errors.UnexpectedAnswer),
        (429, errors.RateLimited),
        (500, errors.ToolFailing),
        (598, errors.ToolFailing),
        (600, errors.UnexpectedAnswer),
        (304, errors.UnexpectedAnswer),
    ],
)
def test_t5_t6_each_status_says_who_must_act(status: Any, kind: Any) -> None:
    """A1, T5, T6."""
    with pytest.raises(kind) as caught:
        decode(DIALOGUE, answer(status), LIST)
    assert type(caught.value) is kind
    assert "Tool" in caught.value.sentence()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Unreachable("dns"), errors.Unreachable),
        (Unreachable("certificate"), errors.Unreachable),
        (TimedOut("read"), errors.Unreachable),
        (BrokenBody("cut"), errors.ToolFailing),
        (BrokenBody("too_large"), errors.UnexpectedAnswer),
        (UnsendableRequest("bad_header"), errors.WrongCredentials),
        (AddressRefused("redirect"), errors.UnexpectedAnswer),
        (AddressRefused("other_origin"), errors.UnexpectedAnswer),
        (AddressRefused("unresolved"), errors.Unreachable),
        (AddressRefused("private"), errors.WrongAddress),
    ],
)
def test_t1_t4_t8_t13_h1_each_failure_of_the_wire_says_who_must_act(error: Any, kind: Any) -> None:
    """T1-T4, T8, T13, H1."""
    assert type(http_failure(DIALOGUE, error)) is kind

    def failing() -> Any:
        raise error

    with pytest.raises(kind):
        send(DIALOGUE, failing)


def test_a_sentence_has_a_blank_where_nothing_is_known() -> None:
    assert errors.MissingPermission(tool="Tool").sentence().endswith("the permission “” there.")


def test_t7_a_wait_beyond_the_budget_is_handed_on() -> None:
    """T7: postponed, with the time the tool named."""
    failure = http_failure(DIALOGUE, Throttled("throttled", retry_after=3600.0))
    assert isinstance(failure, errors.RateLimited)
    assert failure.retry_after == 3600.0


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/problem+json",
        "Application/JSON ",
    ],
)
def test_json_is_known_by_its_content_type(kind: Any) -> None:
    assert decode(DIALOGUE, answer(kind=kind), LIST) == {"a": [1]}


@pytest.mark.parametrize(
    "kind", ["text/html; charset=UTF-8", "", "text/json", "application/json; charset=latin1"]
)
def test_t10_e1_another_content_type_is_not_parsed(kind: Any) -> None:
    """T10, E1: a sign-in page or another charset never reads as data."""
    with pytest.raises(errors.UnexpectedAnswer):
        decode(DIALOGUE, answer(kind=kind), LIST)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"a":null}',
        b'{"a":[NaN]}',
        b'{"a":[Infinity]}',
        b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"a":[1],"b":"\xff"}',
        b"1" * 5000,
    ],
)
def test_t11_e1_e8_nothing_else_reads_as_no_employees(body: Any) -> None:
    """T11, E1, E8."""
    with pytest.raises(errors.UnexpectedAnswer):
        decode(DIALOGUE, answer(body=body), LIST)


def test_e1_bytes_that_are_no_utf8_are_refused_even_where_nobody_looks() -> None:
    """E1: a raw record is copied, not decoded."""
    raw = msgspec.json.Decoder(dict[str, msgspec.Raw])
    with pytest.raises(errors.UnexpectedAnswer):
        decode(DIALOGUE, answer(body=b'{"a":["\xe9"]}'), raw)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error":{"code":429,"message":"Over rate limit"}}', errors.RateLimited),
        (b'{"error":{"code":401}}', errors.WrongCredentials),
        (b'{"error":{"code":"BadPage"}}', errors.UnexpectedAnswer),
        (b'{"error":{"code":0}}', errors.UnexpectedAnswer),
        (b'{"error":"no"}', errors.UnexpectedAnswer),
        (b'{"error":[],"errors":"' + b'\\ud800"}', errors.UnexpectedAnswer),
    ],
)
def test_t12_h7_an_error_told_in_a_good_answer_is_that_error(body: Any, kind: Any) -> None:
    """T12."""
    with pytest.raises(kind) as caught:
        decode(DIALOGUE, answer(body=body), LIST)
    assert "Over rate limit" not in f"{caught.value} {caught.value.sentence()}"
