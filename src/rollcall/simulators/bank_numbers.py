"""Account numbers of made-up banks with correct check digits, so that validators accept them and nobody
owns them.
"""

import random

_BIC = {"FR": "XMPLFRP1", "GB": "XMPLGB2L", "DE": "XMPLDEB1XXX", "ES": "XMPLESM1"}
_SPANISH_WEIGHTS = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)


def bic(country: str) -> str | None:
    """The made-up bank's BIC in that country (ISO alpha-2), or None where it has no branch."""
    return _BIC.get(country)


def iban(country: str, bban: str) -> str:
    """The IBAN of a country's national number (`bban`): the two check digits by ISO 7064 mod 97."""
    digits = "".join(str(int(letter, 36)) for letter in bban + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{bban}"


def made_up_iban(country: str, rng: random.Random) -> str:
    """A valid IBAN for FR, DE, ES or GB with national check digits; any other country is a KeyError."""
    return iban(country, _BBAN[country](rng))


def made_up_sort_code(rng: random.Random) -> str:
    """A British sort code as people write it, from a range no bank uses."""
    return f"99-{rng.randrange(100):02d}-{rng.randrange(100):02d}"


def _french(rng: random.Random) -> str:
    branch, account = rng.randrange(100_000), rng.randrange(10**11)
    key = 97 - (89 * 99_999 + 15 * branch + 3 * account) % 97
    return f"99999{branch:05d}{account:011d}{key:02d}"


def _german(rng: random.Random) -> str:
    return f"99999999{rng.randrange(10**10):010d}"


def _spanish(rng: random.Random) -> str:
    bank, account = f"9999{rng.randrange(10_000):04d}", f"{rng.randrange(10**10):010d}"
    return f"{bank}{_spanish_check('00' + bank)}{_spanish_check(account)}{account}"


def _spanish_check(ten_digits: str) -> int:
    rest = 11 - sum(w * int(d) for w, d in zip(_SPANISH_WEIGHTS, ten_digits, strict=True)) % 11
    return {10: 1, 11: 0}.get(rest, rest)


def _british(rng: random.Random) -> str:
    return f"XMPL99{rng.randrange(10_000):04d}{rng.randrange(10**8):08d}"


_BBAN = {"FR": _french, "DE": _german, "ES": _spanish, "GB": _british}
