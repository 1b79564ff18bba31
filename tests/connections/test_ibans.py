"""V7: what is told at once to be an IBAN is one for schwifty too, and the other way round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schwifty import IBAN

from rollcall.connections.ibans import is_iban

COUNTRIES = ("FR", "DE", "ES", "GB", "IT", "NL", "MT", "NO", "CH", "XK", "SE", "LC", "UA")


def judged(text: str) -> bool:
    return bool(IBAN(text, allow_invalid=True).is_valid)


@pytest.mark.thorough
@pytest.mark.parametrize("country", COUNTRIES)
def test_v7_every_change_of_a_sign_is_judged_as_schwifty_judges_it(country: str) -> None:
    """V7: also with check digits that only an alias of the right ones passes for."""
    good = str(IBAN.random(country))
    assert is_iban(good) and judged(good)
    for at in range(len(good)):
        for sign in "0A9Zaé ":
            other = good[:at] + sign + good[at + 1 :]
            assert is_iban(other) == judged(other), other
    for number in range(100):
        other = f"{good[:2]}{number:02}{good[4:]}"
        assert is_iban(other) == judged(other), other


@given(
    st.sampled_from(COUNTRIES), st.text("0123456789ABXYZ abé٣", max_size=34), st.sampled_from(["", " ", "\n"])
)
def test_v7_any_text_is_judged_as_schwifty_judges_it(country: str, rest: str, end: str) -> None:
    text = country + rest + end
    assert is_iban(text) == judged(text)


@pytest.mark.parametrize("text", ["", "F", "FR", "ZZ12", "FR76 3000 6000 0112 3456 7890 189"])
def test_v7_short_and_spaced_ones_are_judged_alike(text: str) -> None:
    assert is_iban(text) == judged(text)
