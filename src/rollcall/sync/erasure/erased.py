"""What is left of an erasure: the audit log, files, and what names the person in what is about others (Z7).

It may take a while in a large company. The minute's round finds it again until it is done; each step may be repeated.
"""

import structlog

from rollcall.accounts import access
from rollcall.connections import forgetting
from rollcall.directory import erasing
from rollcall.events import emptying
from rollcall.sync.erasure import mentions

log = structlog.get_logger(__name__)


def finish(company_id: int, tombstone_id: int) -> None:
    """Take the person out of everything that is left, then forget by what they were known. Repeating it is harmless."""
    with access.acting_for(company_id):
        traces = erasing.rest_of(tombstone_id)
    if traces is None:
        return
    emptying.empty(
        emptying.Person(
            company_id=company_id,
            members=[traces.member_id],
            user_id=traces.user_id,
            words=[*traces.emails, *traces.names] if traces.everywhere else [],
        )
    )
    with access.acting_for(company_id):
        mentions.remove(traces)
        if traces.everywhere:
            ids = [one.employee_id for one in traces.employees]
            forgetting.forget_in_files(company_id, ids, traces.emails)
        erasing.finished(tombstone_id)
    log.info("erased", company=company_id, tombstone=tombstone_id)
