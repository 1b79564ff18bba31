"""Every text has a good French one, and no page has a text that cannot be translated.

The catalogues are made by scripts/translate; it is run here on a copy of the sources.
"""

import re
import shutil
import subprocess
from pathlib import Path

import polib
import pytest
from django.template.base import Lexer, TokenType
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src" / "rollcall"
FRENCH = Path("locale", "fr", "LC_MESSAGES", "django.po")
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}|</?\w+[^>]*>")
TEMPLATES = sorted(
    found
    for room in ("web", "notify")
    for ending in ("*.html", "*.txt")
    for found in (SOURCES / room / "templates").rglob(ending)
)
# Words that are the same in every language: our name, the two languages' own names, a zone, a style.
NAMES = {"Rollcall", "English", "Français", "UTC"}
# Attributes whose value people see or hear.
SPOKEN = re.compile(r"""\b(?:title|alt|placeholder|aria-label|aria-description)\s*=\s*("[^"]*"|'[^']*')""")


@pytest.fixture(scope="module")
def french() -> list[polib.POEntry]:
    return [one for one in polib.pofile(str(SOURCES / FRENCH)) if not one.obsolete]


def _texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_text_has_a_french_one(french: list[polib.POEntry]) -> None:
    assert len(french) > 500
    assert [one.msgid for one in french if one.fuzzy or not all(text.strip() for text in _texts(one))] == []


def test_plurals_have_both_french_forms(french: list[polib.POEntry]) -> None:
    assert [one.msgid for one in french if one.msgid_plural and sorted(one.msgstr_plural) != [0, 1]] == []


def test_french_keeps_every_placeholder_and_mark(french: list[polib.POEntry]) -> None:
    wrong = []
    for one in french:
        wanted = set(PLACEHOLDER.findall(one.msgid + one.msgid_plural))
        # The number may be a word where it is one: "cette modification".
        forms = _texts(one)
        if set(PLACEHOLDER.findall(" ".join(forms))) != wanted or (
            one.msgid_plural and set(PLACEHOLDER.findall(forms[1])) != wanted
        ):
            wrong.append(one.msgid)
    assert wrong == []


def test_french_has_its_own_signs(french: list[polib.POEntry]) -> None:
    """No line breaks before : ; ! ? » or after «, and apostrophes and quotes are the French ones."""
    wrong = re.compile(r"(?<!\xa0)[:;!?»]|«(?!\xa0)|['\"“”]")
    assert [text for one in french for text in _texts(one) if wrong.search(_own_words(text))] == []


def _own_words(text: str) -> str:
    """Leave out addresses, marks and what is written as the tool's own screen writes it."""
    return _WRITTEN_THERE.sub("", text)


_WRITTEN_THERE = re.compile(
    r"https?://\S+|<[^>]+>"
    r"|(?:Employees|Webhooks|Worker Data|Person Data|Manage):(?= [A-Z])"
    r"|\b(?:people|contracts|organizations|public|private):read\b"
)


@pytest.mark.journey
def test_catalogues_are_in_step_with_the_sources(tmp_path: Path) -> None:
    """Red: run scripts/translate, and write the French of what it names."""
    copy = tmp_path / "rollcall"
    shutil.copytree(
        SOURCES, copy, ignore=shutil.ignore_patterns("simulators", "static", "__pycache__", "*.mo")
    )
    subprocess.run([ROOT / "scripts" / "translate", copy], check=True)
    for language in ("en", "fr"):
        texts = Path("locale", language, "LC_MESSAGES", "django.po")
        compiled = texts.with_suffix(".mo")
        assert _ids(copy / texts) ^ _ids(SOURCES / texts) == set(), f"{texts} is out of step"
        assert (copy / compiled).read_bytes() == (SOURCES / compiled).read_bytes(), f"{compiled} is old"


def _ids(texts: Path) -> set[tuple[str | None, str, str]]:
    return {(one.msgctxt, one.msgid, one.msgid_plural) for one in polib.pofile(str(texts))}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_page_has_words_outside_a_translation(template: Path) -> None:
    assert loose_words(template.read_text("utf-8")) == []


def loose_words(source: str) -> list[str]:
    """Return the words people would read that stand in no ``translate`` or ``blocktranslate``."""
    kept, quiet = "", ""
    for token in Lexer(source).tokenize():
        if token.token_type is TokenType.BLOCK:
            name = token.contents.split()[0]
            if name in ("blocktranslate", "comment"):
                quiet = f"end{name}"
            elif name == quiet:
                quiet = ""
        elif token.token_type is TokenType.TEXT and not quiet:
            kept += token.contents
        if token.token_type is not TokenType.TEXT and not quiet:
            kept += "\0"  # whatever a tag says is said by the tag
    kept = re.sub(
        r"<(script|style)\b.*?</\1>|<!--.*?-->|<!doctype[^>]*>", " ", kept, flags=re.DOTALL | re.IGNORECASE
    )
    spoken = " ".join(found.group(1) for found in SPOKEN.finditer(kept))
    seen = re.sub(r"<[^>]*>", " ", kept)
    seen = re.sub(r"&\w+;", " ", seen)
    return [word for word in re.findall(r"[^\W\d_]{2,}", f"{seen} {spoken}") if word not in NAMES]


def test_the_search_for_loose_words_finds_them() -> None:
    page = (
        '{% load i18n %}<p class="muted">{% translate "Fine" %} Loose <b title="Heard">{{ name }}</b>'
        "{% blocktranslate %}Fine {{ too }}{% endblocktranslate %}</p>{% comment %}fine{% endcomment %}"
    )
    assert loose_words(page) == ["Loose", "Heard"]


def test_tabs_are_plural_in_french_and_a_member_is_one() -> None:
    with translation.override("fr"):
        assert translation.pgettext("tab", "Active") == "Actifs"
        assert translation.gettext("Active") == "Actif"
