"""Look for words everywhere in the database, as its owner sees it, and in the home folder."""

import psycopg
from django.conf import settings

BINARY = "bytea"


def traces(owner: psycopg.Connection, words: list[str]) -> list[str]:
    """Return table.column of every text, JSON, array or binary value that holds one of the words, in any case.

    The owner stands behind the wall, too, so that the newest companies, which are the test's, are looked at in turn.
    """
    found: set[str] = set()
    row = owner.execute("SELECT last_value FROM accounts_company_id_seq").fetchone()
    newest = int(row[0]) if row else 0
    for company in range(max(1, newest - 3), newest + 1):
        with owner.transaction():
            owner.execute("SELECT set_config('rollcall.company', %s, true)", [str(company)])
            found |= _of_company(owner, words)
    return sorted(found)


def _of_company(owner: psycopg.Connection, words: list[str]) -> set[str]:
    columns = owner.execute(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type <> 'bigint'"
    ).fetchall()
    found = set()
    for table, column, kind in columns:
        text = f"encode(\"{column}\", 'escape')" if kind == BINARY else f'"{column}"::text'
        row = owner.execute(
            f'SELECT 1 FROM "{table}" WHERE {text} ILIKE ANY(%s) LIMIT 1', [[f"%{one}%" for one in words]]
        ).fetchone()
        if row is not None:
            found.add(f"{table}.{column}")
    return found


def traces_at_home(words: list[str]) -> list[str]:
    """Return the files of the home folder that hold one of the words; PostgreSQL's own files are its business."""
    found = []
    for file in settings.ROLLCALL_HOME.rglob("*"):
        if file.is_file() and "postgres" not in str(file.relative_to(settings.ROLLCALL_HOME)).split("/")[0]:
            content = file.read_bytes().lower()
            found += [str(file) for one in words if one.lower().encode() in content]
    return found
