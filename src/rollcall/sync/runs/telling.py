"""What a sync has to say to admins in mails: sentences in every language, and what waits in an entity.

Who writes the mails cannot ask this room, so the words travel in the event.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.utils import translation

from rollcall.accounts.models import Language
from rollcall.connections.queries import subscription_of
from rollcall.events.outbox import Json
from rollcall.sync.models import WAITING, Plan, PlanState
from rollcall.sync.plans.remarks import conflicts
from rollcall.sync.words.sentences import breach_sentence, change_sentence, error_sentence


def in_every_language(say: Callable[[], Sequence[str]]) -> dict[str, list[str]]:
    """Return what ``say`` says in each language of mails."""
    told = {}
    for language in Language.values:
        with translation.override(language):
            told[language] = list(say())
    return told


def about_held(made: Plan, *, paused_since: datetime | None = None) -> dict[str, Json]:
    """Return the limits that a held plan passes, and what confirming it would do.

    ``paused_since``: runs were stopped from then on, and what happened meanwhile waits for a person anyway.
    """
    tool, employees = made.subscription.connection.tool, made.counts.get("employees")

    def told() -> list[str]:
        return [breach_sentence(one, employees=employees, tool=tool) for one in made.breaches]

    after = {"paused_since": paused_since.isoformat()} if paused_since else {}
    return {
        **after,
        "breaches": [one["breach"] for one in made.breaches],
        "told": in_every_language(told),
        "would": in_every_language(lambda: [change_sentence(made.counts)]),
    }


def about_error(code: str, params: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what went wrong with a run and who must do what; empty lists for no error."""
    return in_every_language(lambda: [error_sentence(code, params)] if code else [])


def waiting(entity_id: int) -> Mapping[str, Json]:
    """Return for the weekly summary how many plans and conflicts wait in the entity, and its connection's error.

    Three statements at most, inside ``acting_for``.
    """
    subscription = subscription_of(entity_id)
    if subscription is None:
        return {"held": 0, "conflicts": 0, "trouble": {}}
    plans = Plan.objects.filter(entity_id=entity_id)
    newest = plans.filter(state__in=(*WAITING, PlanState.APPLIED), undoes=None).order_by("-pk").first()
    connection = subscription.connection
    params = {"tool": connection.tool, **connection.error_params}
    return {
        "held": plans.filter(state=PlanState.HELD).count(),
        "conflicts": conflicts(newest.counts) if newest else 0,
        "trouble": about_error(connection.error, params),
    }
