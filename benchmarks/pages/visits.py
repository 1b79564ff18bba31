"""Every page of a company of many people, asked for again and again; run by ``measuring.child`` in its own process.

Takes a ``Task`` as JSON on standard input and prints a list of ``Visit``. The time of a visit is that of the whole
request inside the server: middleware, view, template; the network and the browser are not in it. ``BEGIN``, ``COMMIT``
and savepoints are not counted as statements.
"""

import gc
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from itertools import islice
from statistics import median, quantiles
from typing import Any, Final

import msgspec
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.companies import flow, report
from benchmarks.measuring import ground
from benchmarks.measuring.session import server_seconds, vacuum
from benchmarks.pages import addresses
from benchmarks.pages.addresses import Page
from benchmarks.pages.report import Task, Visit
from rollcall.accounts import access
from rollcall.accounts.companies import create_company, create_entity, grant_role
from rollcall.accounts.models import Entity, Role, User
from rollcall.connections.models import Connection, Employee, Subscription
from rollcall.engine.scope import Condition, Filter
from rollcall.engine.settings import Settings
from rollcall.sync import actions
from rollcall.sync.models import Run
from rollcall.sync.why import tally

RUNS: Final = 10_000
"""More than a year of hourly runs."""

_UNDER_WAY: Final = 5
"""Seconds after which the sync beside has certainly begun to write."""

_SIGNS_IN: Final = "allauth.account.auth_backends.AuthenticationBackend"
_NO_STATEMENTS: Final = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")
_FILE: Final = b"""Number,First name,Last name,Work e-mail,Status,Work location
1,Ada,Bell,ada@acme.example,active,Paris
2,Bo,Cole,bo@acme.example,active,Lyon
"""


def visits(task: Task) -> list[Visit]:
    """Let everybody be invited, then look at every page; the preview before it is confirmed."""
    call_command("collectstatic", interactive=False, verbosity=0)
    import_module("rollcall.project.wsgi")  # loads all pages, as the web process does
    company = create_company("Acme")
    entity = create_entity(company, "Acme France")
    other = create_entity(
        company, "Acme UK", country="GB", currency="GBP", time_zone="Europe/London", language="en"
    )
    unconnected = create_entity(company, "Acme España", country="ES", time_zone="Europe/Madrid")
    with access.acting_for(company.pk):
        connection = flow.connect(entity, task.credentials)
    browser = Client(SERVER_NAME="localhost")
    owner = User.objects.get(email="owner@acme.example")
    browser.force_login(owner, backend=_SIGNS_IN)
    flow.read(connection, "first")
    made = flow.preview(entity)
    _settle()
    with _sync_beside(task):
        found = [_visit(browser, page, task.times) for page in addresses.of_plan(made)]
    flow.apply(made)
    _many_runs(connection)
    _share(connection, entity, other)
    _settle()
    with _sync_beside(task):
        found += [_visit(browser, page, task.times) for page in addresses.of_company(entity, made)]
        with access.acting_for(company.pk):
            grant_role(unconnected, owner, Role.OWNER)
        browser.post(reverse("switch_entity"), {"entity": unconnected.pk})
        others = addresses.of_unconnected(_hand_in(browser))
        return found + [_visit(browser, page, task.times) for page in others]


@contextmanager
def _sync_beside(task: Task) -> Iterator[None]:
    """Let another process sync for the time of the block, if it was asked for; it must not end by itself."""
    if not task.during_sync:
        yield
        return
    process = subprocess.Popen(ground.child("benchmarks.pages.beside"), stdin=subprocess.PIPE)
    try:
        assert process.stdin is not None
        with process.stdin as there:
            there.write(msgspec.json.encode(report.Task(task.credentials)))
        time.sleep(_UNDER_WAY)
        yield
        assert process.poll() is None, "the sync beside has ended"
    finally:
        process.kill()
        process.wait()


def _settle() -> None:
    vacuum()
    # What the sync before has left is not the pages' to clear away.
    gc.collect()


def _many_runs(connection: Connection) -> None:
    with access.acting_for(connection.company_id):
        last = Run.objects.latest("pk")
        Run.objects.bulk_create(
            Run(
                company_id=last.company_id,
                connection=connection,
                trigger="clock",
                state=last.state,
                started_at=last.started_at - timedelta(hours=hours),
                finished_at=last.started_at - timedelta(hours=hours),
                seen=last.seen,
            )
            for hours in range(1, RUNS + 1)
        )


def _share(connection: Connection, entity: Entity, other: Entity) -> None:
    """Let two entities choose by place, with some people in both and some in none, and count as a run does."""
    with access.acting_for(connection.company_id):
        actions.join(other, connection, actor=flow.ACTOR)
        rows = Employee.objects.exclude(work_location=None).order_by("work_location")
        places = list(rows.values_list("work_location", flat=True).distinct())
        for one, chosen in ((entity, places[:-2]), (other, places[1:3])):
            where = Condition(attribute="work_location", test="one_of", values=tuple(chosen))
            settings = Settings(scope=Filter(conditions=(where,), include_managers=True))
            Subscription.objects.filter(entity=one).update(settings=msgspec.to_builtins(settings))
    tally.count(connection.company_id, connection.pk, moved=True)


def _hand_in(browser: Client) -> str:
    """Upload a file of two people and return the address at which somebody looks at it."""
    file = SimpleUploadedFile("people.csv", _FILE, content_type="text/csv")
    answer = browser.post(reverse("csv_upload"), {"file": file})
    assert answer.status_code == 302, answer.status_code
    return str(answer.headers["Location"])


def _visit(browser: Client, page: Page, times: int) -> Visit:
    took, sizes, statements = [], [], []
    for address in islice(_round(page.addresses), 3):
        _look(browser, page, address)
    worked = time.process_time() + server_seconds()
    for address in islice(_round(page.addresses), times):
        begun = time.perf_counter()
        answer = _look(browser, page, address)
        took.append((time.perf_counter() - begun) * 1_000)
        sizes.append(len(answer.content))
    cpu = time.process_time() + server_seconds() - worked
    for address in islice(page.addresses, 5):
        with CaptureQueriesContext(database) as seen:
            _look(browser, page, address)
        sent = [str(one["sql"]) for one in seen.captured_queries]
        statements.append(sum(1 for sql in sent if not sql.startswith(_NO_STATEMENTS)))
    return Visit(
        name=page.name,
        statements=max(statements),
        bytes=max(sizes),
        cpu=cpu * 1_000 / times,
        median=median(took),
        p95=quantiles(took, n=20)[-1],
    )


def _look(browser: Client, page: Page, address: str) -> HttpResponse:
    form: Any = page.form
    answer: Any = browser.get(address) if form is None else browser.post(address, form)
    # A search with one hit leads straight to it.
    found = answer.status_code == 302 and "?q=" in address
    assert answer.status_code == 200 or found, f"{address}: {answer.status_code}"
    return answer  # type: ignore[no-any-return] # the test client's own type


def _round(found: Sequence[str]) -> Iterator[str]:
    while True:
        yield from found


if __name__ == "__main__":
    done = visits(msgspec.json.decode(sys.stdin.buffer.read(), type=Task))
    sys.stdout.write(msgspec.json.encode(done).decode())
