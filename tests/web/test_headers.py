"""Every answer tells the browser what to refuse."""

from django.http import HttpResponse
from django.test import RequestFactory

from rollcall.web.headers import HEADERS, SecurityHeadersMiddleware


def _answer(response: HttpResponse) -> HttpResponse:
    answer = SecurityHeadersMiddleware(lambda _: response)(RequestFactory().get("/"))
    assert isinstance(answer, HttpResponse)
    return answer


def test_every_answer_carries_the_headers() -> None:
    answer = _answer(HttpResponse(status=500))
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_no_inline_script_or_style_and_no_other_host_is_allowed() -> None:
    policy = _answer(HttpResponse()).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & {
        word for rule in rules.values() for word in rule.split()
    }


def test_an_answer_is_not_stored_unless_it_says_so_itself() -> None:
    assert _answer(HttpResponse()).headers["Cache-Control"] == "no-store"
    own = HttpResponse(headers={"Cache-Control": "max-age=60"})
    assert _answer(own).headers["Cache-Control"] == "max-age=60"
