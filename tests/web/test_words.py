"""Every text has a good French one, and no page has a text that cannot be translated.

The catalogues are made by scripts/translate; it is run here on a copy of the sources.
"""

import ast
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
# Which argument of a function is the text that people read.
TEXT_AT = {
    "gettext": 0,
    "gettext_lazy": 0,
    "gettext_noop": 0,
    "ngettext": 0,
    "_": 0,
    "pgettext": 1,
    "pgettext_lazy": 1,
}
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


def test_every_text_of_the_code_is_in_the_catalogue(french: list[polib.POEntry]) -> None:
    """makemessages finds none inside an f-string: such a text would stay English without a word."""
    known = {one.msgid for one in french}
    said = {
        text.value
        for source in SOURCES.rglob("*.py")
        if "simulators" not in source.parts
        for call in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in TEXT_AT
        if isinstance(text := call.args[TEXT_AT[call.func.id]], ast.Constant) and isinstance(text.value, str)
    }
    assert len(said) > 500
    assert sorted(said - known) == []


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


# One word per thing (docs/glossary.md): what must stand in no French text, and the word we write instead.
OTHER_WORDS = {
    r"société": "entreprise",
    r"salarié": "employé",
    r"motif": "raison",
    r"déposer|déposez": "importer",
    r"faire revenir|faites-l[ae] revenir": "réactiver",
    r"personne n’a été modifié": "aucun membre n’a été modifié",
    r"gère rollcall": "exploite Rollcall",
    r"là.bas": "dans l’outil",
    r"veuillez|s’il vous plaît": "the bare imperative",
    r"synchronisations? suspendu|suspendre (?:la|les) synchronisation": "mettre en pause",
    r"\b(?:tu|ton|tes)\b": "vous",
}
# "Étudiant salarié" is the French name of a kind of contract.
KINDS_OF_CONTRACT = {"Working student"}
# Words of our code that say nothing to an admin. Connectors quote the screens of their tools, so they may.
OUR_JARGON = re.compile(
    r"please|!|\b(?:stale|digest|superseded|snapshot|roster|mirror|payload|override|breach(?:es)?|upsert|outbox"
    r"|plan (?:has changed|was confirmed|of changes)|runs (?:yet|page)|guessed)\b",
    re.IGNORECASE,
)
# What a French text ends with if the English one does: a full stop, a colon, a question, dots for more.
ENDINGS = ".:?…"
# Answers, names of menus and states that stand on a button; every other one says what it does, in the infinitive.
NO_VERBS = {
    "Menu",
    "More",
    "More actions",
    "What the HR status means",
    "All on this page",
    "It is mine after all",
    "Yes, this account is mine",
    "No, this isn't my account",
    "Copied",
}
INFINITIVE = re.compile(
    r"(?:^|\s)(?:s[e’]|l[ea’]|en|tout|m[e’]|ne plus)?\s?\w+(?:er|ir|re)\b…?", re.IGNORECASE
)
BUTTON = re.compile(r"<button\b(?:[^>{]|\{%.*?%\}|\{\{.*?\}\})*>(.*?)</button>", re.DOTALL)
SAID = re.compile(r"""\{% translate (?:"([^"]*)"|'([^']*)') %\}""")


def test_french_has_one_word_for_each_thing(french: list[polib.POEntry]) -> None:
    wrong = [
        (text, instead)
        for one in french
        for text in _texts(one)
        for word, instead in OTHER_WORDS.items()
        if re.search(word, text, re.IGNORECASE) and one.msgid not in KINDS_OF_CONTRACT
    ]
    assert wrong == []


def test_english_is_in_the_words_of_admins(french: list[polib.POEntry]) -> None:
    assert [one.msgid for one in french if OUR_JARGON.search(one.msgid)] == []


def test_no_text_has_two_spaces_or_one_at_its_end(french: list[polib.POEntry]) -> None:
    texts = [text for one in french for text in (one.msgid, *_texts(one))]
    assert [text for text in texts if "  " in text or text != text.strip()] == []


def test_french_ends_as_the_english_does(french: list[polib.POEntry]) -> None:
    wrong = [
        text
        for one in french
        for said, text in zip((one.msgid, one.msgid_plural or one.msgid), _texts(one), strict=False)
        if _ending(said) != _ending(text) and not text.endswith("etc.")
    ]
    assert wrong == []


def _ending(text: str) -> str:
    return text[-1:] if text[-1:] in ENDINGS else ""


def test_french_buttons_say_what_they_do_in_the_infinitive() -> None:
    said = {
        quoted[0] or quoted[1]
        for template in TEMPLATES
        for button in BUTTON.findall(template.read_text("utf-8"))
        for quoted in SAID.findall(button)
    }
    assert len(said) > 60
    with translation.override("fr"):
        assert [
            one for one in sorted(said - NO_VERBS) if not INFINITIVE.match(translation.gettext(one))
        ] == []


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
