"""What people decided about records of which nobody could tell whose they are."""

from typing import Final

MEMBER_DIGEST: Final = "md5(concat_ws(E'\\x1f', {m}.email_key, {m}.first_name, {m}.last_name))"
"""SQL for what of a member a decision is about."""


def stands(decision: str, record: str, member: str) -> str:
    """Return the SQL condition that a decision about a mirror row still holds.

    It holds for the member it was about, while the record, that member and the other record, if there is one, are as
    they were. Named parameters: ``entity`` and ``connection``.

    Args:
        decision: alias of ``directory_decision``.
        record: alias of ``connections_employee``.
        member: an expression for the id of the member that the record is, or may be, about; null for nobody.
    """
    d = decision
    return f"""{d}.entity_id = %(entity)s AND {d}.connection_id = %(connection)s
        AND {d}.employee_id = {record}.external_id AND {d}.employee_digest = {record}.digest
        AND {d}.member_id IS NOT DISTINCT FROM ({member})
        AND ({d}.member_id IS NULL OR {d}.member_digest = (
            SELECT {MEMBER_DIGEST.format(m="dm")} FROM directory_member dm WHERE dm.id = {d}.member_id))
        AND ({d}.other_id = '' OR EXISTS (
            SELECT FROM connections_employee de WHERE de.connection_id = {d}.connection_id
               AND de.external_id = {d}.other_id AND de.digest = {d}.other_digest))"""
