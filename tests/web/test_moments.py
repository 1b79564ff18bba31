"""Points in time as pages show them are those that Django's own words and formats give."""

import random
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from rollcall.web.moments import moment

DAY = 24 * 3_600


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_moment_is_told_in_the_words_of_its_age(language: str) -> None:
    chance = random.Random(language)
    ages = [0, 1, 59, 60, 61, 3_599, 3_600, 7_199, DAY - 1, DAY, 2 * DAY - 1, 6 * DAY, 7 * DAY, 8 * DAY]
    ages += [28 * DAY - 1, 28 * DAY, 29 * DAY, 31 * DAY, 365 * DAY, -5, -3_700, -DAY, -40 * DAY]
    ages += [chance.randrange(2 ** chance.randrange(1, 26)) for _ in range(600)]
    with override(language):
        for age in ages:
            # half a second from where the words change, so that both are asked in time
            value = timezone.now() - timedelta(seconds=age + 0.5)
            told = moment(value, "Europe/Paris")
            local = value.astimezone(ZoneInfo("Europe/Paris"))
            assert told is not None and told.relative == str(naturaltime(value)), age
            assert told.absolute == date_format(local, "j F Y, H:i")
