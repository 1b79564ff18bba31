"""After a few changes a look is about those they touch, and it finds what a look at everybody finds."""

import os

import pytest

from tests.accounts.people import two_companies
from tests.sync.near_story import Story

pytestmark = pytest.mark.django_db

STORIES = int(os.environ.get("NEAR_STORIES", "6"))
FIRST = int(os.environ.get("NEAR_FIRST", "0"))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(FIRST, FIRST + STORIES))
def test_inv5_rule10_whatever_happens_a_look_that_follows_the_changes_finds_what_a_look_at_everybody_does(
    seed: int,
) -> None:
    """Shared and swapped addresses, chains and loops of managers, rehires, absences, decisions, erased people."""
    story = Story(two_companies().alice_entity, seed)
    for _ in range(14):
        story.step()
    assert story.narrowed
