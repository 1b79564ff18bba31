"""``rollcall sync``: read an entity's HR tool now, in this process, and show or apply what follows."""

from collections.abc import Iterator
from typing import Final, NoReturn

import click
from django.db.models import Q

from rollcall.accounts.access import acting_for, on_duty
from rollcall.accounts.models import Company, Entity
from rollcall.connections.gallery import needs_admin, tool_name
from rollcall.connections.models import State, Subscription
from rollcall.connections.queries import subscription_of
from rollcall.engine.change import Kind
from rollcall.sync.models import WAITING, Line, Plan, PlanState, Run, RunState
from rollcall.sync.plans.preview import lines
from rollcall.sync.runs.run import run_connection
from rollcall.sync.words.run_notices import notices, partial_sentence
from rollcall.sync.words.sentences import (
    breach_sentence,
    change_sentence,
    error_sentence,
    field_label,
    kind_label,
    why_sentence,
)

# Exit codes, as of ``rollcall pull``.
ADMIN_MUST_ACT: Final = 2
TRY_LATER: Final = 3
NOT_UNDERSTOOD: Final = 4

_LATER: Final = frozenset({"unreachable", "failing", "rate_limited", "interrupted", "database"})
_LINES: Final = 1_000


def end(exit_code: int, sentence: str) -> NoReturn:
    """Say who must do what on standard error, and stop."""
    click.echo(sentence, err=True)
    raise SystemExit(exit_code)


@click.command()
@click.argument("entity")
@click.option(
    "--preview", "apply_now", flag_value=False, default=False, help="Show what would change (default)."
)
@click.option("--apply", "apply_now", flag_value=True, help="Apply it, unless it passes a limit.")
def sync(entity: str, apply_now: bool) -> None:
    """Read the HR tool of ENTITY (its id or exact name) now and show, or apply, what follows.

    With --apply the run serves every entity of the connection, as the hourly one does. Ends with 0 when done,
    2 when an admin must act (the plan is held, credentials, permissions, settings), 3 for "try later", 4 for
    an answer that is not understood.
    """
    found = find_entity(entity)
    with acting_for(found.company_id):
        subscription = subscription_of(found.pk)
    connected = _usable(subscription)
    run = run_connection(
        found.company_id,
        connected.connection_id,
        trigger="person",
        started_by="rollcall sync",
        apply_now=apply_now,
    )
    if run is None:
        end(TRY_LATER, "Another sync of this connection is at work. Try again when it has finished.")
    _tell_read(run, connected.entity_id)
    if not connected.is_live:
        end(
            ADMIN_MUST_ACT,
            "Nobody is managed yet: an admin must choose employees in the settings and confirm the preview.",
        )
    with acting_for(found.company_id):
        _tell_plan(connected, run)


def find_entity(wanted: str) -> Entity:
    """Return the entity with this id or exact name. Ends when none or several have it."""
    found = list(_named(wanted))
    if not found:
        end(ADMIN_MUST_ACT, "No entity has this id or name.")
    if len(found) > 1:
        ids = ", ".join(str(one.pk) for one in found)
        end(ADMIN_MUST_ACT, f"Several entities answer to this: say which by its id ({ids}).")
    return found[0]


def _named(wanted: str) -> Iterator[Entity]:
    with on_duty("schedule"):
        companies = list(Company.objects.order_by("pk").values_list("pk", flat=True))
    asked = Q(name=wanted)
    if wanted.isascii() and wanted.isdigit():
        asked |= Q(pk=int(wanted))
    for company_id in companies:
        with acting_for(company_id):
            yield from Entity.objects.filter(asked, company_id=company_id)


def _usable(subscription: Subscription | None) -> Subscription:
    if subscription is None or subscription.connection.state == State.DISCONNECTED:
        end(ADMIN_MUST_ACT, "This entity is not connected: an admin must connect an HR tool in the settings.")
    if subscription.connection.state == State.PAUSED:
        end(ADMIN_MUST_ACT, "The connection is paused: an admin must resume it in the settings.")
    return subscription


def _tell_read(run: Run, entity_id: int) -> None:
    """Say what the run read. Ends when it did not succeed."""
    if run.state == RunState.SUCCEEDED:
        seen = run.seen
        click.echo(
            f"Read {seen['employees']} employees from {tool_name(run.connection.tool)}:"
            f" {seen['new']} new, {seen['changed']} changed, {seen['absent']} absent,"
            f" {seen['set_aside']} set aside."
        )
        for said in [*notices(seen, entity_id), partial_sentence(seen)]:
            if said:
                click.echo(said)
        return
    if run.state == RunState.POSTPONED or run.error in _LATER:
        code = TRY_LATER
    else:
        code = ADMIN_MUST_ACT if needs_admin(run.error) else NOT_UNDERSTOOD
    end(code, f"{error_sentence(run.error, run.error_params)} [{run.error}]")


def _tell_plan(subscription: Subscription, run: Run) -> None:
    plan = Plan.objects.filter(subscription=subscription, for_settings=False).order_by("-pk").first()
    if plan is None or not _is_present(plan, run):
        click.echo("Nothing to change.")
        return
    click.echo(change_sentence(plan.counts))
    for line in _all_lines(plan):
        click.echo(_words(line, subscription.connection.tool))
    if plan.state == PlanState.APPLIED and plan.counts["acting"]:
        click.echo(f"Applied: {plan.outcome['done']} done, {plan.outcome['stale']} left for the next sync.")
    elif plan.state == PlanState.PREVIEW:
        click.echo(
            "Nothing was applied. --apply does it now; so does the next hourly sync, inside the limits."
        )
    _tell_breaches(plan, subscription.connection.tool)


def _is_present(plan: Plan, run: Run) -> bool:
    """Tell whether the plan is what this run came to; a plan that waits may be older and still the same."""
    if plan.run_id == run.pk or plan.state in WAITING:
        return True
    return (
        plan.finished_at is not None
        and plan.state == PlanState.APPLIED
        and plan.finished_at >= run.started_at
    )


def _tell_breaches(plan: Plan, tool: str) -> None:
    if not plan.breaches:
        return
    for one in plan.breaches:
        click.echo(breach_sentence(one, employees=plan.counts.get("employees"), tool=tool), err=True)
    if plan.state == PlanState.HELD:
        end(
            ADMIN_MUST_ACT,
            f"Held: nothing was applied. An admin must look at plan {plan.pk} and approve or reject it.",
        )
    click.echo("Applying this would be held until an admin approves it.", err=True)


def _all_lines(plan: Plan) -> Iterator[Line]:
    """Yield every line in order, a page at a time."""
    after = 0
    while found := lines(plan, list(Kind), after=after, size=_LINES):
        yield from found
        after = found[-1].number


def _words(line: Line, tool: str) -> str:
    who = " ".join(part for part in (line.name, f"<{line.email}>" if line.email else "") if part)
    fields = ", ".join(
        f"{field_label(name)}: {one.get('before') or '-'} -> {one.get('after') or '-'}"
        for name, one in line.fields.items()
    )
    reason = why_sentence(line.why, line.params, tool=tool)
    told = f"  {kind_label(line.kind)}: {who or line.employee_id}. {reason}"
    return f"{told} [{fields}]" if fields and line.kind != Kind.CREATE else told
