"""What the network and a tool's server can do to a run, end to end: what is told, and that nobody is touched.

Rows T, A1-A3, A6, P1, P2, P5 and E8, E9 of the fault catalogue. Each test goes live once and then meets every form.
"""

import email.utils
import gzip
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from rollcall.connections.models import State
from rollcall.connectors.catalogue import TOOLS
from rollcall.engine.settings import Settings
from rollcall.sync.models import Run, RunState
from rollcall.sync.words.sentences import error_sentence
from tests.sync.flow import Flow
from tests.sync.spoiling import Spoiling, between, each_row, every_list, honest

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

JSON = "application/json"
API = sorted(key for key, kind in TOOLS.items() if kind.tool.kind == "api")


class Quiet:
    """A company at work, and what must stay as it is whatever the tool does."""

    def __init__(self, flow: Flow) -> None:
        flow.go_live(Settings(archive_inactive=True))
        assert flow.run().error == ""
        self.flow = flow
        self.people, self.mirror = flow.people(), flow.frozen()["connections_employee"]

    def untouched(self) -> None:
        """Members, links and the mirror are byte for byte what they were, and nobody was written to."""
        assert self.flow.people() == self.people
        assert self.flow.frozen()["connections_employee"] == self.mirror

    def fails(self, *codes: str, secret: str = "") -> Run:
        """A run ends as failed with one of these; it says so in a sentence of ours and changes nothing."""
        run = self.flow.run()
        assert run.state == RunState.FAILED and run.error in codes, (run.state, run.error)
        connection = self.flow.connection()
        assert (connection.state, connection.error) == (State.ERROR, run.error)
        said = error_sentence(run.error, run.error_params)
        assert len(said.split()) > 5 and "{" not in said and "<" not in said
        assert not secret or secret not in said
        self.untouched()
        return run

    def heals(self) -> None:
        """Without anybody's help, as soon as the tool is well."""
        assert self.flow.run().error == ""
        assert self.flow.connection().state == State.CONNECTED
        self.untouched()


