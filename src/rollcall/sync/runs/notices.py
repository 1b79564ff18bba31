"""Events that tell admins of a plan that waits, or of a connection that fails."""

from collections.abc import Mapping
from datetime import datetime

from rollcall.accounts.actor import Actor
from rollcall.connections.gallery import tool_name
from rollcall.connections.models import Connection
from rollcall.events.catalogue import Kind as EventKind
from rollcall.events.outbox import Json, NewEvent, append
from rollcall.sync.models import Plan
from rollcall.sync.runs.telling import about_held


def tell_plan_held(made: Plan, *, paused_since: datetime | None = None) -> None:
    """Tell the admins of the entity that a plan waits for them; ``paused_since`` as in ``about_held``."""
    append(
        [
            NewEvent(
                company_id=made.company_id,
                kind=EventKind.PLAN_HELD,
                actor=Actor(kind="sync", id=made.run_id, label="sync"),
                entity_id=made.entity_id,
                run_id=made.run_id,
                plan_id=made.pk,
                data={
                    "entity": made.entity.name,
                    "tool_name": tool_name(made.subscription.connection.tool),
                    **about_held(made, paused_since=paused_since),
                },
            )
        ]
    )


def tell_connection(connection: Connection, *, told: Mapping[str, Json] | None) -> None:
    """Tell the company's admins that a connection fails, in the words ``told``; ``None``: that it works again."""
    kind = EventKind.CONNECTION_RECOVERED if told is None else EventKind.CONNECTION_FAILED
    data: dict[str, Json] = {"connection": connection.pk, "tool_name": tool_name(connection.tool)}
    if told is not None:
        data |= {"error": connection.error, "tool": connection.tool, "told": told}
    append(
        [
            NewEvent(
                company_id=connection.company_id, kind=kind, actor=Actor(kind="sync", label="sync"), data=data
            )
        ]
    )
