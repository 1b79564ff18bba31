"""Addresses that look alike to the eye though they differ (I4), by the skeleton of Unicode TS 39 in small.

Two addresses are compared as they are folded, never by skeleton: a skeleton only says *look at this*.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Small letters of other alphabets that look like a Latin one, and the dotless i.
_LETTERS: Final = str.maketrans(
    dict(
        zip(
            "аеорсухіјѕһԁԛԝѵӏкмтвнгпαορυνικτωγηεϲϳıɑɡɩ",
            "aeopcyxijshdqwvlkmtbhrnaopuviktwynecjiagi",
            strict=True,
        )
    )
)
_DOT_ABOVE: Final = "\u0307"
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"))

ODD: Final = r"[^ -~]|@.*(rn|vv|0|1|xn--)"
"""A regular expression that every folded address meets whose skeleton is not the address itself, and some more."""


def skeleton(key: str) -> str:
    """Return what a folded address looks like: equal skeletons are hard to tell apart.

    Letters, digits and pairs within ASCII (rn, 1) count in the domain alone: the names before it are the company's
    own, and Bernard is not Bemard. Accents stay, since they are seen; the two ways to write them are one.
    """
    name, at, domain = key.rpartition("@")
    return f"{_plain(name)}{at}{_domain(domain)}"


def _plain(text: str) -> str:
    if text.isascii():
        return text
    shown = unicodedata.normalize("NFKC", text).lower().translate(_LETTERS)
    seen = (one for one in shown if one != _DOT_ABOVE and unicodedata.category(one) != "Cf")
    return unicodedata.normalize("NFKC", "".join(seen))


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str:
    shown = _plain(".".join(_decoded(label) for label in domain.split(".")))
    for pair, letter in _PAIRS:
        shown = shown.replace(pair, letter)
    return shown


def _decoded(label: str) -> str:
    """Return the label as browsers show it, or as it is when it cannot be read."""
    if not re.fullmatch(r"xn--[a-z0-9-]+", label):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
