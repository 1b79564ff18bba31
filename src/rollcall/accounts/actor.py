"""Who did something: the value that audit entries carry."""

from typing import Literal

import msgspec

ActorKind = Literal["user", "token", "sync", "system"]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person, an API token, a sync run or the system itself.

    `id` is the row id of the user, token or run. `label` is what the audit page shows (a person's name, a
    token's name); it is stored with the event and never logged.
    """

    kind: ActorKind
    id: int | None = None
    label: str = ""
    # Set for tokens only: what the token may reach. `entity_id` None means every entity of the company.
    company_id: int | None = None
    entity_id: int | None = None
    scopes: tuple[str, ...] = ()


SYSTEM = Actor(kind="system", label="Rollcall")
