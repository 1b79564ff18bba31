"""The wall between companies inside the database: row-level security, as migration operations.

Every table with a company calls `protect` in the migration that makes it. FORCE is needed because an owner
without it sees everything. The app's role owns nothing and bypasses nothing, so a query that forgets its
company finds no row.

Three ways open the wall for *reading and deleting*, never for writing: the check on new rows is always the
company.

* a *duty*: the scheduler, the relay, the mail sender and key rotation must find out which companies
  have work. On duty they read ids only, then do the work inside `access.acting_for(company)`.
* a *presented* column: a secret's digest shown by a caller whose company is not known yet (API
  token, invitation).
* the *own user* column: a signed-in person finds their grants before a company is chosen.

Two facts to know (PostgreSQL): COPY FROM is refused on tables with row-level security, so bulk writes go by
INSERT ... SELECT from arrays, JSON or a temporary table; and foreign-key checks pass the wall by design.
"""

from collections.abc import Sequence

from django.db import migrations

COMPANY_SETTING = "rollcall.company"
DUTY_SETTING = "rollcall.duty"
PRESENTED_SETTING = "rollcall.presented"
USER_SETTING = "rollcall.user"

# The role of web and worker; it may be missing when a database is migrated for the first time.
APP_ROLE = "rollcall_app"


def _number(setting: str) -> str:
    # A sub-select is evaluated once for a statement, a bare call once for each row.
    return f"(select nullif(current_setting('{setting}', true), '')::bigint)"


def _text(setting: str) -> str:
    return f"(select current_setting('{setting}', true))"


def protect(
    table: str,
    *,
    duties: Sequence[str] = (),
    presented: str | None = None,
    own_user: str | None = None,
    append_only: bool = False,
    company: str = "company_id",
) -> list[migrations.RunSQL]:
    """Return the operations that put `table` behind the wall; reversing them takes it down again.

    `duties` are the names that may look across companies (see `access.on_duty`), `presented` is the column
    compared with `access.presenting`, `own_user` the column compared with `access.as_user`. With
    `append_only` the app can read and insert; nobody but the table's owner can update (erasure), and nobody
    can delete. `company` is "id" for the table of companies itself.
    """
    mine = f"{company} = {_number(COMPANY_SETTING)}"
    ways = [mine]
    ways += [f"{_text(DUTY_SETTING)} = '{duty}'" for duty in duties]
    if presented is not None:
        ways.append(f"{presented} = {_text(PRESENTED_SETTING)}")
    if own_user is not None:
        ways.append(f"{own_user} = {_number(USER_SETTING)}")
    visible = " or ".join(ways)

    forward = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
    ]
    if append_only:
        checked = f"using ({mine}) with check ({mine})"
        forward += [
            f"create policy company_reads on {table} for select using ({visible})",
            f"create policy company_appends on {table} for insert with check ({mine})",
            f"create policy owner_erases on {table} for update to current_user {checked}",
            _revoke(table),
        ]
        names = ["company_reads", "company_appends", "owner_erases"]
    else:
        forward.append(f"create policy company on {table} using ({visible}) with check ({mine})")
        names = ["company"]
    backward = [f"drop policy {name} on {table}" for name in names]
    backward += [
        f"alter table {table} no force row level security",
        f"alter table {table} disable row level security",
    ]
    return [migrations.RunSQL(sql=tuple(forward), reverse_sql=tuple(backward))]


def _revoke(table: str) -> str:
    return (
        f"do $$ begin if exists (select from pg_roles where rolname = '{APP_ROLE}') then "
        f"revoke update, delete, truncate on {table} from {APP_ROLE}; end if; end $$"
    )
