"""Every page of a company of many people, asked for again and again; run by ``benchmarks.child`` in its own process.

Takes a ``Task`` as JSON on standard input and prints a list of ``Visit``. The time of a visit is that of the whole
request inside the server: middleware, view, template; the network and the browser are not in it.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from statistics import median, quantiles
from typing import Final

import msgspec
from django.core.management import call_command
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks import flow
from benchmarks.report import Task, Visit
from rollcall.accounts import access
from rollcall.accounts.companies import create_company, create_entity
from rollcall.accounts.models import Entity, User
from rollcall.connections.models import Connection
from rollcall.directory.queries import members_of
from rollcall.sync.models import Line, Plan, Run

TIMES: Final = 40
RUNS: Final = 10_000
"""More than a year of hourly runs."""

_SIGNS_IN: Final = "allauth.account.auth_backends.AuthenticationBackend"


def visits(task: Task) -> list[Visit]:
    """Let everybody be invited, then look at every page; the preview before it is confirmed."""
    call_command("collectstatic", interactive=False, verbosity=0)
    company = create_company("Acme")
    entity = create_entity(company, "Acme France")
    create_entity(company, "Acme UK", country="GB", currency="GBP", time_zone="Europe/London", language="en")
    with access.acting_for(company.pk):
        connection = flow.connect(entity, task.credentials)
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(User.objects.get(), backend=_SIGNS_IN)
    flow.read(connection, "first")
    made = flow.preview(entity)
    _settle()
    found = [_visit(browser, name, addresses) for name, addresses in _of_plan(made)]
    flow.apply(made)
    _many_runs(connection)
    _settle()
    return found + [_visit(browser, name, addresses) for name, addresses in _others(entity, made)]


def _settle() -> None:
    # What autovacuum does within a minute; its moment would be luck.
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def _of_plan(made: Plan) -> Iterator[tuple[str, Sequence[str]]]:
    address = reverse("plan", args=[made.pk])
    with access.acting_for(made.company_id):
        numbers = list(
            Line.objects.filter(plan=made).order_by("number").values_list("number", flat=True)[::2_500]
        )
        names = list(
            Line.objects.filter(plan=made).order_by("number").values_list("name", flat=True)[::2_500]
        )
    yield "preview", [address]
    yield "preview, further down", [f"{address}?kind=create&after={number}" for number in numbers]
    yield "preview, searched", [f"{address}?kind=create&q={name.split()[0]}" for name in names if name]


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


def _others(entity: Entity, made: Plan) -> Iterator[tuple[str, Sequence[str]]]:
    with access.acting_for(entity.company_id):
        people = list(members_of(entity.pk).order_by("last_name", "first_name", "pk")[::2_500])
        runs = list(Run.objects.order_by("-started_at").values_list("pk", flat=True)[::500])
    members = reverse("members")
    yield "members", [f"{members}?state=invited"]
    yield "members, further down", [f"{members}?state=invited&after={one.pk}" for one in people]
    yield "members, searched", [f"{members}?state=invited&q={one.last_name}" for one in people]
    yield "members, managed", [f"{members}?state=invited&hr=managed"]
    yield "runs", [reverse("runs")]
    yield "run", [reverse("run", args=[pk]) for pk in runs]
    yield "applied plan", [reverse("plan", args=[made.pk])]
    yield "member", [reverse("member", args=[one.pk]) for one in people]
    yield "why, of a member", [reverse("why_member", args=[one.pk]) for one in people]
    yield "why, searched", [f"{reverse('why_search')}?q={one.last_name[:3]}" for one in people]
    for name in _PLAIN:
        yield name, [reverse(name)]


_PLAIN: Final = (
    "integrations",
    "configure",
    "disconnect",
    "instant",
    "between",
    "entities",
    "company_plan",
    "tokens",
    "audit",
    "me",
    "invite_member",
)


def _visit(browser: Client, name: str, addresses: Sequence[str]) -> Visit:
    took, sizes, statements = [], [], []
    for address in islice(_round(addresses), 3):
        browser.get(address)
    for address in islice(_round(addresses), TIMES):
        begun = time.perf_counter()
        answer = browser.get(address)
        took.append((time.perf_counter() - begun) * 1_000)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        sizes.append(len(answer.content))
    for address in islice(addresses, 5):
        with CaptureQueriesContext(database) as seen:
            browser.get(address)
        statements.append(len(seen))
    return Visit(
        name=name,
        statements=max(statements),
        bytes=max(sizes),
        median=median(took),
        p95=quantiles(took, n=20)[-1],
    )


def _round(addresses: Sequence[str]) -> Iterator[str]:
    while True:
        yield from addresses


if __name__ == "__main__":
    done = visits(msgspec.json.decode(sys.stdin.buffer.read(), type=Task))
    sys.stdout.write(msgspec.json.encode(done).decode())
