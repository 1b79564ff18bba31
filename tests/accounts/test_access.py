"""The wall between companies, as the app's role sees it, and the way from a request to an entity."""

from collections.abc import Callable
from typing import cast

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from rollcall.accounts.access import (
    CompanyMiddleware,
    CompanyRequest,
    acting_for,
    admin_required,
    as_user,
    enter_company,
    get_entity_for_user,
    grants_of,
    member_required,
    on_duty,
)
from rollcall.accounts.companies import create_company, create_entity, grant_role, withdraw_role
from rollcall.accounts.models import Company, Entity, Grant, Role, User
from tests.accounts.people import Two, two_companies

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(db: None) -> Two:
    return two_companies()


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(current_setting(%s, true), '')", [name])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def test_z2_the_app_role_owns_nothing_and_bypasses_nothing() -> None:
    """Z2"""
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("select count(*) from pg_tables where tableowner = current_user")
        assert cursor.fetchone() == (0,)


def test_z2_inv18_every_table_with_a_company_is_behind_the_wall() -> None:
    """Z2: the rooms' tables are taken from the models, so that none is forgotten."""
    tables = {
        model._meta.db_table
        for model in apps.get_models()
        if model.__module__.startswith("rollcall.")
        and (model is Company or any(field.column == "company_id" for field in model._meta.concrete_fields))
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relrowsecurity and relforcerowsecurity and relname = any(%s)",
            [sorted(tables)],
        )
        assert {row[0] for row in cursor.fetchall()} == tables
    assert "events_event" in tables


def test_z2_without_a_company_nothing_is_seen(two: Two) -> None:
    """Z2"""
    assert not Entity.objects.exists()
    assert not Company.objects.exists()
    assert not Grant.objects.exists()


def test_z2_inv18_a_company_sees_its_own_rows_and_no_others(two: Two) -> None:
    """Z2"""
    with acting_for(two.alice_company.pk):
        assert list(Entity.objects.values_list("pk", flat=True)) == [two.alice_entity.pk]
        assert list(Company.objects.values_list("pk", flat=True)) == [two.alice_company.pk]
        assert not Entity.objects.filter(pk=two.charlie_entity.pk).exists()
        assert Entity.objects.filter(pk=two.charlie_entity.pk).update(name="taken") == 0
        assert Entity.objects.filter(pk=two.charlie_entity.pk).delete()[0] == 0


def test_z2_a_row_for_a_foreign_company_is_refused(two: Two) -> None:
    """Z2"""
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        acting_for(two.alice_company.pk),
    ):
        Entity.objects.create(company=two.charlie_company, name="x", country="FR", currency="EUR")


def test_z2_a_row_can_not_be_moved_to_a_foreign_company(two: Two) -> None:
    """Z2"""
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
        acting_for(two.alice_company.pk),
    ):
        Entity.objects.filter(pk=two.alice_entity.pk).update(company=two.charlie_company)


def test_nested_acting_gives_the_outer_company_back(two: Two) -> None:
    with acting_for(two.alice_company.pk):
        with acting_for(two.charlie_company.pk):
            assert Entity.objects.get().pk == two.charlie_entity.pk
        assert Entity.objects.get().pk == two.alice_entity.pk
    assert setting("rollcall.company") == ""
    assert not Entity.objects.exists()


def test_an_error_inside_gives_the_outer_company_back(two: Two) -> None:
    with acting_for(two.alice_company.pk):
        with pytest.raises(DatabaseError), acting_for(two.charlie_company.pk):
            Entity.objects.create(pk=two.charlie_entity.pk, company=two.charlie_company)
        assert Entity.objects.get().pk == two.alice_entity.pk


@pytest.mark.django_db(transaction=True)
def test_z2_nothing_leaks_to_the_next_transaction_of_the_connection() -> None:
    """Tried: a session-level SET does."""
    with acting_for(7):
        assert setting("rollcall.company") == "7"
    assert setting("rollcall.company") == ""


def test_a_duty_sees_what_names_it_and_writes_nothing(two: Two) -> None:
    with on_duty("relay"):
        assert {two.alice_company.pk, two.charlie_company.pk} <= set(
            Company.objects.values_list("pk", flat=True)
        )
        assert not Entity.objects.exists()
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Company.objects.filter(pk=two.alice_company.pk).update(name="x")
        with acting_for(two.alice_company.pk):
            assert Company.objects.get().pk == two.alice_company.pk, "a duty ends inside acting_for"


def test_an_unknown_duty_sees_nothing(two: Two) -> None:
    with on_duty("curiosity"):
        assert not Company.objects.exists()


