"""The company's e-mail domains as somebody types them: one beside the other, with commas, spaces or an @ before."""

import re
from typing import Final

import msgspec
from django.utils.translation import gettext

from rollcall.engine.settings import MOST_DOMAINS, Domain

LONGEST: Final = 5_000
"""Characters of the whole field."""


def named(text: str) -> tuple[str, ...]:
    """Return the domains that were typed, each once, in small letters; what is none is left out."""
    return tuple(dict.fromkeys(found for one in _typed(text) if (found := _domain(one))))


def complaint(text: str) -> str:
    """Return what has to be mended in the field, empty when it is fine."""
    wrong = next((one for one in _typed(text) if _domain(one) is None), None)
    if wrong is not None:
        said = gettext("“%(text)s” is no domain. Write what stands behind the @, such as acme.com.")
        return said % {"text": wrong}
    if len(named(text)) > MOST_DOMAINS:
        return gettext("At most %(most)s domains can be named.") % {"most": MOST_DOMAINS}
    return ""


def _typed(text: str) -> list[str]:
    return [one for one in re.split(r"[\s,;]+", text) if one]


def _domain(text: str) -> str | None:
    try:
        return msgspec.convert(text.removeprefix("@").lower(), Domain)
    except msgspec.ValidationError:
        return None
