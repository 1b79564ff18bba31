"""Conflicts are about two people: this finds the other one, so that a preview can name both."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from rollcall.connections.models import Employee
from rollcall.directory import addresses
from rollcall.engine.change import Why
from rollcall.engine.snapshot import fold_email
from rollcall.sync.models import Line, Plan


class Other(Struct, frozen=True, kw_only=True):
    """Somebody with the same address: an employee of the HR tool, or a member here."""

    name: str
    # the number of the employee, or of the one that the member is tied to
    employee_id: str | None
    member_id: int | None


def others(made: Plan, lines: Sequence[Line]) -> Mapping[int, Sequence[Other]]:
    """Return, by number of the line, who else has the address that the line is about, as things are now.

    Three statements for any number of lines, none without any.
    """
    keys = {one.number: fold_email(str(one.params.get("email") or one.email)) for one in lines}
    if not keys:
        return {}
    connection_id = made.subscription.connection_id
    wanted = set(keys.values())
    staff = Employee.objects.filter(connection_id=connection_id, email_key__in=wanted, absent_since=None)
    rows = list(staff.order_by("pk").values_list("external_id", "email_key", "first_name", "last_name"))
    members = addresses.holders(made.entity_id, connection_id, wanted)
    found: dict[int, Sequence[Other]] = {}
    for one in lines:
        key = keys[one.number]
        if one.why == Why.SHARED_EMAIL:
            found[one.number] = [
                Other(name=f"{first or ''} {last or ''}".strip(), employee_id=number, member_id=None)
                for number, at, first, last in rows
                if at == key and number != one.employee_id
            ]
        else:
            found[one.number] = [
                Other(name=who.name, employee_id=who.employee_id, member_id=who.member_id)
                for who in members
                if who.email_key == key and who.employee_id != one.employee_id
            ]
    return found
