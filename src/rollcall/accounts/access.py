"""The only way from a request or a job to a company's rows.

Each context manager opens a transaction (or a savepoint in one), sets a transaction-local value that the
policies of `tenancy` read, and puts the former value back, so that nesting works and nothing leaks to the
next user of the database connection (tried: a session-level SET does leak).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast

from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from rollcall.accounts.models import Entity, Grant, Role, User
from rollcall.accounts.signed_out import to_sign_in
from rollcall.accounts.tenancy import (
    COMPANY_SETTING,
    DUTY_SETTING,
    PRESENTED_SETTING,
    USER_SETTING,
)

SESSION_ENTITY = "entity"
ADMINS = (Role.OWNER, Role.ADMIN)
_NAMED = 3

_NAMES = (COMPANY_SETTING, DUTY_SETTING, PRESENTED_SETTING, USER_SETTING)
P = ParamSpec("P")


def _exchange(values: Mapping[str, str]) -> dict[str, str]:
    """Set transaction-local values in one statement and return what they were."""
    before = ", ".join("coalesce(current_setting(%s, true), '')" for _ in values)
    after = ", ".join("set_config(%s, %s, true)" for _ in values)
    with connection.cursor() as cursor:
        # MATERIALIZED: the old values are read before the new ones are set.
        cursor.execute(
            f"with b as materialized (select array[{before}] as old) select old, {after} from b",
            [*values, *(part for pair in values.items() for part in pair)],
        )
        row = cursor.fetchone()
    return dict(zip(values, row[0], strict=True)) if row else {}


def _set(values: Mapping[str, str]) -> dict[str, str]:
    """Set transaction-local values where there are none yet."""
    after = ", ".join("set_config(%s, %s, true)" for _ in values)
    with connection.cursor() as cursor:
        cursor.execute(f"select {after}", [part for pair in values.items() for part in pair])
    return {}


@contextmanager
def _within(values: Mapping[str, str]) -> Iterator[None]:
    nested = connection.in_atomic_block
    with transaction.atomic():
        former = _exchange(values) if nested else _set(values)
        yield
        # After an error the rollback has put the former values back; after an outermost commit they are gone.
        if nested and not connection.needs_rollback:
            _exchange(former)


@contextmanager
def acting_for(company_id: int) -> Iterator[None]:
    """See and write the rows of one company, and no others, until the block ends. Duties end inside."""
    with _within({COMPANY_SETTING: str(int(company_id)), DUTY_SETTING: "", PRESENTED_SETTING: ""}):
        yield


@contextmanager
def on_duty(name: str) -> Iterator[None]:
    """Look across companies at the tables that name this duty: read ids, then act inside `acting_for`."""
    with _within({DUTY_SETTING: name}):
        yield


@contextmanager
def presenting(secret_hash: str) -> Iterator[None]:
    """See the rows whose presented column is this digest (an API token, an invitation)."""
    with _within({PRESENTED_SETTING: secret_hash}):
        yield


@contextmanager
def as_user(user_id: int) -> Iterator[None]:
    """See this person's own grants in every company."""
    with _within({USER_SETTING: str(int(user_id))}):
        yield


def enter_company(company_id: int) -> None:
    """Act for the company until the present transaction ends; for the API after it has verified a token."""
    if not connection.in_atomic_block:
        message = "enter_company needs a transaction: the setting would end with the statement"
        raise RuntimeError(message)
    _exchange({COMPANY_SETTING: str(int(company_id)), DUTY_SETTING: "", PRESENTED_SETTING: ""})


