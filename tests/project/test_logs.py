"""Z5: what a log line may say. Each case runs in a process of its own: set-up of logging is global."""

import json
import subprocess
import sys
from typing import Any

import pytest

from rollcall.project import logs
from tests import planted

_SET_UP = """
import logging, sys
import structlog
from django.conf import settings
settings.configure(ROOT_URLCONF="rollcall.project.logs", ALLOWED_HOSTS=["*"])
from django.test import RequestFactory
from django.http import HttpResponse
from rollcall.project import logs
logs.configure("json")
secret = sys.argv[1]
"""


def _lines(code: str, secret: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-c", _SET_UP + code, secret], capture_output=True, text=True, check=True, timeout=30
    )
    assert secret not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.thorough
def test_a_failed_request_is_logged_by_its_route_without_the_path() -> None:
    code = """
request = RequestFactory().get(f"/join/{secret}/")
logging.getLogger("django.request").error("Server Error: %s", request.path, extra={"request": request})
"""
    (line,) = _lines(code, planted.TOKEN)
    assert line["event"] == "request failed: unmatched"


@pytest.mark.thorough
def test_an_error_is_logged_with_its_place_and_without_its_text() -> None:
    code = """
try:
    try:
        raise KeyError(secret)
    except KeyError as cause:
        raise ValueError(secret) from cause
except ValueError:
    structlog.get_logger("test").exception("it failed", run=7)
"""
    (line,) = _lines(code, planted.NAME)
    assert line["run"] == 7
    assert [part.split(" at ")[0] for part in line["error"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert line["error"][0].endswith("<module>")


def test_a_request_line_has_status_and_time_and_no_query() -> None:
    code = """
middleware = logs.RequestLineMiddleware(lambda request: HttpResponse(status=204))
middleware(RequestFactory().get(f"/x?next={secret}"))
"""
    (line,) = _lines(code, planted.TOKEN)
    assert (line["event"], line["method"], line["status"]) == ("request", "GET", 204)
    assert line["milliseconds"] >= 0


def test_the_http_client_does_not_log_addresses() -> None:
    code = """
logging.getLogger("httpx").info("GET https://hr.example/?key=%s", secret)
"""
    assert _lines(code, planted.TOKEN) == []


@pytest.mark.parametrize("choice", ["xml", "json:loud"])
def test_an_unknown_choice_is_refused(choice: str) -> None:
    with pytest.raises(ValueError, match="ROLLCALL_LOG"):
        logs.configure(choice)