def test_a_person_sees_their_own_grants_in_every_company(two: Two) -> None:
    grant_role(two.charlie_entity, two.alice, Role.CONTROLLER)
    with as_user(two.alice.pk):
        assert Grant.objects.count() == 2
    grants = grants_of(two.alice.pk)
    assert [grant.entity.name for grant in grants] == ["Alice's entity", "Charlie's entity"]
    withdraw_role(two.charlie_entity, two.alice)
    assert len(grants_of(two.alice.pk)) == 1


def test_entering_a_company_needs_a_transaction(two: Two) -> None:
    enter_company(two.alice_company.pk)
    assert Entity.objects.get().pk == two.alice_entity.pk


@pytest.mark.django_db(transaction=True)
def test_entering_a_company_outside_a_transaction_is_an_error() -> None:
    with pytest.raises(RuntimeError):
        enter_company(1)


def test_z1_an_entity_of_others_is_not_found(two: Two) -> None:
    """Z1: unknown and foreign look the same."""
    assert get_entity_for_user(two.alice, two.alice_entity.pk, Role.OWNER) == two.alice_entity
    for entity_id in (two.charlie_entity.pk, 10**9):
        with pytest.raises(Http404):
            get_entity_for_user(two.alice, entity_id)


def test_a_role_that_does_not_do_is_forbidden(two: Two) -> None:
    """S6"""
    with pytest.raises(PermissionDenied):
        get_entity_for_user(two.bob, two.alice_entity.pk, Role.OWNER, Role.ADMIN)


def through(
    user: User | AnonymousUser, view: Callable[..., HttpResponseBase], entity: object = None, **session: int
) -> HttpResponseBase:
    """Pass a request through the middleware as Django's handler does."""
    request = RequestFactory().get("/page")
    request.user = user
    request.session = SessionStore()
    request.session.update(session)
    kwargs = {} if entity is None else {"entity": entity}

    def inner(asked: HttpRequest) -> HttpResponseBase:
        middleware.process_view(asked, view, (), kwargs)
        try:
            return view(asked, **kwargs)
        except (Http404, PermissionDenied) as error:
            middleware.process_exception(asked, error)
            return HttpResponse(status=404 if isinstance(error, Http404) else 403)

    middleware = CompanyMiddleware(inner)
    return middleware(request)


def name_it(asked: HttpRequest, /, **kwargs: object) -> HttpResponse:
    request = cast("CompanyRequest", asked)
    return HttpResponse(f"{request.entity.name if request.entity else None} {len(request.grants)}")


def test_a_request_runs_in_the_name_of_the_first_entity(two: Two) -> None:
    assert through(two.alice, name_it).getvalue() == b"Alice's entity 1"


def test_a_stranger_has_no_entity(two: Two) -> None:
    assert through(AnonymousUser(), name_it).getvalue() == b"None 0"


def test_the_address_decides_over_the_session(two: Two) -> None:
    second = create_entity(two.alice_company, "Second")
    grant_role(second, two.alice, Role.ADMIN)
    assert through(two.alice, name_it, entity=str(second.pk)).getvalue() == b"Second 2"
    assert through(two.alice, name_it).getvalue() == b"Alice's entity 2"


@pytest.mark.parametrize("asked", ["0", "x", "-1", "²", "9" * 30])
def test_an_address_without_sense_is_not_found(two: Two, asked: str) -> None:
    with pytest.raises(Http404):
        through(two.alice, name_it, entity=asked)


def test_z1_an_address_of_others_is_not_found(two: Two) -> None:
    """Z1"""
    with pytest.raises(Http404):
        through(two.alice, name_it, entity=two.charlie_entity.pk)


def make_user(status: int | type[Exception]) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        User.objects.create_user("left-behind@rollcall.example")
        if isinstance(status, int):
            return HttpResponse(status=status)
        raise status

    return view


@pytest.mark.parametrize(
    ("status", "kept"), [(200, 1), (422, 1), (500, 0), (503, 0), (Http404, 0), (PermissionDenied, 0)]
)
def test_a_failed_request_takes_everything_back(two: Two, status: int | type[Exception], kept: int) -> None:
    through(two.alice, make_user(status))
    assert User.objects.filter(email="left-behind@rollcall.example").count() == kept


def test_only_owners_and_admins_pass_the_admin_door(two: Two) -> None:
    """S6"""
    door = admin_required(name_it)
    assert through(two.alice, door).status_code == 200
    assert through(two.bob, door).status_code == 403
    stranger = through(AnonymousUser(), door)
    assert stranger.status_code == 302
    assert "next=/page" in stranger["Location"]


def test_the_member_door_needs_a_grant(two: Two) -> None:
    door = member_required(name_it)
    assert through(two.bob, door).status_code == 200
    assert through(User.objects.create_user("nobody@rollcall.example"), door).status_code == 403


def test_a_company_is_made_behind_its_own_wall() -> None:
    company = create_company("New")
    with acting_for(company.pk):
        assert Company.objects.get().name == "New"
