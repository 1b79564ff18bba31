"""Whether an IBAN can be one, told quickly where it can: a first read looks at everybody's."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from schwifty.registry import get_iban_spec

# ISO 13616: letters stand for two digits, A for 10
_NUMBERS: Final = {ord("A") + at: str(10 + at) for at in range(26)}
_CHECKED: Final = 97
_CHECKS: Final = frozenset(f"{number:02}" for number in range(2, 99))


class _Country(Struct, frozen=True):
    """How IBANs of a country are written."""

    length: int
    number: str
    matches: Callable[[str], Any]


def is_iban(text: str) -> bool:
    """Tell whether ``text`` has the letters, the length, the form and the check digits of its country's IBANs.

    What does not at once is judged by schwifty, whose word is the last: it also forgives blanks and small letters.
    """
    return _is_plain(text) or bool(IBAN(text, allow_invalid=True).is_valid)


def _is_plain(text: str) -> bool:
    country, checks, rest = _country(text[:2]), text[2:4], text[4:]
    if country is None or len(text) != country.length or checks not in _CHECKS:
        return False
    if not (text.isascii() and text.isalnum() and text.isupper() and country.matches(rest)):
        return False
    number = rest if rest.isdigit() else rest.translate(_NUMBERS)
    return int(number + country.number + checks) % _CHECKED == 1


@lru_cache(maxsize=1_000)
def _country(code: str) -> _Country | None:
    try:
        spec = get_iban_spec(code)
    except SchwiftyException:
        return None
    return _Country(spec.iban_length, code.translate(_NUMBERS), spec.regex.match)
