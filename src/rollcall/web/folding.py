"""How names in lists of a page are searched: the database is asked for none of them."""

import unicodedata


def folded(text: str) -> str:
    """Return the text without accents and case, so that “eurecia” finds Eurécia."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