def asked(company_id: int, sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Send one statement in a company's name and return its rows; for work that is done ten thousand times an hour.

    Outside a transaction it gets one of its own, and the wall's setting travels in the same message: the statement
    begins when the setting is done. Inside a transaction it is ``acting_for`` with that statement in it.
    """
    if connection.in_atomic_block:
        with acting_for(company_id), connection.cursor() as cursor:
            cursor.execute(sql, params)
            return list(cursor.fetchall())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT set_config('{COMPANY_SETTING}', '{int(company_id)}', true); {sql}", params)
        cursor.nextset()
        return list(cursor.fetchall())


FEW_GRANTS: Final = 20
"""Of so many grants a request loads all entities, with their companies; of more only the entity looked at."""


class CompanyRequest(HttpRequest):
    """A request after `CompanyMiddleware`; for annotations."""

    user: User | AnonymousUser
    entity: Entity | None
    grant: Grant | None
    grants: tuple[Grant, ...]
    # more than FEW_GRANTS: their entities are not loaded
    many: bool


def grants_of(user_id: int) -> tuple[Grant, ...]:
    """Return the person's grants with their entities loaded, by company and entity; one more query per company."""
    with as_user(user_id):
        grants = _own(user_id)
    for company_id in sorted({grant.company_id for grant in grants}):
        with acting_for(company_id):
            _load_entities(grants, company_id)
    return grants


def _own(user_id: int) -> tuple[Grant, ...]:
    return tuple(Grant.objects.filter(user_id=user_id).order_by("company_id", "entity_id"))


def _load_entities(grants: Iterable[Grant], company_id: int) -> None:
    mine = [grant for grant in grants if grant.company_id == company_id]
    entities = Entity.objects.select_related("company").in_bulk([grant.entity_id for grant in mine])
    for grant in mine:
        grant.entity = entities[grant.entity_id]
        grant.company = grant.entity.company


def grants_here(request: HttpRequest) -> tuple[Grant, ...]:
    """Return the person's grants in the company looked at, with their entities loaded; for behind the middleware."""
    mine = cast("CompanyRequest", request)
    company_id = mine.entity.company_id if mine.entity is not None else None
    here = tuple(one for one in mine.grants if one.company_id == company_id)
    if company_id is not None and mine.many:
        _load_entities(here, company_id)
    return here


def entity_names(request: HttpRequest) -> Iterator[tuple[Grant, str, str]]:
    """Yield each of the person's grants with the names of entity and company, the company looked at first.

    One statement for each company, behind its own wall, and only as far as somebody reads.
    """
    mine = cast("CompanyRequest", request)
    here = mine.entity.company_id if mine.entity is not None else 0
    companies = sorted({one.company_id for one in mine.grants}, key=lambda one: (one != here, one))
    for company_id in companies:
        by_entity = {one.entity_id: one for one in mine.grants if one.company_id == company_id}
        with acting_for(company_id):
            rows = Entity.objects.filter(pk__in=by_entity).order_by("name", "pk")
            found = list(rows.values_list("pk", "name", "company__name"))
        for pk, name, company in found:
            yield by_entity[pk], name, company


class CompanyMiddleware:
    """One transaction per request, in the name of the person and of the entity they look at.

    Stands after AuthenticationMiddleware. Puts `entity`, `grant` and `grants` on the request (None, None and
    () for strangers), and whether they are `many`. An entity in the address that is unknown or of others is a 404. An
    exception in a view or an answer of 500 and above takes everything back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Run the request inside its transaction."""
        mine = cast("CompanyRequest", request)
        mine.entity, mine.grant, mine.grants, mine.many = None, None, (), False
        with transaction.atomic():
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: object,
        args: object,
        kwargs: Mapping[str, Any],
    ) -> HttpResponseBase | None:
        """Find the grants, choose the entity, enter its company."""
        mine = cast("CompanyRequest", request)
        if not mine.user.is_authenticated:
            return None
        _exchange({USER_SETTING: str(mine.user.pk)})
        mine.grants = _own(mine.user.pk)
        mine.grant = _choose(mine, kwargs.get("entity"))
        if mine.grant is not None:
            # The chosen company last: its wall stays open for the request, and four statements do for most people.
            chosen = mine.grant.company_id
            mine.many = len(mine.grants) > FEW_GRANTS
            named = (mine.grant,) if mine.many else mine.grants
            for company_id in sorted({grant.company_id for grant in named}, key=lambda one: one == chosen):
                enter_company(company_id)
                _load_entities(named, company_id)
            mine.entity = mine.grant.entity
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Take back what the view wrote before it raised, also for a 404 or 403.

        Exceptions by which the sign-in library asks for another page are no failures, and it goes on reading.
        """
        if not isinstance(exception, ImmediateHttpResponse | ReauthenticationRequired):
            transaction.set_rollback(True)


def _choose(request: CompanyRequest, asked: object) -> Grant | None:
    by_entity = {grant.entity_id: grant for grant in request.grants}
    if asked is not None:
        text = str(asked)
        grant = by_entity.get(int(text)) if text.isascii() and text.isdigit() else None
        if grant is None:
            raise Http404
        return grant
    remembered = by_entity.get(request.session.get(SESSION_ENTITY, 0))
    return remembered or next(iter(request.grants), None)


def get_entity_for_user(user: User, entity_id: int, *roles: str) -> Entity:
    """Return the entity if the person has a grant in it.

    Raises Http404 when there is none (unknown and foreign look the same) and PermissionDenied when the grant
    is not one of `roles`.
    """
    with as_user(user.pk):
        grant = Grant.objects.filter(user_id=user.pk, entity_id=entity_id).first()
    if grant is None:
        raise Http404
    if roles and grant.role not in roles:
        raise PermissionDenied
    with acting_for(grant.company_id):
        return Entity.objects.select_related("company").get(pk=entity_id)


def _keepers(entity_id: int) -> list[str]:
    """Return the names of a few owners and admins of an entity, owners first."""
    found = Grant.objects.select_related("user").filter(entity_id=entity_id, role__in=ADMINS)
    # "owner" comes after "admin" in the alphabet.
    return [one.user.get_full_name() for one in found.order_by("-role", "user_id")[:_NAMED]]


def member_required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in whoever has a grant in the current entity; others sign in first, or get a 403."""

    @wraps(view)
    def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        mine = cast("CompanyRequest", request)
        if not mine.user.is_authenticated:
            return to_sign_in(request)
        if mine.grant is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inner


def admin_required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in owners and admins of the current entity (S6); others get a 403 that names who can help."""

    @wraps(view)
    def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        grant = cast("CompanyRequest", request).grant
        if grant is not None and grant.role not in ADMINS:
            raise PermissionDenied(", ".join(_keepers(grant.entity_id)))
        return view(request, *args, **kwargs)

    return member_required(inner)
