"""Finding people by a part of their name, address or number, whatever the capitals and accents."""

import re
import unicodedata
from collections import defaultdict
from typing import Final

MOST_WORDS: Final = 5
LONGEST: Final = 200


def _variants() -> dict[str, str]:
    """Return each plain letter with every accented form of it among the letters of European languages."""
    found: dict[str, str] = defaultdict(str)
    for code in range(0xC0, 0x250):
        plain = unicodedata.normalize("NFD", chr(code))[0].lower()
        if plain.isascii() and plain.isalpha():
            found[plain] += chr(code)
    return found


_VARIANTS: Final = _variants()


def words_of(text: str) -> list[str]:
    """Return the words to search for: at most five, without what PostgreSQL cannot hold."""
    return text.replace("\0", "").strip()[:LONGEST].split()[:MOST_WORDS]


def pattern(word: str) -> str:
    """Return a regular expression of PostgreSQL for ``~*`` that finds the word anywhere: “elodie” finds “Élodie”."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", word))


def _letter(letter: str) -> str:
    plain = unicodedata.normalize("NFD", letter)[0].lower()
    if plain in _VARIANTS:
        return f"[{plain}{plain.upper()}{_VARIANTS[plain]}]"
    # A backslash makes any sign but a letter or a digit stand for itself.
    return letter if letter.isalnum() or re.match(r"\w", letter) else f"\\{letter}"