@pytest.fixture
def quiet(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> Quiet:
    monkeypatch.setenv("ROLLCALL_HTTP_TRIES", "1")
    return Quiet(flow)


@pytest.fixture
def spoiling(quiet: Quiet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spoiling]:
    with between(quiet.flow, monkeypatch) as made:
        quiet.heals()
        yield made


def test_t1_inv4_a_tool_that_cannot_be_reached_changes_nobody(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed port, a name without address, a server without TLS; never asked for plainly instead."""
    good = quiet.flow.sim.url("bamboohr")
    port = good.rpartition(":")[2]
    for address in ("http://127.0.0.1:1", "https://nowhere.invalid", f"https://127.0.0.1:{port}"):
        monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", address)
        quiet.fails("unreachable", secret=address.partition("//")[2])
    monkeypatch.setenv("ROLLCALL_BASE_URL_BAMBOOHR", good)
    quiet.heals()


BROKEN: tuple[tuple[str, dict[str, str], set[str]], ...] = (
    *(("T2", {"mode": mode}, {"unreachable", "failing"}) for mode in ("before", "during")),
    *(
        ("T3", {"mode": mode}, {"unreachable", "failing", "not_understood"})
        for mode in ("short", "chunked", "gzip")
    ),
)


def test_t2_t3_inv4_a_body_that_is_not_whole_is_never_read_as_people(quiet: Quiet) -> None:
    for fault, more, codes in BROKEN:
        quiet.flow.fault(fault, **more)
        quiet.fails(*codes)
        quiet.flow.heal()
    quiet.heals()


def test_t2_t3_t5_t6_a_fault_that_passes_within_the_run_is_not_noticed(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again inside the run: nobody is told anything."""
    monkeypatch.setenv("ROLLCALL_HTTP_TRIES", "3")
    quiet = Quiet(flow)
    passing: list[tuple[str, dict[str, Any]]] = [("T5", {"status": 502}), ("T6", {})]
    for fault, more in (*((one, dict(more)) for one, more, _ in BROKEN[:3]), *passing):
        flow.fault(fault, times=1, **more)
        assert flow.run().error == ""
        quiet.untouched()
    assert not flow.events("connection.failed")


@pytest.mark.thorough
def test_t4_inv4_a_tool_that_never_answers_frees_its_worker(quiet: Quiet) -> None:
    """Thirty seconds of silence at the most, and then the next run."""
    quiet.flow.fault("T4", mode="hang")
    began = time.monotonic()
    quiet.fails("unreachable")
    assert time.monotonic() - began < 40
    quiet.flow.heal()
    quiet.heals()


def test_t5_inv4_every_failure_of_the_tools_own_server_is_said_as_such(quiet: Quiet) -> None:
    """Told once however long it lasts, and runs become rare."""
    for status in (500, 501, 502, 503, 504, 507, 520, 599):
        quiet.flow.fault("T5", status=status)
        quiet.fails("failing")
    due = quiet.flow.connection().next_run_at
    assert due and due - timezone.now() > timedelta(hours=23)
    assert len(quiet.flow.events("connection.failed")) == 1
    quiet.flow.heal()
    quiet.heals()
    assert len(quiet.flow.events("connection.recovered")) == 1


HOUR = 3_600
# what the header says -> the wait it means, in seconds; None: nothing, so our own
WAITS: tuple[tuple[str, float | None], ...] = (
    ("1200", 1200),
    (" 1800 ", 1800),
    ("3600.5", HOUR),
    ("{+7200}", 2 * HOUR),
    ("31536000", 24 * HOUR),
    ("{+31536000}", 24 * HOUR),
    ("-5", None),
    ("{-86400}", None),
    ("soon", None),
    ("", None),
    ("1e9", None),
    ("NaN", None),
    ("Infinity", None),
    ("9" * 400, None),
    ("Wed, 99 Foo 2026", None),
    ("0x10", None),
    ("1200, 5", None),
    ("Mon, 01 Jan 0001 00:00:00 GMT", None),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 24 * HOUR),
)


def _written(after: str) -> str:
    if not after.startswith("{"):
        return after
    return email.utils.formatdate(time.time() + float(after.strip("{}")), usegmt=True)


@pytest.mark.parametrize("status", [429, pytest.param(503, marks=pytest.mark.thorough)])
def test_t6_t7_inv4_every_form_of_retry_after_postpones_the_run_or_means_our_own_wait(
    quiet: Quiet, spoiling: Spoiling, status: int
) -> None:
    """A wait that a run cannot sit out is waited for by the clock, a day at the most; nothing is applied meanwhile."""
    for after, wait in WAITS:
        spoiling.spoil = every_list(status, {}, retry_after=_written(after))
        run = quiet.flow.run()
        due = quiet.flow.connection().next_run_at
        assert due is not None
        ahead = (due - timezone.now()).total_seconds()
        if wait is not None:
            assert (run.state, run.error) == (RunState.POSTPONED, "rate_limited"), after
            assert abs(ahead - wait) < 90, (after, ahead)
        else:
            assert run.error == ("rate_limited" if status == 429 else "failing"), after
            assert 0 < ahead <= 24 * HOUR + 90, (after, ahead)
        quiet.untouched()
    spoiling.spoil = honest
    quiet.heals()


def _packed(size: int, **how: int) -> bytes:
    maker = zlib.compressobj(9, zlib.DEFLATED, how["wbits"])
    block = b" " * 2**20
    packed = b"".join(maker.compress(block) for _ in range(size))
    return packed + maker.flush()


def _of_empty_blocks() -> bytes:
    """Gzip that is long and unpacks to nothing at all: stored blocks without content."""
    return gzip.compress(b"")[:10] + b"\x00\x00\x00\xff\xff" * 200_000


PACKED: tuple[tuple[str, Any], ...] = (
    ("gzip", lambda: _packed(60, wbits=31)),
    ("deflate", lambda: _packed(60, wbits=15)),
    ("deflate", lambda: _packed(60, wbits=-15)),
    ("gzip, gzip", lambda: gzip.compress(_packed(60, wbits=31))),
    ("gzip", lambda: gzip.compress(b'{"data":') + gzip.compress(b"[]}")),
    ("gzip", lambda: gzip.compress(b"{}") + b"more"),
    ("gzip", _of_empty_blocks),
    ("gzip", lambda: b"not packed at all"),
    ("br", lambda: b"\x0b\x02\x80[]\x03"),
    ("zstd", lambda: b"\x28\xb5\x2f\xfd"),
    ("gzip;q=1", lambda: gzip.compress(b"{}")),
)


def test_t8_inv4_no_way_of_packing_gets_through(quiet: Quiet, spoiling: Spoiling) -> None:
    """60 MB from 60 kB in several codings, packed twice, in two parts, with a tail, of blocks that hold nothing."""
    for coding, body in PACKED:
        spoiling.spoil = every_list(200, body(), content_type=JSON, content_encoding=coding)
        quiet.fails("not_understood", "failing", "unreachable")
    spoiling.spoil = honest
    quiet.heals()


PAGE = b"<!doctype html><title>Sign in</title><script>alert('planted')</script>"
OTHERS = (
    (200, PAGE, {"content_type": "text/html; charset=utf-8"}),
    (200, PAGE, {"content_type": JSON}),
    (200, b"{}", {"content_type": "text/html"}),
    (200, b"planted,1", {"content_type": "text/csv"}),
    (200, b"{}", {"content_type": "application/json; charset=utf-16"}),
    (200, b"{}", {"content_type": ""}),
    (203, PAGE, {"content_type": "application/xhtml+xml"}),
)
NOTHINGS = (
    *(
        (204, b"", {}),
        (200, b"", {"content_type": JSON}),
        (205, b"", {}),
        (206, b"[]", {"content_type": JSON}),
    ),
    *(
        (200, one, {"content_type": JSON})
        for one in (b"null", b"{}", b"[]", b'""', b"0", b"false", b"true", b" ")
    ),
    *(
        (200, one, {"content_type": JSON})
        for one in (
            b'{"data":null,"meta":{"totalPages":1,"totalItems":0}}',
            b'{"data":{},"meta":{"totalPages":1,"totalItems":0}}',
            b'{"data":[null],"meta":{"totalPages":1,"totalItems":1}}',
            b'{"data":[],"meta":null}',
            b'{"data":[]}',
            b'{"meta":{"totalPages":1,"totalItems":0}}',
            b'{"data":[[]],"meta":{"totalPages":1,"totalItems":1}}',
        )
    ),
)


def test_t10_inv4_whatever_is_no_list_of_people_is_never_read_as_one(
    quiet: Quiet, spoiling: Spoiling
) -> None:
    """And nothing of the page is shown."""
    for status, body, headers in OTHERS:
        spoiling.spoil = every_list(status, body, **headers)
        quiet.fails("not_understood", secret="planted")
    spoiling.spoil = honest
    quiet.heals()


def test_t11_p1_inv4_nothing_is_never_read_as_nobody(quiet: Quiet, spoiling: Spoiling) -> None:
    for status, body, headers in NOTHINGS:
        spoiling.spoil = every_list(status, body, **headers)
        quiet.fails("not_understood", "incomplete", "empty_list")
    spoiling.spoil = every_list(200, b'{"data":[],"meta":{"totalPages":1,"totalItems":0}}', content_type=JSON)
    for _ in range(3):
        quiet.fails("empty_list")
    spoiling.spoil = honest
    quiet.heals()


FAILED = (
    ({"error": {"code": 401, "message": "planted"}}, "credentials"),
    ({"error": {"code": 403}}, "permission"),
    ({"error": {"code": 500}}, "failing"),
    ({"error": {"code": "planted"}}, "not_understood"),
    ({"error": "planted"}, "not_understood"),
    ({"errors": [{"message": "planted"}]}, "not_understood"),
    ({"success": False, "data": []}, "not_understood"),
    ({"status": "error", "message": "planted"}, "not_understood"),
    ({"fault": {"faultstring": "planted"}}, "not_understood"),
)


def test_t12_inv4_an_error_told_in_a_good_answer_is_that_error(quiet: Quiet, spoiling: Spoiling) -> None:
    for body, code in FAILED:
        spoiling.spoil = every_list(200, body, content_type=JSON)
        quiet.fails(code, secret="planted")
    spoiling.spoil = every_list(200, {"error": {"code": 429}}, content_type=JSON)
    run = quiet.flow.run()
    assert (run.state, run.error) == (RunState.POSTPONED, "rate_limited")
    quiet.untouched()


@pytest.mark.thorough
def test_t13_inv4_no_redirect_is_followed_and_no_key_goes_elsewhere(quiet: Quiet, spoiling: Spoiling) -> None:
    for status in (301, 302, 303, 307, 308):
        for place in (
            *("https://elsewhere.example/", "http://127.0.0.1:1/", "//169.254.169.254/latest/meta-data"),
            *("?again=1", "/api/v1/company_information", "file:///etc/passwd", "javascript:alert(1)", ""),
        ):
            spoiling.spoil = every_list(status, b"", location=place)
            asked = len(spoiling.asked)
            quiet.fails("not_understood")
            assert sum(1 for one in spoiling.asked[asked:] if one.path.endswith("/data")) == 1
    spoiling.spoil = honest
    quiet.heals()


def test_a1_a3_inv4_a_key_that_is_refused_is_told_once_and_works_again_by_itself(quiet: Quiet) -> None:
    """On the first request or in the middle; the next day nobody has been changed."""
    flow = quiet.flow
    for mode, codes in (("401", {"credentials"}), ("403", {"permission", "credentials"})):
        for where in ({"page": 1}, {"path": "/"}):
            flow.fault("A1", mode=mode, **where)
            quiet.fails(*codes)
            quiet.fails(*codes)
            flow.heal()
        quiet.heals()
    assert len(flow.events("connection.failed")) == len(flow.events("connection.recovered")) == 2
    flow.fault("A3")
    for _ in range(3):
        quiet.fails("credentials")
    assert len(flow.events("connection.failed")) == 3
    flow.control("faults", clear=True)
    quiet.heals()


def test_a6_inv4_a_key_of_another_company_reads_nobody(quiet: Quiet) -> None:
    quiet.flow.fault("A6")
    for _ in range(3):
        quiet.fails("other_company")
    quiet.flow.heal()
    quiet.heals()


HOSTILE = (
    b"NaN", b"-Infinity", b"Infinity", b"1e999", b"-1e999", b"9" * 5_000, b"-" + b"9" * 5_000,
    b"0." + b"1" * 100_000, b"1e-99999999", b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"01", b"+1", b"0x1F", b"1_000", b"nan", b"'a'", b'"\\x00"', b'"\t"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff"',
    b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\xf4\x90\x80\x80"', b"/* a */ 1", b"[1,]", b"{,}",
)  # fmt: skip


@pytest.mark.thorough
def test_e1_e8_inv4_bytes_that_no_json_holds_end_the_run_or_are_ignored(
    quiet: Quiet, spoiling: Spoiling
) -> None:
    """In a field nobody reads: whatever becomes of it, nobody changes, and the worker goes on."""
    for hostile in HOSTILE:

        def spoil(asked: Any, reply: Any, hostile: bytes = hostile) -> Any:
            if not asked.path.endswith("/data"):
                return reply
            body = reply[1].replace(b'"fields":{', b'"fields":{"score":' + hostile + b",", 1)
            assert body != reply[1]
            return (200, body, {"Content-Type": JSON})

        spoiling.spoil = spoil
        run = quiet.flow.run()
        assert run.error in ("", "not_understood"), (hostile[:20], run.error)
        assert quiet.flow.people() == quiet.people, hostile[:20]
    spoiling.spoil = honest
    assert quiet.flow.run().error == ""
    assert quiet.flow.people() == quiet.people


def test_e9_inv4_a_field_gone_from_every_record_is_one_error_and_not_thirty(
    quiet: Quiet, spoiling: Spoiling
) -> None:
    """The id itself, its name spelt in another way, all fields, or the id of another type."""

    def gone(_number: int, fields: dict[str, Any]) -> None:
        fields.pop("eeid")

    def renamed(_number: int, fields: dict[str, Any]) -> None:
        fields["EEID"] = fields.pop("eeid")

    def emptied(_number: int, fields: dict[str, Any]) -> None:
        fields.clear()

    def blank(_number: int, fields: dict[str, Any]) -> None:
        fields["eeid"] = " "

    def other(_number: int, fields: dict[str, Any]) -> None:
        fields["eeid"] = {"value": fields["eeid"]}

    for change in (gone, renamed, emptied, blank, other):
        spoiling.spoil = each_row(change)
        quiet.fails("not_understood", "incomplete")
    spoiling.spoil = honest
    quiet.heals()
    assert quiet.flow.connection().set_aside == []
