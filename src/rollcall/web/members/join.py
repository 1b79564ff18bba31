"""Joining: from the link in an invitation to a signed-in member (S62, S63).

The link's token is never logged and never leaves these pages: request lines carry the route only, and
`Referrer-Policy: same-origin` keeps the address from other sites.
"""

from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from rollcall.accounts.access import SESSION_ENTITY, acting_for, member_required
from rollcall.accounts.actor import Actor
from rollcall.accounts.models import User, fold_email
from rollcall.directory import actions, queries
from rollcall.engine.roster import State
from rollcall.web.members.member_forms import refusal, text_field
from rollcall.web.session import entity_of, present_language, user_of


class JoinForm(forms.Form):
    """Names, unless the HR tool decides them, and a password."""

    first_name = text_field(gettext_lazy("First name"), required=True, autocomplete="given-name")
    last_name = text_field(gettext_lazy("Last name"), required=True, autocomplete="family-name")
    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )

    def __init__(self, *args: Any, email: str, locked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email
        if locked:
            del self.fields["first_name"], self.fields["last_name"]

    def clean_password(self) -> str:
        """Refuse a password that is too short, too common or too much like the person's name."""
        password: str = self.cleaned_data["password"]
        names = f"{self.cleaned_data.get('first_name', '')} {self.cleaned_data.get('last_name', '')}"
        validate_password(password, User(email=self._email, full_name=names))
        return password


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and accept it. A link that no longer works gets a page that says why (410, 404)."""
    invitation = actions.find_invitation(token)
    if invitation is None:
        return render(request, "join/broken.html", status=404)
    with acting_for(invitation.company_id):
        member = invitation.member
        reason = _spent(invitation, member, timezone.now())
        if reason:
            mine = request.user.is_authenticated and member.user_id == request.user.pk
            if reason == "used" and mine:
                return redirect("welcome")
            return render(request, "join/spent.html", {"reason": reason, "entity": member.entity}, status=410)
        known = User.objects.filter(email=fold_email(member.email)).first()
        if known is not None or request.user.is_authenticated:
            return _join_with_account(request, invitation, member, known)
        return _join_anew(request, invitation, member)


def _spent(invitation: Any, member: Any, now: datetime) -> str:
    """Return why the link no longer works; empty while it does."""
    if invitation.used_at:
        return "used"
    if invitation.cancelled_at:
        return "cancelled"
    if member.state != State.INVITED:
        return "not_invited"
    if member.suspended_at:
        return "suspended"
    return "expired" if invitation.expires_at <= now else ""


def _join_with_account(
    request: HttpRequest, invitation: Any, member: Any, known: User | None
) -> HttpResponse:
    right_one = known is not None and request.user.is_authenticated and request.user.pk == known.pk
    if request.method == "POST" and right_one:
        return _accept(request, invitation, user_of(request))
    context = {"member": member, "entity": member.entity, "right_one": right_one}
    return render(request, "join/account.html", context)


def _join_anew(request: HttpRequest, invitation: Any, member: Any) -> HttpResponse:
    locked = "first_name" in queries.locked_fields(member)
    initial = {"first_name": member.first_name, "last_name": member.last_name}
    form = JoinForm(request.POST or None, initial=initial, email=member.email, locked=locked)
    if request.method == "POST" and form.is_valid():
        names = {name: form.cleaned_data.get(name, initial[name]) for name in initial}
        try:
            with transaction.atomic():
                user = _make_user(
                    member.email, " ".join(names.values()).strip(), form.cleaned_data["password"]
                )
        except IntegrityError:  # the form was sent twice at once: the other one made the account
            return redirect(request.path)
        if not locked:
            actor = Actor(kind="user", id=user.pk, label=user.get_full_name())
            actions.edit(member, names, actor=actor, now=timezone.now())
        return _accept(request, invitation, user)
    context = {"form": form, "member": member, "entity": member.entity, "locked": locked}
    return render(request, "join/join.html", context, status=422 if form.errors else 200)


def _make_user(email: str, full_name: str, password: str) -> User:
    user = User.objects.create_user(email, password, full_name=full_name[:200], language=present_language())
    # The invitation went to this very address, so it needs no second proof.
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _accept(request: HttpRequest, invitation: Any, user: User) -> HttpResponse:
    try:
        member = actions.sign_up(invitation, user=user, now=timezone.now())
    except actions.Refused as error:  # used or taken back while the page was open
        transaction.set_rollback(True)
        messages.error(request, refusal(error))
        return redirect(request.path)
    if not request.user.is_authenticated:
        get_adapter(request).login(request, user)
    request.session[SESSION_ENTITY] = member.entity_id
    return redirect("welcome")


@member_required
@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Say that it worked and what is next."""
    found = (
        queries.members_of(entity_of(request).pk)
        .filter(user_id=user_of(request).pk, state=State.ACTIVE)
        .first()
    )
    return render(request, "join/welcome.html", {"member": found, "title": _("Welcome")})
