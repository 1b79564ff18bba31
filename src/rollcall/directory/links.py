"""What happens to links when a connection ends."""

from django.utils import timezone

from rollcall.directory.models import Link
from rollcall.engine.roster import State


def any_of(connection_id: int) -> bool:
    """Tell whether a member is or was tied to an employee of the connection: by the employee's id, for good."""
    return Link.objects.filter(connection_id=connection_id).exists()


def release_all(connection_id: int, *, why: str, tool: str) -> int:
    """Make every member of a connection hand-managed, remembering why; return how many members that were.

    Members themselves are not written (S48).
    """
    managed = Link.objects.filter(connection_id=connection_id, managed=True)
    living = managed.exclude(member__state=State.ARCHIVED).count()
    managed.update(
        managed=False,
        why_not=why,
        why_not_params={"tool": tool},
        changed_at=timezone.now(),
        applied_digest="",
    )
    return living
