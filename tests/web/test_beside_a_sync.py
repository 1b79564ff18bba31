"""Pages and lists answer while a sync holds every row it could hold: nobody who only looks waits for a transaction."""

import re
from typing import Final

import msgspec
import psycopg
import pytest
from django.db import connection as database
from django.test import Client
from psycopg import sql

from rollcall.accounts import tokens
from rollcall.accounts.access import acting_for
from rollcall.api.urls import document
from rollcall.web.urls import urlpatterns
from tests.web.crew import browser, crew
from tests.web.test_walls import _ids_of_alice

_WITH_COMPANY: Final = """
    SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'company_id' ORDER BY table_name
"""


def lock_everything(owner: psycopg.Connection, company: int) -> int:
    """Lock each row of a company as a change of it would, until the transaction ends; returns how many."""
    owner.execute("SELECT set_config('rollcall.company', %s, true)", [str(company)])
    tables = [str(row[0]) for row in owner.execute(_WITH_COMPANY)]
    assert {"directory_member", "directory_link", "directory_count", "connections_connection"} <= set(tables)
    names = [sql.Identifier(table) for table in tables]
    found = [owner.execute(sql.SQL("SELECT 1 FROM {} FOR UPDATE").format(name)).rowcount for name in names]
    # as one that appends to the audit log, counts and takes a lease does
    owner.execute("UPDATE directory_member SET created_at = created_at WHERE company_id = %s", [company])
    owner.execute("UPDATE connections_connection SET state = 'syncing' WHERE company_id = %s", [company])
    return sum(found)


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_t9_no_page_and_no_list_waits_for_a_sync(owner_connection: psycopg.Connection) -> None:
    """T9: every address of pages that can be looked at, and every GET of the API, within a second without a lock."""
    here = crew()
    ids: dict[str, object] = {**_ids_of_alice(here)}
    client = browser(here.two.alice)
    with acting_for(here.two.alice_company.pk):
        _row, raw = tokens.issue(company_id=here.two.alice_company.pk, name="t", scopes=["read"])
    pages = [
        str(one.pattern)
        for one in urlpatterns
        if "<str" not in str(one.pattern) and "<path" not in str(one.pattern)
    ]
    filled = ["/" + re.sub(r"<int:(\w+)>", lambda found: str(ids[found[1]]), page) for page in pages]
    known = ids | {"entity_id": ids["entity"], "connection_id": here.connection.pk, "employee_id": "1"}
    lists = [
        path.format_map(known)
        for path, ways in msgspec.json.decode(document())["paths"].items()
        if "get" in ways and "{tool" not in path
    ]
    with owner_connection.transaction():
        assert lock_everything(owner_connection, here.two.alice_company.pk) > 10
        with database.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        looked = {address: client.get(address).status_code for address in filled if "<" not in address}
        headers = {"Authorization": f"Bearer {raw}"}
        looked |= {address: Client().get(address, headers=headers).status_code for address in lists}
    with database.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    assert {address: status for address, status in looked.items() if status >= 500} == {}
    assert sum(status == 200 for status in looked.values()) > 40
