"""Who is looking, at which entity, in which language; and where a person lands."""

from itertools import islice
from typing import Final, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST
from msgspec import Struct

from rollcall.accounts.access import (
    ADMINS,
    FEW_GRANTS,
    SESSION_ENTITY,
    CompanyRequest,
    entity_names,
    member_required,
)
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import Entity, Language, Role, User
from rollcall.web.folding import folded

_LONGEST: Final = 100
ABOUT_A_YEAR = 365 * 24 * 3600


class Found(Struct, frozen=True, kw_only=True):
    """An entity to switch to, and the person's role in it."""

    entity_id: int
    name: str
    company: str
    role: str


def entity_of(request: HttpRequest) -> Entity:
    """Return the entity looked at. Only behind `member_required` or `admin_required`: there is one then."""
    entity = cast("CompanyRequest", request).entity
    if entity is None:
        raise Http404
    return entity


def user_of(request: HttpRequest) -> User:
    """Return the signed-in person. Only behind `member_required` or `admin_required`."""
    return cast("User", request.user)


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person as the audit log names them."""
    user = user_of(request)
    return Actor(kind="user", id=user.pk, label=user.get_full_name())


def role_of(request: HttpRequest) -> str:
    """Return the person's role in the entity looked at; empty without one."""
    grant = cast("CompanyRequest", request).grant
    return grant.role if grant else ""


def is_admin(request: HttpRequest) -> bool:
    """Tell whether the person may change members and settings (S6)."""
    return role_of(request) in ADMINS


def home(request: HttpRequest) -> HttpResponse:
    """Send people to the page of their role; brings the language of their account along after signing in."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    role = role_of(request)
    if not role and user_of(request).is_operator:
        return redirect("operations")
    if not role:
        return render(request, "account/no_entity.html", status=403)
    answer = redirect("me" if role == Role.REQUESTER else "members")
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        _remember_language(answer, user_of(request).language)
    return answer


@member_required
@require_POST
def switch_entity(request: HttpRequest) -> HttpResponse:
    """Look at another of one's entities from now on; any other id is a 404."""
    mine = cast("CompanyRequest", request)
    asked = request.POST.get("entity", "")
    if asked not in {str(grant.entity_id) for grant in mine.grants}:
        raise Http404
    request.session[SESSION_ENTITY] = int(asked)
    return redirect("home")


@member_required
@require_GET
def choose_entity(request: HttpRequest) -> HttpResponse:
    """Entities to switch to, found by ``?q=``: words of their names. A page, and for htmx its list alone.

    Only the first are shown; more than those are asked for more precisely.
    """
    text = request.GET.get("q", "").replace("\0", "").strip()[:_LONGEST]
    words = folded(text).split()
    found = (
        Found(entity_id=grant.entity_id, name=name, company=company, role=grant.get_role_display())
        for grant, name, company in entity_names(request)
        if all(word in folded(f"{name} {company}") for word in words)
    )
    first = list(islice(found, FEW_GRANTS + 1))
    shown = {"found": first[:FEW_GRANTS], "more": len(first) > FEW_GRANTS, "q": text}
    fragment = bool(getattr(request, "htmx", False))
    return render(request, "entities/switch_list.html" if fragment else "entities/choose.html", shown)


@require_POST
def switch_language(request: HttpRequest) -> HttpResponse:
    """Change the language of this browser and, for somebody signed in, of their pages and mails."""
    language = request.POST.get("language", "")
    if language not in Language.values:
        raise Http404
    next_page = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        next_page, {request.get_host()}, require_https=request.is_secure()
    ):
        next_page = "/"
    answer = HttpResponseRedirect(next_page)
    _remember_language(answer, language)
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=language)
    return answer


def present_language() -> str:
    """Return the language of this request as stored on a user."""
    language = (get_language() or "").partition("-")[0]
    return language if language in Language.values else Language.EN


def _remember_language(answer: HttpResponse, language: str) -> None:
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=ABOUT_A_YEAR,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite="Lax",
    )
