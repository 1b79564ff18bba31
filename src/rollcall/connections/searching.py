"""Finding people by a part of their name, address or number, whatever the capitals and accents."""

from collections.abc import Sequence
from typing import Final

MOST_WORDS: Final = 5
LONGEST: Final = 200


def words_of(text: str) -> list[str]:
    """Return the words to search for: at most five, without what PostgreSQL cannot hold."""
    return text.replace("\0", "").strip()[:LONGEST].split()[:MOST_WORDS]


def has_word(folded: str, parameter: str = "%s") -> str:
    """Return the condition that a folded column holds the word of a parameter: “elodie” finds “Élodie”."""
    return f"strpos({folded}, directory_fold({parameter})) > 0"


def records_with(connection: str, words: Sequence[str]) -> str:
    """Return a sub-query for the records of a connection that have all the words, in order of name: ``id, search``.

    ``connection`` and ``words`` are placeholders. It reads an index alone, in that order, and OFFSET keeps it by
    itself: whoever joins the rows and asks for the first few has them without the others.
    """
    every = " AND ".join(has_word("s.search", word) for word in words)
    return f"""(
        SELECT s.id, s.search FROM connections_employee s
        WHERE s.connection_id = {connection} AND {every} ORDER BY s.search, s.id OFFSET 0
    )"""
