"""The form of a new API token."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.models import Entity
from rollcall.accounts.tokens import ERASE, SCOPES
from rollcall.web.members.member_forms import text_field

SCOPE_WORDS: Final = {
    "read": (_("Read"), _("See entities, members, employees, syncs and the audit log.")),
    "members:write": (_("Change members"), _("Change details of members, suspend and archive them.")),
    ERASE: (
        _("Erase members"),
        _("Erase archived members for good. This cannot be undone; only an owner can allow it."),
    ),
    "connections:write": (
        _("Manage the HR tool"),
        _("Connect, choose employees, sync, pause and disconnect. Changes still wait to be confirmed."),
    ),
    "plans:approve": (
        _("Confirm changes"),
        _("Confirm or reject previews and held changes, without a person."),
    ),
}
"""Each scope as a word and what it allows."""

WHOLE_COMPANY: Final = "all"
OTHER_DAY: Final = "day"
NEVER: Final = "never"
_LONGEST_LIFE: Final = timedelta(days=3653)


class TokenForm(forms.Form):
    """Name, scopes, entity and end of a token.

    `entities` are those that the person may give a token for; `owned` those, as the form names them, in which the
    token may erase members.
    """

    name = text_field(_("Name"), required=True)
    entity = forms.ChoiceField(label=_("Where it works"), widget=forms.RadioSelect)
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope, SCOPE_WORDS[scope][0]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that the token may do.")},
    )
    ends = forms.ChoiceField(
        label=_("When it ends"),
        choices=[
            ("30", _("In 30 days")),
            ("90", _("In 90 days")),
            ("365", _("In a year")),
            (OTHER_DAY, _("After another day")),
            (NEVER, _("Never")),
        ],
        initial="90",
        widget=forms.RadioSelect,
    )
    day = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Choose a day such as 2027-12-31.")},
    )
    sure = forms.BooleanField(
        label=_("I know that whoever finds this token can use it until somebody revokes it."), required=False
    )

    def __init__(
        self,
        *args: Any,
        entities: Sequence[Entity],
        whole: bool,
        zone: str,
        owned: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._owned = owned
        if not owned:
            self.fields["scopes"].choices = [  # type: ignore[attr-defined] # a ChoiceField
                (scope, SCOPE_WORDS[scope][0]) for scope in SCOPES if scope != ERASE
            ]
        self._zone = ZoneInfo(zone)
        self.fields["name"].widget.attrs["maxlength"] = "100"
        self.fields["name"].help_text = _("What it is for, such as “Payroll export”. The audit log shows it.")
        choices: list[tuple[str, Any]] = [(str(one.pk), one.name) for one in entities]
        if whole:
            choices.append((WHOLE_COMPANY, _("Every entity of the company, later ones too")))
        self.fields["entity"].choices = choices  # type: ignore[attr-defined] # a ChoiceField
        if choices:
            self.fields["entity"].initial = choices[0][0]

    def clean_name(self) -> str:
        """Return the name without outer spaces, short enough for its column."""
        name = str(self.cleaned_data["name"]).strip()
        if len(name) > 100:
            raise forms.ValidationError(_("Choose a name of at most 100 letters."))
        return name

    def clean(self) -> dict[str, Any]:
        """Check that the end fits: a day to come, or a tick for none."""
        ends, day = self.cleaned_data.get("ends"), self.cleaned_data.get("day")
        today = timezone.now().astimezone(self._zone).date()
        if ends == OTHER_DAY and "day" not in self.errors:
            if day is None:
                self.add_error("day", _("Choose the last day."))
            elif day < today:
                self.add_error("day", _("This day is over. Choose a later one."))
            elif day - today > _LONGEST_LIFE:
                self.add_error("day", _("Choose a day within ten years."))
        if (
            ERASE in self.cleaned_data.get("scopes", ())
            and self.cleaned_data.get("entity") not in self._owned
        ):
            self.add_error(
                "scopes", _("Only an owner of every entity it works in can let a token erase members.")
            )
        if ends == NEVER and not self.cleaned_data.get("sure"):
            self.add_error("sure", _("A token without an end needs this tick."))
        return self.cleaned_data

    def expires_at(self, now: datetime) -> datetime | None:
        """Return when the token ends: after the last day in the entity's zone; None for never."""
        ends = self.cleaned_data["ends"]
        if ends == NEVER:
            return None
        if ends != OTHER_DAY:
            return now + timedelta(days=int(ends))
        day: date = self.cleaned_data["day"]
        return datetime.combine(day + timedelta(days=1), time.min, self._zone)
