"""The form of an entity: its name, country, currency, time zone and language."""

import gettext as catalogues
from functools import lru_cache
from typing import Any, Final
from zoneinfo import available_timezones

import pycountry
from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.models import Language
from rollcall.web.long_select import LongSelect
from rollcall.web.members.member_forms import text_field
from rollcall.web.words import value_label

# Regions whose zones are places; the others are abbreviations and old names of the same.
_REGIONS: Final = (
    "Europe",
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Indian",
    "Pacific",
)


def currency_label(code: str) -> str:
    """Return “EUR · Euro” in the present language; a code nobody knows as it is."""
    found = pycountry.currencies.get(alpha_3=code)
    if found is None:
        return code
    language = (get_language() or "en").partition("-")[0]
    words = catalogues.translation("iso4217", pycountry.LOCALES_DIR, [language], fallback=True)
    return f"{code} · {words.gettext(found.name)}"


def _countries() -> list[tuple[str, str]]:
    return _in_words("country", get_language() or "en")


@lru_cache(maxsize=8)
def _in_words(attribute: str, _language: str) -> list[tuple[str, str]]:
    return sorted(
        ((one.alpha_2, value_label(attribute, one.alpha_2)) for one in pycountry.countries),
        key=lambda pair: pair[1].casefold(),
    )


def _currencies() -> list[tuple[str, str]]:
    return _money(get_language() or "en")


@lru_cache(maxsize=8)
def _money(_language: str) -> list[tuple[str, str]]:
    # Metals, test codes and units of account begin with an X; the two francs of West and Central Africa do too.
    codes = sorted(one.alpha_3 for one in pycountry.currencies)
    return [
        (one, currency_label(one)) for one in codes if one[0] != "X" or one in {"XOF", "XAF", "XPF", "XCD"}
    ]


@lru_cache(maxsize=1)
def _zones() -> list[tuple[str, list[tuple[str, str]]]]:
    known = sorted(available_timezones())
    groups = [
        (region, [(one, zone_label(one)) for one in known if one.startswith(f"{region}/")])
        for region in _REGIONS
    ]
    return [("UTC", [("UTC", "UTC")]), *groups]


def zone_label(zone: str) -> str:
    """Return “America / New York” of an IANA name."""
    return zone.replace("_", " ").replace("/", " / ")


class EditEntityForm(forms.Form):
    """What may change of an entity. It knows its first values: an unchanged one overwrites nobody's change."""

    name = text_field(_("Name"), required=True)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=_zones,
        widget=LongSelect,
        show_hidden_initial=True,
        help_text=_(
            "A leaver is archived when the last working day is over where they work. "
            "If the HR tool doesn't say where that is, this time zone counts."
        ),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=Language.choices,
        show_hidden_initial=True,
        help_text=_(
            "Invitations are written in it. Everybody chooses the language of their pages themselves."
        ),
    )

    def clean_name(self) -> str:
        """Return the name without outer spaces."""
        return str(self.cleaned_data["name"]).strip()

    def changes(self) -> dict[str, str]:
        """Return what differs from what the person saw."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class AddEntityForm(EditEntityForm):
    """A new entity."""

    country = forms.ChoiceField(label=_("Country"), choices=_countries, widget=LongSelect)
    currency = forms.ChoiceField(label=_("Currency"), choices=_currencies, widget=LongSelect)

    field_order: Any = ("name", "country", "currency", "time_zone", "language")
