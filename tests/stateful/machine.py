"""The state machine: what HR, admins, members, workers and time do in any order; every invariant after each step.

A sequence begins with a company that is connected and live, and is taken back at its end: it runs inside a savepoint.
Where a draw does not fit (nobody is leaving, no plan waits) the step does nothing and costs next to nothing.
"""

from tests.stateful.by_admins import ByAdmins
from tests.stateful.by_hand import ByHand
from tests.stateful.by_hr import ByHr
from tests.stateful.by_workers import ByWorkers
from tests.stateful.company import Company
from tests.stateful.recording import Moment, moment


class Life(ByHr, ByWorkers, ByAdmins, ByHand):
    """One company's life; the test that runs it sets ``made`` and ``begun``."""


def begin(company: Company) -> Moment:
    """Return the moment at which every sequence begins."""
    return moment(
        company.pk,
        step="begin",
        by="start",
        other_company_id=company.other,
        source=company.hr.source(),
        secrets=company.secrets,
    )
