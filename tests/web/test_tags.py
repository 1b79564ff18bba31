"""The tags that all pages use."""

from datetime import UTC, datetime

from django.template import Context, Template

MOMENT = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)


def test_a_moment_is_written_in_the_zone_that_is_named_also_past_midnight() -> None:
    page = Template('{% load rollcall %}{{ moment|in_zone:"Europe/Paris"|date:"j F, H:i" }}')
    assert page.render(Context({"moment": MOMENT})) == "1 July, 00:30"


def test_no_moment_is_nothing() -> None:
    assert (
        Template('{% load rollcall %}{{ none|in_zone:"Europe/Paris"|default:"-" }}').render(Context()) == "-"
    )
