"""What people do to members enters the audit log in the same transaction."""

from collections.abc import Mapping
from typing import Any

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.events.catalogue import Kind
from rollcall.events.outbox import NewEvent, append


def tell(kind: Kind, entity: Entity, about: Mapping[int, Mapping[str, Any]], actor: Actor) -> None:
    """Append one entry for each member of the entity: ``about`` is member id -> what the entry says."""
    append(
        [
            NewEvent(
                company_id=entity.company_id,
                kind=kind,
                actor=actor,
                entity_id=entity.pk,
                member_id=member_id,
                data=dict(data),
            )
            for member_id, data in about.items()
        ]
    )
