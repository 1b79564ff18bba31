"""The page of limits: what is used, and how a person changes a limit (S3 of the fault catalogue)."""

from typing import Any

import pytest
from django.utils import timezone

from rollcall.accounts.access import acting_for
from rollcall.connections.models import Subscription
from rollcall.engine.limits import Limits
from rollcall.sync.models import Plan
from rollcall.sync.words.limits import number_text
from rollcall.web.tools.limits import _number
from tests.web.crew import Crew, browser, crew

pytestmark = pytest.mark.django_db

PAGE = "/settings/integrations/limits/"


def form(**changed: str) -> dict[str, str]:
    """The form as the browser sends it when nothing but these values is touched."""
    shown = Limits()
    return {name: number_text(name, getattr(shown, name)) for name in Limits.__struct_fields__} | changed


def limits_of(here: Crew) -> Limits:
    with acting_for(here.two.alice_company.pk):
        return Subscription.objects.get(entity=here.two.alice_entity).get_limits()


def automatic(here: Crew, **tally: Any) -> None:
    """Something that a sync did without a person an hour ago."""
    with acting_for(here.two.alice_company.pk):
        now = timezone.now()
        Plan.objects.create(
            company=here.two.alice_company,
            entity=here.two.alice_entity,
            subscription=Subscription.objects.get(entity=here.two.alice_entity),
            state="applied",
            settings={},
            made_at=now,
            began_at=now,
            finished_at=now,
            tally=tally,
        )


def test_set3_a_limit_is_raised_with_a_reason_and_told_in_the_audit_log() -> None:
    here = crew()
    alice = browser(here.two.alice)
    answer = alice.post(PAGE, form(created_share="50", created_floor="40", reason="Season <b>"), follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert limits_of(here) == Limits(created_share=0.5, created_floor=40)
    log = alice.get("/settings/audit/?kind=limits.changed").content.decode()
    assert "Invited – Share, in per cent: 30% became 50%." in log
    assert "Season &lt;b&gt;" in log and "<b>Season" not in log


def test_set3_without_a_reason_nothing_changes_and_what_was_typed_stays() -> None:
    here = crew()
    answer = browser(here.two.alice).post(PAGE, form(email_floor="5", reason=" "))
    assert answer.status_code == 422 and limits_of(here) == Limits()
    page = answer.content.decode()
    assert "Write down why the limits change" in page and 'name="email_floor" value="5"' in page


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("removed_share", "100", "From 0 to 50."),
        ("removed_heads", "1001", "From 0 to 1000."),
        ("removed_floor", "2.5", "From 0 to 10."),
        ("vanished_heads", "", "From 0 to 20."),
        ("week_factor", "0", "From 1 to 5."),
        ("group_share", "nan", "From 0 to 90."),
        ("bank_heads", "-1", "From 0 to 50."),
    ],
)
def test_set3_no_value_switches_a_limit_off(name: str, typed: str, said: str) -> None:
    here = crew()
    answer = browser(here.two.alice).post(PAGE, form(**{name: typed}, reason="x"))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert limits_of(here) == Limits()


def test_what_nobody_touched_stays_exactly_as_it_is() -> None:
    """A third is shown as 33.3 %."""
    here = crew()
    answer = browser(here.two.alice).post(PAGE, form(reason="x"), follow=True)
    assert "nothing was changed" in answer.content.decode()
    assert limits_of(here).removed_share_always == 1 / 3


def test_numbers_are_read_as_french_and_english_people_type_them() -> None:
    assert _number("email_share", "12,5 %") == _number("email_share", "12.5") == 0.125
    assert (
        _number("removed_heads", "1 000"),
        _number("removed_heads", "²"),
        _number("week_factor", "1."),
    ) == (
        1_000,
        None,
        None,
    )


def test_the_page_tells_what_is_used_of_each_limit() -> None:
    here = crew()
    automatic(here, kinds={"create": 4}, emails=2)
    page = browser(here.two.alice).get(PAGE).content.decode()
    assert "4 of 10" in page and "4 of 20" in page
    assert "2 of 2" in page and "used up" in page
    assert "At most 10% of the managed members, or 3 if that is more; never more than 33.3% of them" in page
    assert "Nobody would be left." in page


def test_the_page_speaks_french() -> None:
    here = crew()
    alice = browser(here.two.alice)
    alice.cookies["django_language"] = "fr"
    page = alice.get(PAGE, headers={"Accept-Language": "fr"}).content.decode()
    assert "Limites pour" in page


def test_only_admins_of_the_entity_see_and_change_its_limits() -> None:
    here = crew()
    assert browser(here.two.bob).get(PAGE).status_code in (302, 403, 404)
    assert browser(here.two.bob).post(PAGE, form(email_floor="5", reason="x")).status_code in (302, 403, 404)
    assert limits_of(here) == Limits()
    # Charlie's own entity has no HR tool.
    assert browser(here.two.charlie).get(PAGE).status_code == 404


def test_the_page_asks_a_fixed_number_of_questions(django_assert_max_num_queries: Any) -> None:
    here = crew()
    automatic(here, kinds={"archive": 1})
    alice = browser(here.two.alice)
    alice.get(PAGE)
    with django_assert_max_num_queries(26):
        alice.get(PAGE)
