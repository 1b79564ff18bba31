"""`rollcall plan`: put a company on another plan, and stop what the new one doesn't include (S5)."""

import click

from rollcall.accounts import access
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.models import Company, Plan
from rollcall.connections.gallery import tool_name, used_in_company
from rollcall.events.company import change_plan
from rollcall.sync import actions


@click.command()
@click.argument("company", type=int)
@click.argument("plan", type=click.Choice(list(Plan.values)))
def plan(company: int, plan: str) -> None:
    """Put a company (its number, as `create-company` and Settings > Plan say it) on another plan.

    Essentials doesn't include HR integrations: connections pause at once, nobody is archived or changed, and
    credentials stay. After a change back an admin presses Resume.
    """
    with access.acting_for(company):
        found = Company.objects.filter(pk=company).first()
        if found is None:
            raise click.ClickException(f"There is no company {company}.")
        changed = change_plan(found, Plan(plan), actor=SYSTEM)
        paused = _pause(company) if plan not in actions.PLANS_WITH_HR else []
    click.echo(f"Company {company} is on the plan {plan}{'' if changed else ' already'}.")
    for tool in paused:
        click.echo(f"Paused: {tool}. Nobody was archived or changed.")


def _pause(company: int) -> list[str]:
    """Pause every connection that runs; return the names of their tools."""
    used = used_in_company(company)
    for connection in used:
        actions.pause(connection, actor=SYSTEM)
    return [tool_name(one.tool) for one in used]
