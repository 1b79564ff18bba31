"""Bodies in, answers and pages out: typed by msgspec, described in the OpenAPI document by the same types."""

import base64
import binascii
from collections.abc import Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse
from pydantic import Field

from rollcall.api.problems import MEDIA_TYPE, Document, Problem

Limit = Annotated[int, Field(ge=1, le=100, description="How many items at most.")]
Cursor = Annotated[str, Field(max_length=400, description="`next` of the page before; empty for the first.")]
# PostgreSQL keeps no NUL in a text.
Search = Annotated[
    str, Field(max_length=200, pattern=r"^[^\x00]*$", description="Words that must all occur.")
]
DEFAULT_LIMIT: Final = 50
_REF: Final = "#/components/schemas/{name}"

Item = TypeVar("Item")
Body = TypeVar("Body")
described: set[Any] = {Document}
"""Every type that some operation takes or gives."""


class Listed(msgspec.Struct, Generic[Item], frozen=True):
    """One page of a list."""

    items: list[Item]
    # the cursor of the next page, null on the last
    next: str | None


def respond(value: object, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """Return the value as JSON."""
    return HttpResponse(msgspec.json.encode(value), status=status, content_type="application/json")


def read(request: HttpRequest, kind: type[Body]) -> Body:
    """Return the request's body as this type. Raises ``Problem`` 422: no JSON, wrong types, unknown names."""
    try:
        raw = msgspec.json.decode(request.body)
        body = msgspec.convert(raw, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        text = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
        raise _invalid(text) from None
    _look_through(raw, msgspec.to_builtins(body), "$")
    return body


def _invalid(message: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", fields=[{"field": "body", "message": message}])


def _look_through(raw: object, kept: object, place: str) -> None:
    """Refuse NUL in texts and names that the type does not have: a misspelt setting must not be ignored."""
    if isinstance(raw, str) and "\x00" in raw:
        raise _invalid(f"NUL in a text - at `{place}`")
    if isinstance(raw, Mapping) and isinstance(kept, Mapping):
        for name, value in raw.items():
            if name not in kept or "\x00" in name:
                raise _invalid(f"Object contains an unknown field - at `{place}`")
            _look_through(value, kept[name], f"{place}.{name}")
    if isinstance(raw, list) and isinstance(kept, list | tuple):
        # A set may have fewer; its texts are looked at all the same.
        for number, value in enumerate(raw):
            _look_through(value, kept[number] if len(kept) == len(raw) else None, f"{place}[{number}]")


def after(cursor: str) -> str:
    """Return the key inside a cursor, empty for the first page. Raises ``Problem``: 422."""
    try:
        key = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        key = "\x00"
    if "\x00" in key:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", fields=[{"field": "cursor", "message": "no cursor"}]
        )
    return key


def after_number(cursor: str) -> int:
    """Return the number inside a cursor, 0 for the first page. Raises ``Problem``: 422."""
    key = after(cursor)
    if key and not (key.isascii() and key.isdigit() and len(key) < 19):
        after("!")
    return int(key or 0)


def page(
    rows: Sequence[Item], limit: int, *, key: Callable[[Item], object], shown: Callable[[Item], object]
) -> HttpResponse:
    """Return up to ``limit`` of the rows as a list; ``rows`` has one more if there is a next page."""
    kept = rows[:limit]
    following = _cursor(key(kept[-1])) if len(rows) > limit else None
    return respond({"items": [shown(one) for one in kept], "next": following})


def by_place(
    kind: type[Item], columns: Sequence[str], *, without: Collection[str] = ()
) -> Callable[..., Any]:
    """Return what makes, from a row's values in the order of ``columns``, a value that is written as ``kind`` is.

    For lists that are asked for often: a type of its own takes a row's values by their place, and the garbage collector
    does not follow it. Raises ValueError if these, and those ``without`` which it is shown, are not the type's fields.
    """
    fields = kind.__struct_fields__  # type: ignore[attr-defined] # every Item is a struct
    if tuple(columns) != tuple(name for name in fields if name not in without):
        message = f"{kind.__name__} has other fields"
        raise ValueError(message)
    return msgspec.defstruct(kind.__name__, [(name, Any) for name in columns], gc=False)


def page_of_rows(
    rows: Sequence[tuple[Any, ...]], limit: int, shown: Callable[..., object], *, key: int = 0
) -> HttpResponse:
    """Do what ``page`` does with rows of a statement; ``shown`` is of ``by_place``, ``key`` the place of the key."""
    kept = rows[:limit]
    following = _cursor(kept[-1][key]) if len(rows) > limit else None
    return respond({"items": [shown(*one) for one in kept], "next": following})


def _cursor(key: object) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode()


def told(
    gives: Any,
    *,
    takes: Any = None,
    example: object = None,
    status: int = 200,
    also: Sequence[int] = (),
) -> dict[str, Any]:
    """Return what the OpenAPI document says of an operation, as arguments of ninja's decorators.

    ``also`` are statuses beside those that every operation may answer with.
    """
    described.add(gives)
    problems = {
        code: {
            "description": HTTPStatus(code).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Document")}}},
        }
        for code in sorted({400, 401, 403, 404, 422, *also})
    }
    extra: dict[str, Any] = {
        "responses": {status: {"content": {"application/json": {"schema": schema_of(gives)}}}} | problems
    }
    if takes is not None:
        described.add(takes)
        content: dict[str, Any] = {"schema": schema_of(takes)}
        if example is not None:
            content["example"] = example
        extra["requestBody"] = {"required": True, "content": {"application/json": content}}
    return {"response": {status: None}, "openapi_extra": extra}


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the JSON schema of a type, naming others by reference."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return dict(schema)


def schemas() -> dict[str, Any]:
    """Return the JSON schemas of all described types, by name."""
    _, components = msgspec.json.schema_components(sorted(described, key=repr), ref_template=_REF)
    return dict(components)
