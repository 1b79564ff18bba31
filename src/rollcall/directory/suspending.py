"""The brake pedal (product decision 11): stop somebody's access at once, whatever their state, and let them back.

A suspension stands beside the state. The HR tool goes on updating, archiving and bringing back; none of that gives
access again, only ``lift`` does. Everything here runs inside a transaction that acts for the entity's company, with
a fixed number of statements for any number of members.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity
from rollcall.directory import following
from rollcall.directory.models import Member
from rollcall.directory.telling import tell
from rollcall.engine.roster import State
from rollcall.events.catalogue import Kind

LONGEST_REASON: Final = 500


def suspend(
    entity: Entity, members: Sequence[Member], *, reason: str = "", actor: Actor, now: datetime
) -> None:
    """End the access of members who were locked and may be suspended (``bulk.judge``): rights and sessions."""
    ids = [one.pk for one in members]
    reason = reason.strip()[:LONGEST_REASON]
    Member.objects.filter(pk__in=ids).update(suspended_at=now, suspended_by=actor.label, suspended_why=reason)
    following.stop_access(ids)
    data = {"reason": reason} if reason else {}
    tell(Kind.MEMBER_SUSPENDED, entity, dict.fromkeys(ids, data), actor)


def lift(entity: Entity, members: Sequence[Member], *, actor: Actor, now: datetime) -> None:
    """Let suspended members back: who had signed up has their right again, who was invited can use their link."""
    ids = [one.pk for one in members]
    Member.objects.filter(pk__in=ids).update(suspended_at=None, suspended_by="", suspended_why="")
    following.restore_access([one.pk for one in members if one.state == State.ACTIVE])
    following.resume_reminders([one.pk for one in members if one.state == State.INVITED], now)
    tell(Kind.MEMBER_SUSPENSION_LIFTED, entity, {member_id: {} for member_id in ids}, actor)
