"""What requests say: bodies, field names, the one filter, cursors."""

import base64
import binascii

import msgspec

from rollcall.simulators.hibob.fields import number_of
from rollcall.simulators.wire import Request
from rollcall.simulators.world import World

_MOST_FIELDS = 400


class Refused(Exception):
    """Ends a request with the status it carries."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status, self.text = status, text


def body_of(request: Request) -> dict[str, object]:
    """The JSON object of a request; none is an empty one."""
    try:
        found = msgspec.json.decode(request.body or b"{}")
    except msgspec.DecodeError as error:
        raise Refused(400, "not JSON") from error
    if not isinstance(found, dict):
        raise Refused(400, "not an object")
    return found


def names_of(body: dict[str, object]) -> list[str] | None:
    """The wanted field ids, None for those that come unasked."""
    fields = body.get("fields")
    if fields is None:
        return None
    if not isinstance(fields, list) or len(fields) > _MOST_FIELDS:
        raise Refused(400, f"fields: a list of at most {_MOST_FIELDS}")
    return [str(name) for name in fields]


def filtered(world: World, body: dict[str, object]) -> list[int]:
    """The people of the one filter there may be; an empty list of filters is refused (seen)."""
    filters = body["filters"]
    if not isinstance(filters, list) or len(filters) != 1 or not isinstance(filters[0], dict):
        raise Refused(400, "filters: exactly one, or leave the key out")
    one = filters[0]
    values, path = one.get("values"), str(one.get("fieldPath")).strip("/").replace("/", ".")
    if one.get("operator") != "equals" or not isinstance(values, list):
        raise Refused(400, "filters: the operator is equals, values are a list")
    if path == "root.id":
        numbers = {number_of(str(value)) for value in values}
    elif path == "root.email":
        numbers = {p.id for p in world.people.values() if p.work_email in values}
    else:
        raise Refused(400, "filters: fieldPath is root.id or root.email")
    there = set(world.order())
    return sorted(number for number in numbers if number is not None and number in there)


def number(text: str, default: int) -> int:
    """A number of a query, -1 for nonsense."""
    if not text:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def cursor(start: int) -> str:
    """A cursor that points there."""
    return base64.urlsafe_b64encode(msgspec.json.encode({"o": start})).decode().rstrip("=")


def offset(text: str) -> int:
    """Where a cursor points; 0 without one, -1 for nonsense."""
    if not text:
        return 0
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(packed, type=dict[str, int])["o"]
    except (binascii.Error, msgspec.DecodeError, KeyError, ValueError):
        return -1
