"""What people and operators change about the company itself, each with its audit entry: API tokens and its plan."""

from collections.abc import Collection, Mapping
from datetime import datetime

from rollcall.accounts import tokens
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import ApiToken, Company, Entity, Plan, User
from rollcall.events.catalogue import Kind
from rollcall.events.outbox import Json, NewEvent, append


def issue_token(
    *,
    company_id: int,
    name: str,
    scopes: Collection[str],
    actor: Actor,
    entity: Entity | None = None,
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token and tell so; return its row and the token itself, which is kept nowhere and in no event.

    Inside `acting_for(company_id)`. Raises ValueError like `tokens.issue`.
    """
    row, raw = tokens.issue(
        company_id=company_id,
        name=name,
        scopes=scopes,
        entity=entity,
        created_by=created_by,
        expires_at=expires_at,
    )
    _tell_token(Kind.TOKEN_ISSUED, row, actor)
    return row, raw


def revoke_token(token: ApiToken, *, actor: Actor) -> bool:
    """End a token at once and tell so; False when it was ended before."""
    if not tokens.revoke(token):
        return False
    _tell_token(Kind.TOKEN_REVOKED, token, actor)
    return True


def change_plan(company: Company, plan: Plan, *, actor: Actor) -> bool:
    """Put the company on another plan; return whether it was on another. Inside `acting_for(company)`."""
    locked = Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if locked.plan == plan:
        return False
    before, locked.plan = locked.plan, plan
    locked.save(update_fields=["plan"])
    data = {"fields": {"plan": [before, str(plan)]}}
    append([NewEvent(company_id=locked.pk, kind=Kind.COMPANY_PLAN_CHANGED, actor=actor, data=data)])
    return True


def _tell_token(kind: Kind, row: ApiToken, actor: Actor) -> None:
    ends = row.expires_at.isoformat() if row.expires_at else None
    data: Mapping[str, Json] = {
        "token": row.pk,
        "name": row.name,
        "scopes": list(row.scopes),
        "expires_at": ends,
    }
    append([NewEvent(company_id=row.company_id, kind=kind, actor=actor, entity_id=row.entity_id, data=data)])
