"""The commands an operator begins with, and the rotation of keys over every sealed column there is."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import pytest
from click.testing import CliRunner
from pytest_django.fixtures import Settings

from rollcall.accounts import access, sealed, secrets, tokens
from rollcall.accounts.companies import create_company, create_entity
from rollcall.connections.models import Connection, Employee
from rollcall.directory import actions
from rollcall.project import first_steps

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_the_first_owner_gets_a_link_that_works() -> None:
    said = CliRunner().invoke(
        first_steps.create_company, ["Acme", "--entity", "Acme France", "--owner", "owner@acme.example"]
    )
    assert said.exit_code == 0, said.output
    found = re.search(r"/join/(\S+)/", said.output)
    assert found is not None
    invitation = actions.find_invitation(found[1])
    assert invitation is not None
    with access.acting_for(invitation.company_id):
        assert invitation.member.role == "owner"


def test_an_owner_who_cannot_be_written_to_is_refused() -> None:
    said = CliRunner().invoke(
        first_steps.create_company, ["Acme", "--entity", "Acme France", "--owner", "nobody"]
    )
    assert said.exit_code == 1
    assert "not_an_email" in said.output


def test_a_token_of_a_company_calls_for_that_company() -> None:
    company = create_company("Acme")
    said = CliRunner().invoke(
        first_steps.create_token, [str(company.pk), "--name", "script", "--scope", "read"]
    )
    actor = tokens.verify(said.output.strip())
    assert actor is not None
    assert (actor.company_id, actor.scopes) == (company.pk, ("read",))


def test_no_token_for_a_company_that_does_not_exist() -> None:
    said = CliRunner().invoke(first_steps.create_token, ["99999", "--name", "script", "--scope", "read"])
    assert said.exit_code == 1


def test_z4_every_seal_opens_with_the_new_key_after_a_rotation(settings: Settings, tmp_path: Path) -> None:
    """Z4, over the columns that the rooms really register."""
    settings.ROLLCALL_KEYS = tmp_path / "keys.json"
    secrets.ensure_keys(settings.ROLLCALL_KEYS)
    company = create_company("Acme")
    create_entity(company, "Acme France")
    with access.acting_for(company.pk):
        connection = Connection.objects.create(company=company, tool="bamboohr")
        connection.set_credentials({"subdomain": "acme", "api_key": "k"})
        connection.save()
        Employee.objects.create(
            company=company,
            connection=connection,
            external_id="7",
            bank_sealed=secrets.seal(b"account", **_bound(company.pk, connection.pk)),
            record_digest=b"",
            digest="",
            first_seen_at=NOW,
            changed_at=NOW,
        )
    secrets.add_key(settings.ROLLCALL_KEYS)
    assert sealed.rotate() == 2
    assert sealed.rotate() == 0
    with access.acting_for(company.pk):
        fresh = Connection.objects.get(pk=connection.pk)
        assert fresh.get_credentials() == {"subdomain": "acme", "api_key": "k"}
        held = Employee.objects.get(connection=connection).bank_sealed
        assert not secrets.needs_rotation(bytes(held or b""))
        assert secrets.unseal(bytes(held or b""), **_bound(company.pk, connection.pk)) == b"account"


class _Place(TypedDict):
    company_id: int
    table: str
    field: str
    row: str


def _bound(company_id: int, connection_id: int) -> _Place:
    return _Place(
        company_id=company_id, table="connections_employee", field="bank_sealed", row=f"{connection_id}:7"
    )
