"""Settings > API tokens: who may call the API with what, a new token shown once, and the end of one."""

from secrets import token_urlsafe
from typing import Any, Final, cast

import msgspec
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from rollcall.accounts.access import ADMINS, CompanyRequest, admin_required, grants_here
from rollcall.accounts.models import ApiToken, Entity, Role
from rollcall.events import company as changes
from rollcall.web.company.token_forms import SCOPE_WORDS, WHOLE_COMPANY, TokenForm
from rollcall.web.moments import Moment, moment
from rollcall.web.session import actor_of, entity_of, user_of

_FORMS: Final = "token_forms"
_MOST_FORMS: Final = 20
_MOST_ENDED: Final = 50


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A token as the list shows it."""

    token: ApiToken
    scopes: list[Any]
    state: str
    mine: bool
    created: Moment | None
    used: Moment | None
    expires: Moment | None
    revoked: Moment | None


def _looked_after(request: HttpRequest) -> list[Entity]:
    """Return the entities of the company in which this person is owner or admin; the one looked at first."""
    here = entity_of(request)
    mine = [one.entity for one in grants_here(request) if one.role in ADMINS]
    return sorted(mine, key=lambda one: (one.pk != here.pk, one.name.casefold()))


def _whole_company(request: HttpRequest, mine: list[Entity]) -> bool:
    """Tell whether the person looks after every entity: only then may they decide for all of them."""
    others = Entity.objects.filter(company_id=entity_of(request).company_id)
    return not others.exclude(pk__in=[one.pk for one in mine]).exists()


def _within_reach(request: HttpRequest, mine: list[Entity]) -> Q:
    """Return the condition for the tokens a person sees: of their entities, and those of the whole company."""
    return Q(company_id=entity_of(request).company_id) & (Q(entity__in=mine) | Q(entity=None))


@admin_required
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """List the tokens that reach this person's entities; ended ones below."""
    mine = _looked_after(request)
    whole = _whole_company(request, mine)
    found = (
        ApiToken.objects.select_related("entity", "created_by")
        .filter(_within_reach(request, mine))
        .order_by("-pk")
    )
    now = timezone.now()
    live = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))
    shown = {
        "live": [_seen(request, one, whole) for one in found.filter(live)],
        "ended": [_seen(request, one, whole) for one in found.exclude(live)[:_MOST_ENDED]],
    }
    return render(request, "tokens/list.html", shown)


def _seen(request: HttpRequest, token: ApiToken, whole: bool) -> Seen:
    zone, now = entity_of(request).time_zone, timezone.now()
    ended = token.expires_at is not None and token.expires_at <= now
    soon = token.expires_at is not None and (token.expires_at - now).days < 14
    live = "soon" if soon else "live"
    return Seen(
        token=token,
        scopes=[SCOPE_WORDS[one][0] for one in token.scopes if one in SCOPE_WORDS],
        state="revoked" if token.revoked_at else "ended" if ended else live,
        mine=token.entity_id is not None or whole,
        created=moment(token.created_at, zone),
        used=moment(token.last_used_at, zone),
        expires=moment(token.expires_at, zone),
        revoked=moment(token.revoked_at, zone),
    )


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("raw")
def make_token(request: HttpRequest) -> HttpResponse:
    """Ask what the token is for, make it, and show it this once.

    The token stands in this answer and nowhere else, so the answer to the POST is the page itself. Sent again (a
    reload, a second click), the form makes no second token: its number was used up.
    """
    mine = _looked_after(request)
    whole = _whole_company(request, mine)
    form = TokenForm(
        request.POST or None,
        entities=mine,
        whole=whole,
        zone=entity_of(request).time_zone,
        owned=_owned(request, mine, whole=whole),
    )
    if request.method == "POST":
        number = request.POST.get("form", "")
        if number not in request.session.get(_FORMS, []):
            return _used_up(request)
        if form.is_valid():
            request.session[_FORMS] = [one for one in request.session[_FORMS] if one != number]
            row, raw = _issue(request, form, mine)
            shown = {"token": _seen(request, row, whole), "raw": raw}
            return render(request, "tokens/made.html", shown, status=201)
    else:
        number = token_urlsafe(9)
        # Several tabs may be open; the oldest forms are forgotten.
        request.session[_FORMS] = [*request.session.get(_FORMS, []), number][-_MOST_FORMS:]
    shown = {"form": form, "number": number, "scopes": SCOPE_WORDS}
    return render(request, "tokens/make.html", shown, status=422 if form.errors else 200)


def _owned(request: HttpRequest, mine: list[Entity], *, whole: bool) -> list[str]:
    """Return where a token of this person may erase members, as the form names it."""
    grants = cast("CompanyRequest", request).grants
    owned = {one.entity_id for one in grants if one.role == Role.OWNER}
    found = [str(one.pk) for one in mine if one.pk in owned]
    return [*found, WHOLE_COMPANY] if whole and len(found) == len(mine) else found


def _used_up(request: HttpRequest) -> HttpResponse:
    messages.info(
        request,
        gettext(
            "This form was sent before, so no second token was made. A token is shown once: "
            "if nobody copied it, revoke it below and make a new one."
        ),
    )
    return redirect("tokens")


@sensitive_variables("raw")
def _issue(request: HttpRequest, form: TokenForm, mine: list[Entity]) -> tuple[ApiToken, str]:
    asked = form.cleaned_data
    only = None if asked["entity"] == WHOLE_COMPANY else asked["entity"]
    row, raw = changes.issue_token(
        company_id=entity_of(request).company_id,
        name=asked["name"],
        scopes=asked["scopes"],
        actor=actor_of(request),
        entity=next((one for one in mine if str(one.pk) == only), None),
        created_by=user_of(request),
        expires_at=form.expires_at(timezone.now()),
    )
    return row, raw


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Ask, then end a token at once. A token of the whole company is for those who look after all of it."""
    mine = _looked_after(request)
    found = (
        ApiToken.objects.select_related("entity", "created_by")
        .filter(_within_reach(request, mine), pk=token_id)
        .first()
    )
    if found is None:
        raise Http404
    seen = _seen(request, found, _whole_company(request, mine))
    if not seen.mine:
        raise PermissionDenied
    if request.method == "POST":
        if changes.revoke_token(found, actor=actor_of(request)):
            said = gettext("“%(name)s” is revoked. Whatever used it gets no answer any more.")
            messages.success(request, said % {"name": found.name})
        else:
            messages.info(request, gettext("It was revoked before."))
        return redirect("tokens")
    return render(request, "tokens/revoke.html", {"one": seen})
