"""A list is proven complete, or there is none."""

import json
from typing import Any

import msgspec
import pytest

from rollcall.connectors import paging
from rollcall.connectors.client import Dialogue
from rollcall.connectors.errors import Incomplete, UnexpectedAnswer
from rollcall.connectors.paging import CursorExpired, Part, by_cursor, by_number, by_offset, complete, framed

DIALOGUE = Dialogue(tool="Tool")


class Row(msgspec.Struct):
    id: str | int | None = None


ROWS = msgspec.json.Decoder(list[Row])


def part(ids: Any, **more: Any) -> Any:
    rows = json.dumps([{"id": each} for each in ids]).encode()
    return Part(page=framed(b"{}", rows), ids=ids, **more)


def ids_of(pages: Any) -> Any:
    return [json.loads(record)["row"]["id"] for page in pages for record in page.records()]


def looks(*reads: Any) -> Any:
    """Return a read that gives other parts each time it is begun."""
    left = list(reads)
    return lambda: iter(left.pop(0))


def test_a_record_decides_its_person_alone() -> None:
    page = framed(b'{"x":1}', b'[{"a": 1},{"b":2}]')
    assert page.records() == [b'{"as":{"x":1},"row":{"a": 1}}', b'{"as":{"x":1},"row":{"b":2}}']
    assert page.head == b'{"as":{"x":1},"row":'
    assert page.body != framed(b'{"x":2}', b'[{"a": 1},{"b":2}]').body


def test_pages_by_number_end_with_the_last_one_told() -> None:
    asked = []

    def fetch(number: Any) -> Any:
        asked.append(number)
        return part([str(number)], total=3, pages=3)

    assert ids_of(complete(DIALOGUE, lambda: by_number(fetch))) == ["1", "2", "3"]
    assert asked == [1, 2, 3]


def test_a_list_of_very_many_people_is_proven_without_a_set_of_them() -> None:
    people = [str(number) for number in range(paging._AT_ONCE + 1)]
    assert len(list(complete(DIALOGUE, looks([part(people, total=len(people))])))) == 1
    # somebody came twice, so somebody else may have been missed: the list is read once more
    doubled = [*people[:-1], people[0]]
    both = looks([part(doubled, total=len(people))], [part(people, total=len(people))])
    assert len(list(complete(DIALOGUE, both))) == 2


def test_pages_by_offset_end_at_the_total() -> None:
    people = ["a", "b", "c", "d"]
    pages = complete(DIALOGUE, lambda: by_offset(lambda skip: part(people[skip : skip + 2], total=4), 2))
    assert ids_of(pages) == people


def test_without_a_total_a_short_page_is_the_last() -> None:
    people = ["a", "b", "c"]
    pages = complete(DIALOGUE, lambda: by_offset(lambda skip: part(people[skip : skip + 2]), 2))
    assert ids_of(pages) == people


def test_p5_an_empty_page_where_more_are_promised_ends_the_read() -> None:
    """P5: though everybody was there, a list that never ends is not one we understand."""
    people = {1: ["a"]}
    with pytest.raises(Incomplete):
        list(complete(DIALOGUE, lambda: by_number(lambda n: part(people.get(n, []), total=1, pages=n + 1))))


def test_an_empty_page_ends_the_offsets() -> None:
    """P2: and the total tells that people are missing."""
    with pytest.raises(Incomplete):
        list(complete(DIALOGUE, lambda: by_offset(lambda skip: part(["a"] if not skip else [], total=2), 2)))


def test_pages_by_cursor_end_without_a_cursor() -> None:
    chain = {None: part(["a"], cursor="x"), "x": part(["b"])}
    assert ids_of(complete(DIALOGUE, lambda: by_cursor(chain.__getitem__))) == ["a", "b"]


def test_p5_a_cursor_that_comes_back_ends_the_read() -> None:
    """P5."""
    chain = {None: part(["a"], cursor="x"), "x": part(["b"], cursor="y"), "y": part(["c"], cursor="x")}
    with pytest.raises(Incomplete) as caught:
        list(complete(DIALOGUE, lambda: by_cursor(chain.__getitem__)))
    assert (caught.value.params["tool"], caught.value.detail) == ("Tool", "cursor came back")


