"""What a company goes through, step by step; each function runs in a process of its own that has its database."""

from typing import Any

from django.db import connection as database

from rollcall.accounts import access
from rollcall.accounts.actor import Actor
from rollcall.accounts.companies import create_company, create_entity, grant_role
from rollcall.accounts.models import Entity, Role, User
from rollcall.connections.models import Connection, Subscription
from rollcall.connections.source import Wanted
from rollcall.engine.settings import Settings
from rollcall.events.outbox import verify
from rollcall.sync import actions
from rollcall.sync.models import Plan, PlanState

ALICE = Actor(kind="user", id=1, label="alice@rollcall.example")


def connect(credentials: dict[str, str], name: str = "Alice's") -> int:
    """A company connects its tool; the first read waits for a worker. Returns the company's id."""
    company = create_company(name)
    entity = create_entity(company, f"{name} entity")
    owner = User.objects.create_user(f"owner{company.pk}@rollcall.example", "a good long password")
    grant_role(entity, owner, Role.OWNER)
    with access.acting_for(company.pk):
        found = actions.try_credentials("bamboohr", credentials, Wanted())
        actions.connect(entity, "bamboohr", credentials, wanted=Wanted(), access=found, actor=ALICE)
    return int(company.pk)


def confirm(company: int = 1) -> dict[str, int]:
    """The owner looks at the preview and confirms it; returns how many changes of each kind."""
    with access.acting_for(company):
        subscription = Subscription.objects.select_related("connection").get()
        made = actions.preview(subscription, Settings(archive_inactive=True), actor=ALICE)
        actions.approve(made, made.digest, actor=ALICE, override="looked at it" if made.breaches else "")
        return {name: count for name, count in made.counts.items() if isinstance(count, int)}


def sync_now(company: int = 1) -> None:
    """Somebody presses "Sync now"."""
    with access.acting_for(company):
        actions.start(Connection.objects.get(), trigger="person", actor=ALICE)


def look(company: int = 1) -> dict[str, Any]:
    """What can be seen of the company in the end; equal for every way that led there. No ids, no times."""
    with access.acting_for(company), database.cursor() as cursor:
        found: dict[str, Any] = {"entities": Entity.objects.count(), "broken_event": verify(company)}
        for name, statement in _LOOKS.items():
            cursor.execute(statement)
            found[name] = [list(row) for row in cursor.fetchall()]
        return found


_LOOKS = {
    "members": """
        SELECT m.email_key, m.first_name, m.last_name, m.state, m.role, m.job_title, m.department, m.work_location,
               m.bank_mask, b.email_key, m.archived_at IS NULL, l.employee_id, l.managed, l.why_not
        FROM directory_member m LEFT JOIN directory_member b ON b.id = m.manager_id
        LEFT JOIN directory_link l ON l.member_id = m.id ORDER BY 1, 12""",
    "changes": """
        SELECT e.kind, m.email_key, count(*) FROM events_event e JOIN directory_member m ON m.id = e.member_id
        GROUP BY 1, 2 ORDER BY 1, 2""",
    "plans": """
        SELECT state, outcome ->> 'done', outcome ->> 'stale', for_settings, jsonb_array_length(breaches)
        FROM sync_plan ORDER BY id""",
    "connection": "SELECT state, error, employees FROM connections_connection ORDER BY id",
    "invitations": """
        SELECT m.email_key, count(*), count(*) FILTER (WHERE i.cancelled_at IS NULL)
        FROM directory_invitation i JOIN directory_member m ON m.id = i.member_id GROUP BY 1 ORDER BY 1""",
    "mails": "SELECT purpose, to_address, count(*) FROM notify_mail GROUP BY 1, 2 ORDER BY 1, 2",
    "mirror": """
        SELECT external_id, digest, absent_since IS NULL FROM connections_employee ORDER BY 1""",
}


def confirm_held(company: int) -> int:
    """The owner looks at what waits and confirms it; returns how many plans."""
    confirmed = 0
    with access.acting_for(company):
        for made in Plan.objects.filter(state=PlanState.HELD).order_by("pk"):
            try:
                actions.approve(made, made.digest, actor=ALICE, override="looked at it")
            except actions.Refused as refused:
                # A run has put another plan in its place since the owner looked.
                if refused.code != "decided":
                    raise
            else:
                confirmed += 1
    return confirmed
