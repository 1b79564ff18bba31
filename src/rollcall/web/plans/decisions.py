"""Plans that wait for a person: what they would do, which limits they pass and why, for Runs and Integrations."""

from collections.abc import Sequence

import msgspec
from django.utils.translation import gettext

from rollcall.accounts.models import Entity
from rollcall.connections import gallery
from rollcall.sync.models import Plan, PlanState
from rollcall.sync.plans.preview import waiting_plans
from rollcall.sync.words.sentences import breach_sentence, change_sentence
from rollcall.web.moments import Moment, moment


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One plan to decide on, for ``preview/waiting.html``."""

    plan: Plan
    held: bool
    title: str
    # what confirming it would do, in one sentence with numbers
    says: str
    # each limit that it passes, with the likely cause
    breaches: Sequence[str]
    made: Moment | None


def decisions(entity: Entity) -> list[Decision]:
    """Return the entity's plans that wait for a person, held ones first; one query."""
    return [_decision(one, entity) for one in waiting_plans(entity.pk)]


def _decision(made: Plan, entity: Entity) -> Decision:
    tool = gallery.tool_name(made.subscription.connection.tool)
    held = made.state == PlanState.HELD
    if held and made.subscription.paused_since is not None:
        title = gettext(
            "What happened in {tool} during the pause waits for your look. Nobody was changed."
        ).format(tool=tool)
    elif held:
        title = gettext("A sync wants to change more than usual. It waits for you; nobody was changed by it.")
    elif made.undoes_id is not None:
        title = gettext("An undo waits to be confirmed.")
    elif made.for_settings:
        title = gettext("A preview of changed settings waits to be confirmed.")
    else:
        title = gettext("Changes wait to be confirmed.")
    return Decision(
        plan=made,
        held=held,
        title=title,
        says=change_sentence(made.counts),
        breaches=[
            breach_sentence(one, employees=made.counts.get("employees"), tool=tool) for one in made.breaches
        ],
        made=moment(made.made_at, entity.time_zone),
    )
