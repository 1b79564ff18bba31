"""Tables follow the same rows as imports, and every table of a company has the wall."""

import tomllib
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db.models import Model

_ROOT = Path(__file__).resolve().parents[2]


def _rows() -> dict[str, int]:
    """Room to the number of its row, counted from the top."""
    settings = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [c["layers"] for c in settings["tool"]["importlinter"]["contracts"] if c["id"] == "layers"]
    return {room.strip(" ()"): number for number, row in enumerate(layers) for room in row.split("|")}


def _our_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("rollcall.")]


def _arrows_up(models: list[type[Model]], rows: dict[str, int]) -> list[str]:
    """Foreign keys that point to a room above, or to another one beside."""
    found = []
    for model in models:
        for field in model._meta.get_fields():
            target = field.related_model if field.concrete and field.is_relation else None
            if not isinstance(target, type) or not target.__module__.startswith("rollcall."):
                continue
            here, there = model._meta.app_label, target._meta.app_label
            if here != there and rows[there] <= rows[here]:
                found.append(f"{model.__name__}.{field.name} -> {there}.{target.__name__}")
    return found


def test_no_foreign_key_points_up_a_row() -> None:
    assert _our_models()
    assert _arrows_up(_our_models(), _rows()) == []


def test_a_foreign_key_up_would_be_found() -> None:
    """With the rows turned over, the keys that are fine today point up."""
    turned = {room: -number for room, number in _rows().items()}
    assert any("accounts.Company" in arrow for arrow in _arrows_up(_our_models(), turned))


def test_z2_every_table_with_a_company_has_the_wall(owner_connection: psycopg.Connection) -> None:
    """Z1: row-level security is enabled, forced on the owner too, and has a rule."""
    open_tables = owner_connection.execute(
        """
        SELECT tables.relname FROM pg_class tables
        JOIN pg_attribute columns ON columns.attrelid = tables.oid AND columns.attname = 'company_id'
        WHERE tables.relkind = 'r' AND tables.relnamespace = 'public'::regnamespace
          AND NOT (tables.relrowsecurity AND tables.relforcerowsecurity
                   AND EXISTS (SELECT FROM pg_policy WHERE polrelid = tables.oid))
        """
    ).fetchall()
    assert open_tables == []


def test_z2_nothing_runs_with_the_rights_of_the_owner(
    owner_connection: psycopg.Connection,
) -> None:
    definers = owner_connection.execute(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    ).fetchall()
    views = owner_connection.execute(
        """
        SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace
          AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']
        """
    ).fetchall()
    assert (definers, views) == ([], [])


@pytest.mark.parametrize("room", ["accounts", "events", "connections", "directory", "sync", "notify"])
def test_every_room_with_tables_is_installed(room: str) -> None:
    assert apps.is_installed(f"rollcall.{room}")
