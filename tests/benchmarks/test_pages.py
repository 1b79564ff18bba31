"""The benchmark of pages at a small size: no page is missing, and none needs more statements than it may."""

import os
import subprocess
import sys

import msgspec
import pytest
from django.test import Client
from django.urls import reverse
from django.urls.resolvers import URLPattern

from benchmarks.pages.addresses import ACTS, ELSEWHERE
from benchmarks.pages.report import Visit, beyond
from rollcall.web.urls import urlpatterns

PEOPLE = 300

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def visits() -> list[Visit]:
    command = [sys.executable, "-m", "benchmarks.pages", "--people", str(PEOPLE), "--times", "2", "--json"]
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return msgspec.json.decode(done.stdout, type=list[Visit])


def test_every_page_of_the_router_is_measured_or_says_why_not(visits: list[Visit]) -> None:
    measured = {one.name.split(",")[0] for one in visits}
    named = {one.name for one in urlpatterns}
    assert named - measured - ACTS - set(ELSEWHERE) == set()
    assert (ACTS | set(ELSEWHERE)) - named == set()


def test_no_page_needs_more_statements_or_bytes_than_it_may(visits: list[Visit]) -> None:
    over = {one.name: [what for what in beyond(one) if what != "time"] for one in visits}
    assert {name: what for name, what in over.items() if what} == {}


@pytest.mark.django_db
def test_what_is_left_out_as_an_act_cannot_be_looked_at() -> None:
    for one in urlpatterns:
        if one.name in ACTS:
            answer = Client().get(_address(one))
            assert answer.status_code in (302, 405), one.name


def _address(one: URLPattern) -> str:
    found = one.pattern.converters
    values = {name: 1 if type(way).__name__ == "IntConverter" else "x" for name, way in found.items()}
    return reverse(str(one.name), kwargs=values)
