"""`rollcall create-company` and `rollcall create-token`: what nobody can do in the pages, because nobody is in yet."""

import click
from django.conf import settings
from django.utils import timezone

from rollcall.accounts import access, tokens
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.companies import create_company as make_company
from rollcall.accounts.companies import create_entity
from rollcall.accounts.models import Company, Plan
from rollcall.directory import actions, queries
from rollcall.engine.roster import Role
from rollcall.events.company import issue_token


@click.command()
@click.argument("name")
@click.option("--entity", required=True, help="Name of the first entity, e.g. 'Acme France'.")
@click.option("--owner", required=True, metavar="EMAIL", help="Work e-mail of the owner, who is invited.")
@click.option("--plan", type=click.Choice(list(Plan.values)), default=str(Plan.SCALE), show_default=True)
@click.option("--country", default="FR", show_default=True, help="ISO 3166 alpha-2.")
@click.option("--currency", default="EUR", show_default=True, help="ISO 4217.")
@click.option("--time-zone", default="Europe/Paris", show_default=True)
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
def create_company(
    name: str, entity: str, owner: str, plan: str, country: str, currency: str, time_zone: str, language: str
) -> None:
    """Make a company with its first entity and invite its owner; prints the link of the invitation."""
    company = make_company(name, plan)
    first = create_entity(
        company, entity, country=country, currency=currency, time_zone=time_zone, language=language
    )
    try:
        with access.acting_for(company.pk):
            member = actions.invite_by_hand(
                first,
                email=owner,
                first_name="",
                last_name="",
                role=Role.OWNER,
                actor=SYSTEM,
                now=timezone.now(),
            )
            invitation = queries.open_invitation(member)
    except actions.Refused as refused:
        raise click.ClickException(
            f"The owner cannot be invited: {refused.code} {refused.params}"
        ) from refused
    click.echo(f"Company {company.pk}, entity {first.pk}. The owner signs up here (the mail says the same):")
    if invitation is not None:
        click.echo(f"{settings.ROLLCALL_URL}/join/{invitation.pk}.{actions.signature(invitation)}/")


@click.command()
@click.argument("company", type=int)
@click.option("--name", required=True, help="What it is for, as the audit log will show it.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(sorted(tokens.SCOPES)))
def create_token(company: int, name: str, scopes: tuple[str, ...]) -> None:
    """Make an API token for a company (its number, as `create-company` said it); shown this once."""
    with access.acting_for(company):
        if not Company.objects.filter(pk=company).exists():
            raise click.ClickException(f"There is no company {company}.")
        _, raw = issue_token(company_id=company, name=name, scopes=scopes, actor=SYSTEM)
    click.echo(raw)
