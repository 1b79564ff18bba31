"""Outages and throttling in any mixture, while people come and go: nobody is lost and nobody is there twice.

Each mixture switches on up to three faults and changes people. A read then either fails, and the mirror stays as it
was, or brings what the tool holds. When the tool is well again, the mirror is what a fresh one would be.
``MIXTURES`` sets how many are tried per tool (10; ``scripts/soak`` tries 200).
"""

import json
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from rollcall.accounts import access
from rollcall.connections.fetch import fetch
from rollcall.connections.models import Connection, Employee
from rollcall.connectors.catalogue import TOOLS
from rollcall.connectors.errors import SourceError
from rollcall.project.conformance.subject import Subject, stand_in
from tests.accounts.people import two_companies

pytestmark = pytest.mark.thorough

MIXTURES = int(os.environ.get("MIXTURES") or 10)
PEOPLE = 130
API = sorted(key for key, kind in TOOLS.items() if kind.tool.kind == "api")

# What a network or a server does to a read for a while; nothing here is wrong with the people themselves.
FAULTS: tuple[dict[str, Any], ...] = (
    {"id": "T2", "mode": "during"},
    {"id": "T2", "mode": "before"},
    {"id": "T3", "mode": "short"},
    {"id": "T3", "mode": "chunked"},
    {"id": "T5", "status": 500},
    {"id": "T5", "status": 502},
    {"id": "T5", "status": 503},
    {"id": "T6"},
    {"id": "T7", "mode": "seconds"},
    {"id": "T7", "mode": "date", "status": 503},
    {"id": "T7", "mode": "nonsense"},
    {"id": "T10"},
    {"id": "T11", "mode": "empty"},
    {"id": "T11", "mode": "object"},
    {"id": "T12"},
    {"id": "A2"},
    {"id": "P2", "mode": "error"},
    {"id": "P2", "mode": "short"},
    {"id": "P4", "mode": "less"},
    {"id": "P5", "mode": "expired"},
    {"id": "E1"},
)


@pytest.fixture
def connection(db: None) -> Connection:
    two = two_companies()
    with access.acting_for(two.alice_company.pk):
        return Connection.objects.create(
            company_id=two.alice_company.pk, tool="any", connected_at=timezone.now()
        )


def read(connection: Connection, subject: Subject) -> None:
    with subject.opened() as connector:
        fetch(connection, connector, now=timezone.now(), progress=lambda _read: None)


def mirror(connection: Connection) -> dict[str, Any]:
    """Everybody present, without what depends on when they were read."""
    with access.acting_for(connection.company_id), database.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, to_jsonb(e)"
            " - '{id,connection_id,record_digest,first_seen_at,changed_at,bank_sealed}'::text[]"
            " FROM connections_employee e WHERE connection_id = %s AND absent_since IS NULL",
            [connection.pk],
        )
        return {number: json.loads(row) for number, row in cursor.fetchall()}


def mixtures(chance: random.Random) -> Iterator[list[dict[str, Any]]]:
    for _ in range(MIXTURES):
        yield [
            {
                **chance.choice(FAULTS),
                "page": chance.choice((None, 1, 2, 3)),
                "times": chance.choice((1, 2, 4, None)),
                **({"path": "/"} if chance.random() < 0.2 else {}),
            }
            for _ in range(chance.randint(1, 3))
        ]


def move_people(subject: Subject, chance: random.Random) -> None:
    active = [one["id"] for one in subject.truth() if one["status"] == "active"]
    someone = chance.choice(active)
    match chance.randrange(4):
        case 0:
            subject.control("hire", n=chance.randint(1, 3))
        case 1:
            subject.control("rename", id=someone, first_name="Other", last_name=f"Name{chance.randrange(99)}")
        case 2:
            subject.control("terminate", id=someone)
        case _:
            subject.control(
                "change", id=someone, fields={"work_email": f"p{chance.randrange(9999)}@acme.example"}
            )


@pytest.mark.parametrize("tool", API)
def test_t2_t3_t5_t6_t7_t10_t11_t12_a2_p2_p4_p5_e1_no_mixture_of_outages_loses_or_doubles_anybody(
    tool: str, connection: Connection
) -> None:
    chance = random.Random(f"{tool}:{MIXTURES}")
    failed = 0
    with stand_in(tool, PEOPLE) as subject:
        read(connection, subject)
        for faults in mixtures(chance):
            before = mirror(connection)
            move_people(subject, chance)
            for fault in faults:
                subject.control(
                    "faults", on={name: value for name, value in fault.items() if value is not None}
                )
            try:
                read(connection, subject)
            except SourceError:
                failed += 1
                assert mirror(connection) == before
            subject.control("faults", clear=True)
            read(connection, subject)
            assert_same(connection, subject)
    assert failed, "not one mixture made a read fail: nothing was tried"


def assert_same(connection: Connection, subject: Subject) -> None:
    """The mirror that grew through all of this is the one that a new connection would have."""
    with access.acting_for(connection.company_id):
        fresh = Connection.objects.create(
            company_id=connection.company_id,
            tool=f"fresh{timezone.now().timestamp()}",
            connected_at=timezone.now(),
        )
    read(fresh, subject)
    assert mirror(connection) == mirror(fresh)
    with access.acting_for(connection.company_id):
        Employee.objects.filter(connection=fresh).delete()
        fresh.delete()