def test_p5_an_expired_cursor_starts_over_once() -> None:
    """P5: then the read ends."""

    def expired() -> Any:
        yield part(["a"])
        raise CursorExpired

    assert ids_of(complete(DIALOGUE, looks(expired(), [part(["a"]), part(["b"])]))) == ["a", "a", "b"]
    with pytest.raises(Incomplete):
        list(complete(DIALOGUE, expired))


@pytest.mark.parametrize(
    "way",
    [
        lambda fetch: by_number(fetch, most=5),
        lambda fetch: by_offset(fetch, 1, most=5),
        lambda fetch: by_cursor(fetch, most=5),
    ],
)
def test_p5_pages_without_end_are_ended(way: Any) -> None:
    """P5."""
    count = iter(range(100))

    def fetch(_where: Any) -> Any:
        number = next(count)
        return part([str(number)], pages=99, cursor=str(number))

    with pytest.raises(Incomplete):
        list(complete(DIALOGUE, lambda: way(fetch)))
    assert next(count) == 5


def test_p5_the_same_page_again_is_a_loop() -> None:
    """P5: a second look, then the end."""
    with pytest.raises(Incomplete):
        list(complete(DIALOGUE, lambda: by_number(lambda _number: part(["a"], total=3, pages=3))))


def test_p3_a_total_that_moves_is_read_again_once() -> None:
    """P3."""
    moved = [part(["a"], total=2), part(["b"], total=3)]
    still = [part(["a"], total=3), part(["b"], total=3), part(["c"], total=3)]
    assert ids_of(complete(DIALOGUE, looks(moved, still))) == ["a", "a", "b", "c"]
    with pytest.raises(Incomplete):
        list(complete(DIALOGUE, looks(moved, moved)))


@pytest.mark.parametrize("total", [1, 3])
def test_p2_p4_a_total_that_disagrees_twice_is_no_list(total: Any) -> None:
    """P2, P4."""
    with pytest.raises(Incomplete):
        list(complete(DIALOGUE, lambda: iter([part(["a", "b"], total=total)])))


def test_p3_somebody_twice_means_that_somebody_else_may_be_missing() -> None:
    """P3: a second look finds who fell into the gap."""
    gap = [part(["a", "b"], total=4), part(["b", "d"], total=4)]
    whole = [part(["a", "b"], total=4), part(["c", "d"], total=4)]
    assert set(ids_of(complete(DIALOGUE, looks(gap, whole)))) == {"a", "b", "c", "d"}


def test_p8_somebody_who_is_still_there_twice_is_for_the_caller_to_judge() -> None:
    """P8."""
    twice = [part(["a", "b"], total=3), part(["b"], total=3)]
    assert ids_of(complete(DIALOGUE, lambda: iter(twice))) == ["a", "b", "b"] * 2


def test_one_too_many_is_no_second_look_when_the_different_people_are_all_there() -> None:
    """P8."""
    twice = [part(["a", "b"], total=2), part(["b"], total=2)]
    assert ids_of(complete(DIALOGUE, lambda: iter(twice))) == ["a", "b", "b"]


def test_records_without_id_are_counted_as_present() -> None:
    """I1."""
    assert ids_of(complete(DIALOGUE, looks([part(["a", None, None], total=3)]))) == ["a", None, None]


def test_nobody_at_all_is_a_complete_list() -> None:
    """P1, P6: what to make of it is decided elsewhere."""
    assert ids_of(complete(DIALOGUE, lambda: by_number(lambda _number: part([], total=0, pages=0)))) == []


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        (b'[{"id":"1"},{"id":2},{"id":" 3 "}]', ["1", "2", "3"]),
        (b'[{"id":"1"},{"id":null},{}]', ["1", None, None]),
        (b'[{"id":"1"},{"id":[]},7]', ["1", None, None]),
        (b"[]", []),
    ],
)
def test_ids_are_read_without_the_rest(rows: Any, ids: Any) -> None:
    assert paging.ids_of(DIALOGUE, rows, ROWS, lambda row: row.id) == ids


@pytest.mark.parametrize("rows", [b"null", b"{}", b'[{"id":""}]', b'[{"id":null},{}]', b"[null]"])
def test_e9_t11_a_list_without_any_id_is_not_a_list_of_people(rows: Any) -> None:
    """E9, T11: not a thousand separate complaints."""
    with pytest.raises(UnexpectedAnswer):
        paging.ids_of(DIALOGUE, rows, ROWS, lambda row: row.id)
