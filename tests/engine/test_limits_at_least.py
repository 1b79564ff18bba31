"""A plan that passes no limit with the least people there are passes none with those that there are."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollcall.engine.limits import Headcount, Limits, Sight, Window, breaches, surely_within
from rollcall.engine.tally import Tally

few = st.integers(min_value=0, max_value=6)
GROUPS = st.dictionaries(
    st.sampled_from(["work_location", "department"]),
    st.dictionaries(st.sampled_from(["Paris", "Lyon"]), st.integers(min_value=1, max_value=6)),
    max_size=2,
)
TALLIES = st.fixed_dictionaries(
    {
        "kinds": st.dictionaries(
            st.sampled_from(["create", "link", "update", "archive", "release", "reactivate"]), few
        ),
        **dict.fromkeys(("vanished", "emails", "banks", "managers"), few),
        "groups": GROUPS,
    }
).map(Tally.from_json)
LIMITS = st.one_of(
    st.just(Limits()),
    st.builds(Limits, removed_floor=few, group_floor=few, email_floor=few, created_floor=few),
)


@given(
    tally=TALLIES,
    done=TALLIES,
    limits=LIMITS,
    least=st.integers(min_value=0, max_value=120),
    more=st.integers(min_value=0, max_value=400),
    groups=st.dictionaries(
        st.sampled_from(["work_location", "department"]),
        st.dictionaries(st.sampled_from(["Paris", "Lyon"]), st.integers(min_value=0, max_value=30)),
    ),
    returned=few,
)
def test_rule6_rule7_with_more_people_than_are_surely_there_no_limit_is_passed(
    tally: Tally, done: Tally, limits: Limits, least: int, more: int, groups: Any, returned: int
) -> None:
    if surely_within(tally, _sights(least, done, returned, {}), limits):
        assert breaches(tally, _sights(least + more, done, returned, groups), limits) == ()


def _sights(people: int, done: Tally, returned: int, groups: Any) -> list[Sight]:
    before = Headcount(managed=people, employees=people, groups=groups)
    windows = [
        Sight(before=before, window=one, done=done, returned=returned) for one in (Window.DAY, Window.WEEK)
    ]
    return [Sight(before=before), *windows]


def _alone(tally: Tally, people: int) -> bool:
    return surely_within(tally, [Sight(before=Headcount(managed=people, employees=people))], Limits())


def test_what_few_people_do_in_a_large_company_passes_no_limit_for_sure() -> None:
    gone = Tally.from_json({"kinds": {"archive": 2, "create": 3}, "groups": {"department": {"Sales": 2}}})
    assert _alone(gone, 1_000)


def test_rule6_in_doubt_everybody_is_counted() -> None:
    """Nobody may be there at all; how many have a value is not known; a group may be no larger than those who go."""
    assert not _alone(Tally(), 0)
    assert not _alone(Tally.from_json({"kinds": {"update": 1}, "cleared": {"team": 1}}), 1_000)
    assert not _alone(Tally.from_json({"kinds": {"archive": 3}, "groups": {"team": {"A": 3}}}), 1_000)
    assert not _alone(Tally.from_json({"kinds": {"archive": 4}}), 12)
