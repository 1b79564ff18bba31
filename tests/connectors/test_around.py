"""A list and what stands around it are the same, whichever way the answer is decoded."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from rollcall.connectors.around import decode_around
from rollcall.connectors.client import Dialogue, decode
from rollcall.connectors.errors import SourceError, UnexpectedAnswer
from rollcall.http_client import Answer

DIALOGUE = Dialogue(tool="Tool")


class Row(msgspec.Struct):
    id: int | None = None


class Whole(msgspec.Struct):
    data: Raw
    total: int | None = None


WHOLES, ROWS = msgspec.json.Decoder(Whole), msgspec.json.Decoder(list[Row])


def answer(body: bytes, kind: str = "application/json", status: int = 200) -> Answer:
    return Answer(status=status, headers=httpx.Headers({"content-type": kind}), body=body, url="")


def refusal(of: Callable[[], object]) -> tuple[type[SourceError], str] | None:
    try:
        of()
    except SourceError as error:
        return type(error), error.detail
    return None


def both(body: bytes) -> tuple[Any, bool]:
    """What the quick way makes of an answer, which must be what the long way makes of it; whether it was quick."""
    refused = refusal(lambda: decode(DIALOGUE, answer(body), WHOLES))
    assert refusal(lambda: decode_around(DIALOGUE, answer(body), WHOLES, ROWS)) == refused
    if refused:
        return None, False
    whole = decode(DIALOGUE, answer(body), WHOLES)
    found, rows, heads = decode_around(DIALOGUE, answer(body), WHOLES, ROWS)
    assert found.total == whole.total
    assert bytes(rows) == bytes(whole.data)
    if heads is not None:
        assert heads == ROWS.decode(whole.data)
    return msgspec.json.decode(rows), heads is not None


def test_an_ordinary_answer_is_taken_apart() -> None:
    assert both(b'{"data":[{"id":1,"x":[2]},{"id":3}],"total":2}') == ([{"id": 1, "x": [2]}, {"id": 3}], True)
    assert both(b'{ "total": 0, "data": [ ] }') == ([], True)


@pytest.mark.parametrize(
    "body",
    [
        # another list beside it, before or behind
        b'{"data":[{"id":1}],"total":1,"more":[2]}',
        b'{"more":[2],"data":[{"id":1}],"total":1}',
        # brackets in texts around it
        b'{"data":[{"id":1}],"note":"]"}',
        b'{"note":"[","data":[{"id":1}]}',
        # the list stands elsewhere
        b'{"data":1,"more":[{"id":1}]}',
        b'{"data":{"data":[{"id":1}]}}',
        b'{"data":{"id":[1]},"total":1}',
        # told twice: the last one counts
        b'{"data":[{"id":1}],"data":[{"id":2}]}',
        b'{"data":[{"id":1}],"data":null}',
        b'{"data":null,"data":[{"id":2}]}',
        # a row that has another shape
        b'{"data":[{"id":"one"}],"total":1}',
        b'{"data":"[]"}',
        b'{"data":null}',
    ],
)
def test_what_is_unlike_most_answers_is_decoded_as_ever(body: bytes) -> None:
    both(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[1]",
        b"{}",
        b'{"data":[{"id":1}',
        b'{"data":[{"id":1}]',
        b'{"data":[{"id":1},],"total":1}',
        b'{"data":[{"id":NaN}]}',
        b'{"data":[{"id":1}]} ]',
        b']{"data":[',
        b'{"data":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b'{"error":{"code":429},"data":[]}',
        b'{"error":{"code":429}}',
        b'{"data":[{"name":"\xff"}]}',
    ],
)
def test_e1_e8_t3_t11_t12_what_is_refused_is_refused_with_the_same_words(body: bytes) -> None:
    both(body)


def test_t10_another_kind_of_answer_is_refused_before_anybody_looks_into_it() -> None:
    for kind in ("text/html", "application/json; charset=latin-1"):
        with pytest.raises(UnexpectedAnswer):
            decode_around(DIALOGUE, answer(b'{"data":[]}', kind), WHOLES, ROWS)
    with pytest.raises(SourceError, match="status 500"):
        decode_around(DIALOGUE, answer(b'{"data":[]}', status=500), WHOLES, ROWS)


_values = st.recursive(
    st.none() | st.integers(-9, 9) | st.text('[]{}",:ad', max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("data", "id", "x")), inner),
    max_leaves=6,
)


@given(
    st.lists(st.tuples(st.sampled_from(("data", "total", "x")), _values), max_size=4),
    st.sampled_from((None, 0, -1, 5)),
)
def test_e8_any_answer_is_what_the_long_way_makes_of_it(members: list[Any], cut: int | None) -> None:
    """Whole ones and cut ones, with any member twice."""
    text = "{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in members) + "}"
    both(text.encode()[:cut])
