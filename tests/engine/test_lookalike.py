"""What an address looks like to the eye, also in the spelling that only machines read."""

import pytest

from rollcall.engine.lookalike import skeleton


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("ada@xn--e1afmkfd.example", "ada@пpимep.example"),
        ("ada@xn--acm-8cd.example", "ada@acma.example"),
        ("ada@xn--.example", "ada@xn--.example"),
        ("ada@xn--99999999999.example", "ada@xn--99999999999.example"),
        ("Bernard@arne.example", "Bernard@ame.example"),
    ],
)
def test_i4_a_domain_is_compared_as_a_browser_would_show_it(given: str, seen: str) -> None:
    assert skeleton(given) == skeleton(seen)
