"""Syncs of a company of many people one after the other, until somebody ends this process; for whatever runs beside it.

Takes a ``Task`` as JSON on standard input. Each time another company connects, reads everybody for the first time,
makes a preview of all and lets them in: the most work that one connection gives a database.
"""

import sys
from itertools import count

import msgspec

from benchmarks.companies import flow
from benchmarks.companies.report import Task
from rollcall.accounts import access
from rollcall.accounts.companies import create_company, create_entity
from rollcall.connections.source import Wanted
from rollcall.sync import actions


def sync(task: Task, number: int) -> None:
    """Let one more company have everybody as a member."""
    company = create_company(f"Beside {number}")
    entity = create_entity(company, f"Beside {number}")
    with access.acting_for(company.pk):
        found = actions.try_credentials("bamboohr", task.credentials, Wanted())
        connection = actions.connect(
            entity, "bamboohr", task.credentials, wanted=Wanted(), access=found, actor=flow.ACTOR
        )
    flow.read(connection, "first")
    flow.apply(flow.preview(entity))


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    for one in count(1):
        sync(asked, one)
