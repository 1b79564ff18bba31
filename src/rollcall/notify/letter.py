"""A mail as a value: sentences with names in them, which read well as text and are safe as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from django.utils.html import format_html
from django.utils.safestring import SafeString


class Sentence(msgspec.Struct, frozen=True):
    """A translated text with placeholders in braces, and what fills them: names of people, numbers, days."""

    template: str
    values: Mapping[str, object] = {}

    @property
    def text(self) -> str:
        """Return it for the plain twin and for subjects."""
        return self.template.format_map(self.values)

    @property
    def html(self) -> SafeString:
        """Return it with every text set apart from the direction of the rest."""
        if not self.values:
            return format_html("{}", self.template)
        return format_html(self.template, **{name: _isolated(value) for name, value in self.values.items()})


class Section(msgspec.Struct, frozen=True):
    """A heading and its lines."""

    title: str
    lines: Sequence[Sentence]


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What one mail says, in the language that was active when it was made."""

    subject: Sentence
    # what a list of mails shows behind the subject
    preview: Sentence
    title: Sentence
    first_name: str = ""
    paragraphs: Sequence[Sentence]
    sections: Sequence[Section] = ()
    action: str
    link: str
    # who sent it, and why to this reader
    why: Sentence
    # address that ends this kind of mail; empty for mails that can't be switched off
    off: str = ""


def as_they_are(sentences: Sequence[str]) -> list[Sentence]:
    """Return finished sentences, whatever braces are in them."""
    return [Sentence("{said}", {"said": one}) for one in sentences]


def _isolated(value: object) -> object:
    return format_html("<bdi>{}</bdi>", value) if isinstance(value, str) else value
