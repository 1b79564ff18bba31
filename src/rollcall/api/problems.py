"""Every error as one problem document (RFC 9457), whatever raised it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from rollcall.connections.gallery import SourceError, needs_admin, tool_name
from rollcall.directory import actions as directory
from rollcall.engine.roster import State
from rollcall.sync import actions as sync
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import error_sentence, field_label

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
TRY_LATER: Final = frozenset({"unreachable", "failing", "rate_limited"})

# Refusals of the directory; those of the sync room have their sentences there.
_DIRECTORY: Final[Mapping[str, str]] = {
    "managed": gettext_noop("{field} comes from {tool} for this member. Change it there."),
    "not_editable": gettext_noop("{field} cannot be changed by hand."),
    "not_an_email": gettext_noop("This is not an e-mail address."),
    "already_member": gettext_noop("Somebody else in this entity has this e-mail already."),
    "stale": gettext_noop("Somebody changed this member meanwhile. Read it again, then change it."),
    "last_owner": gettext_noop("This is the last owner of the entity. Make somebody else an owner first."),
    State.ARCHIVED: gettext_noop("This member is archived already."),
    "suspended": gettext_noop("This member is suspended already."),
    "not_suspended": gettext_noop("This member is not suspended."),
    "not_archived": gettext_noop("Only archived members can be erased. Archive the member first."),
    "owners_only": gettext_noop("Only a token that an owner of the entity made with this scope can do that."),
    "reason_needed": gettext_noop("Give a reason. Without one nobody is erased."),
    "gone": gettext_noop("This member was erased meanwhile. Nothing was done twice."),
    "lifted": gettext_noop("Somebody allowed them again already. Nothing was done twice."),
}
_OURS: Final[Mapping[str, str]] = {
    "forbidden": gettext_noop("The token does not have the scope {scope}."),
    "shared": gettext_noop(
        "Other entities use this connection too, and the token is for one entity only."
        " Use a token of the company."
    ),
    "not_found": gettext_noop("There is nothing here that this token may see."),
    "method_not_allowed": gettext_noop("This address does not answer to this method."),
    "invalid": gettext_noop("The request is not as documented."),
    "too_large": gettext_noop("The request is larger than Rollcall reads."),
    "internal": gettext_noop("Something went wrong in Rollcall. Nothing was changed."),
    "unknown_tool": gettext_noop("No HR tool with this key can be connected."),
}
_INPUT_CODES: Final = frozenset({"not_an_email", "not_editable", "reason_needed"})


class Problem(Exception):
    """Ends a request with this status; ``code`` has a sentence in this module."""

    def __init__(self, status: HTTPStatus, code: str, **params: Any) -> None:
        """Keep what the document says; ``params`` are JSON values and never secrets."""
        super().__init__(code)
        self.status, self.code, self.params = status, code, params


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"kind": "type"}):
    """What the body of every error holds."""

    # a stable name of the problem, not an address
    kind: str
    title: str
    status: int
    code: str
    # one sentence: what is wrong and who must do what; absent for 401
    detail: str = ""
    params: dict[str, Any] = {}


def answer(
    status: int, code: str, *, detail: str | None = None, params: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Return the problem document; the sentence is looked up unless it is given."""
    given = dict(params or {})
    if detail is None:
        detail = _filled(_OURS[code], given) if code in _OURS else refusal_sentence(code, given)
    document = Document(
        kind=f"urn:rollcall:problem:{code.replace('_', '-')}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        params=given,
    )
    return HttpResponse(msgspec.json.encode(document), status=status, content_type=MEDIA_TYPE)


def _filled(template: str, params: Mapping[str, Any]) -> str:
    return (
        gettext(template).format_map({name: str(value) for name, value in params.items()}) if template else ""
    )


def not_found(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer for addresses under the API that do not exist."""
    return answer(HTTPStatus.NOT_FOUND, "not_found")


def unauthorized() -> HttpResponse:
    """401 without detail: missing, wrong, expired and revoked tokens look the same (N4)."""
    response = answer(HTTPStatus.UNAUTHORIZED, "unauthorized", detail="")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _of_sync(error: sync.Refused) -> HttpResponse:
    # S5: what a company has not bought is not a conflict that goes away.
    status = HTTPStatus.FORBIDDEN if error.code == "plan" else HTTPStatus.CONFLICT
    return answer(status, error.code, detail=refusal_sentence(error.code, error.params), params=error.params)


def _of_directory(error: directory.Refused) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error.code in _INPUT_CODES else HTTPStatus.CONFLICT
    shown = {**error.params}
    if "field" in shown:
        shown["field"] = field_label(shown["field"])
    if "tool" in shown:
        shown["tool"] = tool_name(shown["tool"])
    # Addresses stay out of answers that may be logged; whoever asked knows which one it was.
    params = {name: value for name, value in error.params.items() if name != "email"}
    return answer(
        status, error.code, detail=_filled(_DIRECTORY.get(error.code, error.code), shown), params=params
    )


def _of_source(error: SourceError) -> HttpResponse:
    if needs_admin(error.code):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        status = HTTPStatus.SERVICE_UNAVAILABLE if error.code in TRY_LATER else HTTPStatus.BAD_GATEWAY
    return answer(status, error.code, detail=error_sentence(error.code, error.params), params=error.params)


def _of_validation(error: ValidationError) -> HttpResponse:
    fields = [
        {"field": ".".join(str(part) for part in one["loc"][1:]), "message": one["msg"]}
        for one in error.errors
    ]
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", params={"fields": fields})


def _of_anything(error: Exception) -> HttpResponse:
    log.error("api_failed", exc_info=error)
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, "internal")


def install(api: NinjaAPI) -> None:
    """Have ``api`` answer every exception with a problem document."""
    handlers: list[tuple[type[Exception], Any]] = [
        (Exception, _of_anything),
        (Problem, lambda error: answer(error.status, error.code, params=error.params)),
        (sync.Refused, _of_sync),
        (directory.Refused, _of_directory),
        (SourceError, _of_source),
        (RequestDataTooBig, lambda error: answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")),
        (Http404, lambda error: answer(HTTPStatus.NOT_FOUND, "not_found")),
        (ValidationError, _of_validation),
        (HttpError, lambda error: answer(error.status_code, "invalid")),
        (AuthenticationError, lambda error: unauthorized()),
    ]
    for kind, handle in handlers:
        api.add_exception_handler(kind, _answering(handle))


def _answering(handle: Callable[[Any], HttpResponse]) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, error: handle(error)
