"""What a look asks about, and the conditions that the settings set in its statements."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from rollcall.connections.belonging import brings_managers
from rollcall.connections.models import Subscription
from rollcall.engine import scope as scopes
from rollcall.engine.settings import Settings


class Question(Struct, frozen=True, kw_only=True):
    """Whom to look for: an entity's subscription under given settings at a moment."""

    subscription: Subscription
    settings: Settings
    now: datetime
    # look at everybody who is linked, whatever was applied before: the settings are new
    everybody: bool = False
    # these employees alone, whatever was applied before: "why?" asks about somebody
    only: tuple[str, ...] = ()
    # nobody else can be a candidate (``near``); ``None``: anybody can
    among: tuple[str, ...] | None = None


def brought(settings: Settings, alias: str) -> str:
    """Return the condition that a mirror row is brought in as somebody's manager; after ``prepare``."""
    if not brings_managers(settings.scope):
        return "false"
    return f"EXISTS (SELECT FROM brought x WHERE x.id = {alias}.external_id)"


def named(settings: Settings, alias: str) -> tuple[str, dict[str, Any]]:
    """Return the condition of who belongs with named parameters, since the statement uses it more than once."""
    condition, values = scopes.condition(settings.scope, alias, settings.exceptions)
    names = [f"{alias}_scope_{index}" for index in range(len(values))]
    for name in names:
        condition = condition.replace("%s", f"%({name})s", 1)
    return condition, dict(zip(names, values, strict=True))
