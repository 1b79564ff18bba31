"""Companies filled by a few statements instead of by syncs: many entities, or one of many people, within seconds.

Only for measuring what reads: members, links and the mirror fit together, but nobody was planned or applied, and the
audit log's hashes are made up.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, LiteralString

from msgspec import Struct

from benchmarks.measuring import ground

PER_COMPANY: Final = 2
"""Entities in each of the other companies."""

_OTHERS: Final[tuple[LiteralString, ...]] = (
    """INSERT INTO accounts_company (name, plan, created_at)
       SELECT 'Company ' || n, 'scale', now() FROM generate_series(1, %(companies)s) n""",
    """INSERT INTO accounts_entity (company_id, name, country, currency, time_zone, language)
       SELECT c.id, c.name || ' ' || n, 'FR', 'EUR', 'Europe/Paris', 'en'
       FROM accounts_company c CROSS JOIN generate_series(1, %(each)s) n WHERE c.name LIKE 'Company %%'""",
    """INSERT INTO accounts_user (password, email, full_name, language, is_active, date_joined, session_epoch)
       SELECT '!', 'owner' || c.id || '@crowd.example', 'Owner ' || c.id, 'en', true, now(), 0
       FROM accounts_company c WHERE c.name LIKE 'Company %%'""",
    """INSERT INTO accounts_grant (company_id, entity_id, user_id, role)
       SELECT e.company_id, e.id, u.id, 'owner' FROM accounts_entity e
       JOIN accounts_user u ON u.email = 'owner' || e.company_id || '@crowd.example'""",
    """INSERT INTO connections_connection (company_id, tool, address, company_name, identity, credentials, wanted,
           state, error, error_params, failures, connected_by, run_wanted, run_wanted_by, employees, unreadable,
           set_aside, progress, changes_key, layout)
       SELECT c.id, 'hibob', '', '', '', '', '{}', 'connected', '', '{}', 0, '', '', '', 10, '[]', '[]', '{}', '', '{}'
       FROM accounts_company c WHERE c.name LIKE 'Company %%'""",
)

_ENTITY: Final[tuple[LiteralString, ...]] = (
    """INSERT INTO accounts_company (name, plan, created_at) VALUES (%(name)s, 'scale', now())""",
    """INSERT INTO accounts_entity (company_id, name, country, currency, time_zone, language)
       SELECT id, name, 'FR', 'EUR', 'Europe/Paris', 'en' FROM accounts_company WHERE name = %(name)s""",
    """INSERT INTO connections_connection (company_id, tool, address, company_name, identity, credentials, wanted,
           state, error, error_params, failures, connected_by, run_wanted, run_wanted_by, employees, unreadable,
           set_aside, progress, changes_key, layout)
       SELECT id, 'hibob', '', '', '', '', '{}', 'connected', '', '{}', 0, '', '', '', %(people)s, '[]', '[]', '{}', '',
           '{}' FROM accounts_company WHERE name = %(name)s""",
    """INSERT INTO connections_subscription (company_id, entity_id, connection_id, settings, version)
       SELECT c.company_id, e.id, c.id, '{"scope": {"type": "everybody"}, "invite": {"type": "at_once"}}', 1
       FROM connections_connection c JOIN accounts_entity e USING (company_id) WHERE e.name = %(name)s""",
    """INSERT INTO connections_employee (company_id, connection_id, external_id, work_email, email_key, first_name,
           last_name, status, start_date, job_title, department, team, work_location, country, legal_entity,
           cost_center, employment_type, language, delivered, record_digest, digest, manager_in_loop,
           first_seen_at, changed_at, absent_runs)
       SELECT c.company_id, c.id, n::text, 'person' || n || '@crowd.example', 'person' || n || '@crowd.example',
           'First' || n %% 997, 'Last' || n, 'active', date '2020-01-01' + n %% 1000, 'Buyer', 'Department ' || n %% 40,
           'Team ' || n %% 200, 'Place ' || n %% 12, 'FR', 'Crowd SAS', 'C' || n %% 30, 'permanent', 'fr', 4194303,
           decode(md5(n::text), 'hex'), md5(n::text), false, now(), now(), 0
       FROM connections_connection c JOIN accounts_company o ON o.id = c.company_id
       CROSS JOIN generate_series(1, %(people)s) n WHERE o.name = %(name)s""",
    """INSERT INTO directory_member (company_id, entity_id, state, role, email, email_key, first_name, last_name,
           employee_number, job_title, department, team, work_location, country, legal_entity, cost_center,
           employment_type, language, start_date, bank_mask, invited_at, signed_up_at, archived_by_hand, suspended_by,
           suspended_why, created_at)
       SELECT e.company_id, e.id, 'active', 'requester', p.work_email, p.email_key, p.first_name, p.last_name,
           p.external_id, p.job_title, p.department, p.team, p.work_location, p.country, p.legal_entity, p.cost_center,
           p.employment_type, p.language, p.start_date, '•••• 1234', now(), now(), false, '', '', now()
       FROM accounts_entity e JOIN connections_employee p USING (company_id) WHERE e.name = %(name)s ORDER BY p.id""",
    """INSERT INTO directory_link (company_id, entity_id, member_id, connection_id, employee_id, managed, why_not,
           why_not_params, changed_at, applied_digest, applied_version)
       SELECT m.company_id, m.entity_id, m.id, c.id, m.employee_number, m.id %% 20 <> 0, '', '{}', now(), '', 1
       FROM directory_member m JOIN accounts_entity e ON e.id = m.entity_id
       JOIN connections_connection c ON c.company_id = m.company_id WHERE e.name = %(name)s AND m.id %% 10 <> 0""",
    """INSERT INTO sync_run (company_id, connection_id, trigger, started_by, state, error, error_params, started_at,
           finished_at, levels, seen)
       SELECT c.company_id, c.id, 'clock', '', 'succeeded', '', '{}', now() - n * interval '1 hour', now(), '{}',
           '{"employees": 1, "new": 0, "changed": 0, "absent": 0, "set_aside": 0, "parsed": 0}'
       FROM connections_connection c JOIN accounts_company o ON o.id = c.company_id
       CROSS JOIN generate_series(1, 10000) n WHERE o.name = %(name)s""",
    """INSERT INTO events_event (company_id, number, kind, at, actor_kind, actor_label, entity_id, member_id, data,
           salt, content_hash, previous_hash, hash)
       SELECT m.company_id, row_number() OVER (ORDER BY m.id), 'member.updated', now(), 'sync', 'Rollcall', m.entity_id,
           m.id, '{"fields": {"job_title": {"before": "Clerk", "after": "Buyer"}}}', '', '', '', md5(m.id::text)
       FROM directory_member m JOIN accounts_entity e ON e.id = m.entity_id WHERE e.name = %(name)s""",
    """INSERT INTO events_chainhead (company_id, number, hash)
       SELECT id, %(people)s, '' FROM accounts_company WHERE name = %(name)s""",
)


class Filled(Struct, frozen=True):
    """Ids of what was made."""

    company: int
    entity: int
    connection: int


def entities(home: Path, number: int) -> None:
    """Fill the database of this home with that many entities of other companies, each company with an owner."""
    _do(home, _OTHERS, {"companies": max(1, number // PER_COMPANY), "each": PER_COMPANY})


def company(home: Path, people: int) -> Filled:
    """Fill one company: everybody of its mirror is a member, nine of ten are linked; 10,000 runs, an event for each."""
    _do(home, _ENTITY, {"name": "Crowd", "people": people})
    with ground.superuser(home) as connection:
        found = connection.execute(
            "SELECT e.company_id, e.id, c.id FROM accounts_entity e JOIN connections_connection c USING (company_id)"
            " WHERE e.name = 'Crowd'"
        ).fetchone()
    assert found is not None
    return Filled(*found)


def settle(home: Path) -> None:
    """Do what autovacuum does within a minute; its moment would be luck."""
    with ground.superuser(home) as connection:
        connection.execute("VACUUM (ANALYZE)")


def _do(home: Path, statements: tuple[LiteralString, ...], values: Mapping[str, object]) -> None:
    with ground.superuser(home) as connection, connection.transaction():
        for statement in statements:
            connection.execute(statement, values)
