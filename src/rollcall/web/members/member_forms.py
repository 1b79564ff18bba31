"""Forms about one member, and why something asked for can't be."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.models import Role
from rollcall.connections.gallery import tool_name
from rollcall.directory.actions import EDITABLE, Refused
from rollcall.sync.words.sentences import field_label
from rollcall.web.members.member_words import Origin

LONGEST: Final = 200  # letters of a name, a title or a place typed by hand

_REFUSALS: Final[Mapping[str, Any]] = {
    "not_an_email": _("{email} isn't an e-mail address. Check the spelling."),
    "already_member": _("{email} already belongs to a member of this entity."),
    "managed": _("{field} comes from {tool}. Change it there; Rollcall takes it over with the next sync."),
    "not_editable": _("{field} can't be changed by hand."),
    "stale": _(
        "Somebody else changed this member in the meantime. Look at the current details and try again."
    ),
    "last_owner": _("This is the last owner of the entity. Make somebody else an owner first."),
    "archived": _("This member is archived already."),
    "not_archived": _("This member isn't archived."),
    "owners_only": _("Only an owner of the entity can do that."),
    "reason_needed": _("Write down why. Without a reason nobody is erased."),
    "gone": _("This member was erased meanwhile. Nothing was done twice."),
    "lifted": _("Somebody allowed them again already. Nothing was done twice."),
    "no_account": _("There is no bank account to confirm."),
    "suspended": _("This member is suspended. Lift the suspension first."),
    "not_suspended": _("This member isn't suspended."),
    "yourself": _("This is you. Somebody else has to do that."),
    "sent_just_now": _("An invitation was sent to them less than a minute ago."),
    "not_invited": _("This member has no open invitation: they have signed up, or were archived."),
    "used": _("This invitation has been used already."),
    "cancelled": _("This invitation was taken back."),
    "expired": _("This invitation has expired."),
}

# Texts of Django's and allauth's own forms. Our catalogue comes before theirs, so an e-mail has one name in
# French on every page.
_SHARED_WORDS = (gettext_noop("Email"), gettext_noop("Enter a valid email address."))


def refusal(error: Refused) -> str:
    """Return the sentence for something `directory.actions` refused."""
    params: dict[str, Any] = dict(error.params)
    if "field" in params:
        params["field"] = field_label(params["field"])
    if "tool" in params:
        params["tool"] = tool_name(params["tool"])
    return str(format_lazy(_REFUSALS[error.code], **params))


def _reject_control_characters(text: str) -> None:
    # PostgreSQL keeps no NUL, and line breaks in a name break lists and mails.
    if any(ord(letter) < ord(" ") for letter in text):
        raise forms.ValidationError(_("Remove line breaks and other invisible characters."))


def text_field(label: Any, *, required: bool = False, **attrs: str) -> forms.CharField:
    """Return a field of one line. It knows its first value: an unchanged one overwrites nobody's change."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST,
        show_hidden_initial=True,
        validators=[_reject_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )


class EditForm(forms.Form):
    """The fields of a member that a person may change; those in `locked` are shown, not taken.

    `origins` says where each value comes from; it stands under the field, where readers of the page hear it too.
    """

    def __init__(
        self,
        *args: Any,
        locked: Mapping[str, str],
        origins: Mapping[str, Origin | None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        known = origins or {}
        for name in EDITABLE:
            attrs = {"disabled": "disabled"} if name in locked else {}
            field = text_field(field_label(name), required=name == "email" and name not in locked, **attrs)
            if name in locked:
                field.show_hidden_initial = False
                field.help_text = _locked_help(tool_name(locked[name]), known.get(name))
            elif origin := known.get(name):
                field.help_text = origin.line
            self.fields[name] = field
        self.order_fields(["first_name", "last_name"])

    def changes(self) -> dict[str, str]:
        """Return the fields that were sent and differ from what the person saw."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.data}

    def overtaken(self) -> list[str]:
        """Return the fields to change whose value is no longer the one the person saw."""
        return [
            name
            for name in self.changes()
            if self.data.get(self.add_initial_prefix(name), "").strip() != self.initial[name]
        ]


def _locked_help(tool: str, origin: Origin | None) -> str:
    if origin is None:
        return gettext("From {tool}. Change it there.").format(tool=tool)
    return gettext("From {tool}, {day}. Change it there.").format(tool=tool, day=origin.day)


class InviteForm(forms.Form):
    """Somebody who isn't in the HR tool (S60)."""

    email = forms.EmailField(
        label=_("Work e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    first_name = text_field(_("First name"))
    last_name = text_field(_("Last name"))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role.value, role.label) for role in (Role.REQUESTER, Role.CONTROLLER, Role.ADMIN)],
        help_text=_(
            "Requesters see their own details; controllers see all members; "
            "admins change members and settings."
        ),
    )
