"""Finding people by a part of their name, address or number, whatever the capitals and accents."""

from typing import Final

MOST_WORDS: Final = 5
LONGEST: Final = 200


def words_of(text: str) -> list[str]:
    """Return the words to search for: at most five, without what PostgreSQL cannot hold."""
    return text.replace("\0", "").strip()[:LONGEST].split()[:MOST_WORDS]


def has_word(folded: str, parameter: str = "%s") -> str:
    """Return the condition that a folded column holds the word of a parameter: “elodie” finds “Élodie”."""
    return f"strpos({folded}, directory_fold({parameter})) > 0"
