"""Fill an empty installation with the demo's company; runs in a process of its own, with Django."""

import json
import secrets
import sys

import click
from django.utils import timezone

from rollcall.accounts import access, tokens
from rollcall.accounts.actor import SYSTEM
from rollcall.accounts.companies import create_company, create_entity
from rollcall.accounts.models import Entity, User
from rollcall.directory import actions
from rollcall.engine.roster import Role

OWNER = "sofia.almeida@acme.example"


@click.command()
def demo_fill() -> None:
    """Read people as JSON on standard input, make everything, print what signs in as one line of JSON."""
    people = json.load(sys.stdin)
    password = secrets.token_urlsafe(9)
    company = create_company("Acme", "scale")
    france = create_entity(company, "Acme France")
    britain = create_entity(
        company, "Acme UK", country="GB", currency="GBP", time_zone="Europe/London", language="en"
    )
    now = timezone.now()
    with access.acting_for(company.pk):
        # In a demonstration the owner also runs the installation, so that the page about it can be seen.
        owner = User.objects.create_user(
            email=OWNER, password=password, full_name="Sofia Almeida", is_operator=True
        )
        for entity in (france, britain):
            actions.add_member(
                entity,
                user=owner,
                first_name="Sofia",
                last_name="Almeida",
                role=Role.OWNER,
                actor=SYSTEM,
                now=now,
            )
        for one in people:
            _add(france, one)
        _, token = tokens.issue(
            company_id=company.pk,
            name="demo",
            scopes=["read", "members:write", "connections:write", "plans:approve"],
            created_by=owner,
        )
    click.echo(
        json.dumps(
            {
                "email": OWNER,
                "password": password,
                "token": token,
                "france": str(france.pk),
                "britain": str(britain.pk),
            }
        )
    )


def _add(entity: Entity, one: dict[str, str]) -> None:
    """Somebody who was invited by hand long ago and has signed up since."""
    user = User.objects.create_user(
        email=one["email"], password=None, full_name=f"{one['first_name']} {one['last_name']}"
    )
    actions.add_member(
        entity,
        user=user,
        first_name=one["first_name"],
        last_name=one["last_name"],
        role=Role(one["role"]),
        actor=SYSTEM,
        now=timezone.now(),
    )
