"""Values of an HR tool as people say them: countries, kinds of employment, languages, and attributes' names.

The filter compares what the HR tool sends; only what is shown goes through here. A value nobody knows is shown as sent.
"""

import gettext as catalogues
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import pycountry
from django.utils.translation import get_language, get_language_info, gettext, gettext_noop

from rollcall.engine.scope import CUSTOM
from rollcall.sync.words.sentences import field_label

# Codes of several tools, folded by _folded; a customer's own words ("CDI", "VIE") are shown as they are.
_EMPLOYMENTS: Final[Mapping[str, str]] = {
    "full_time": gettext_noop("Full-time"),
    "part_time": gettext_noop("Part-time"),
    "contractor": gettext_noop("Contractor"),
    "intern": gettext_noop("Intern"),
    "internship": gettext_noop("Internship"),
    "permanent": gettext_noop("Permanent"),
    "fixed_term": gettext_noop("Fixed-term"),
    "temporary": gettext_noop("Temporary"),
    "apprentice": gettext_noop("Apprentice"),
    "freelance": gettext_noop("Freelance"),
    "freelancer": gettext_noop("Freelance"),
    "working_student": gettext_noop("Working student"),
    "internal": gettext_noop("Internal"),
    "external": gettext_noop("External"),
    "employee": gettext_noop("Employee"),
    "direct_employee": gettext_noop("Employee"),
    "hris_direct_employee": gettext_noop("Employee"),
    "eor_employee": gettext_noop("Employee through an employer of record"),
    "eor": gettext_noop("Employee through an employer of record"),
}

_INNER_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def value_label(attribute: str, value: str | None) -> str:
    """Return a value of an employee's or member's field as people say it, in the present language.

    ``None`` and the empty text are “(empty)”; plain text, not escaped.
    """
    if not value:
        return gettext("(empty)")
    if attribute == "country":
        return _country(value, get_language() or "en") or value
    if attribute == "employment_type":
        known = _EMPLOYMENTS.get(_folded(value))
        return gettext(known) if known else value
    return _language(value) if attribute == "language" else value


def attribute_label(attribute: str) -> str:
    """Return the name of an attribute to filter by; a tool's technical name (``costCenterCode``) in words."""
    if not attribute.startswith(CUSTOM):
        return field_label(attribute)
    name = attribute.removeprefix(CUSTOM)
    if " " in name.strip():
        return name.strip()
    words = _INNER_CAPITAL.sub(" ", re.sub(r"[_.]+", " ", name)).split()
    # An abbreviation (“VIP”) stays one.
    spoken = " ".join(one if one.isupper() and len(one) > 1 else one.lower() for one in words)
    return (spoken[:1].upper() + spoken[1:]) or name


def _folded(value: str) -> str:
    return re.sub(r"[\s_-]+", "_", value.strip()).lower()


@lru_cache(maxsize=1024)
def _country(code: str, language: str) -> str:
    found = pycountry.countries.get(alpha_2=code.upper())
    if found is None:
        return ""
    name = str(getattr(found, "common_name", found.name))
    spoken = _countries_in(language.partition("-")[0]).gettext(name)
    return spoken[:1].upper() + spoken[1:]


@lru_cache(maxsize=16)
def _countries_in(language: str) -> catalogues.NullTranslations:
    return catalogues.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)


def _language(code: str) -> str:
    try:
        name = str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
    return name[:1].upper() + name[1:]
