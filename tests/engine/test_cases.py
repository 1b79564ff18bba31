"""Every file in ``cases/<rule>/`` is one sentence about the engine: what goes in, and the exact plan for it.

Keys of a case: ``snapshot`` (employees as the HR tool told them), ``members`` and ``links`` (the roster),
``settings``, ``now`` (aware), ``zone`` (of the entity), ``plan`` (the expected lines), and where needed
``banks`` (by employee id), ``vanished`` (ids the last complete read did not see), ``absences`` (of them, by id),
``unread`` (ids whose record it could not use), ``kept`` (fields that the tool seems to have lost),
``decisions`` (what a person said, by employee id), ``adopt`` and ``shows`` (product and fault ids).
"""

from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct, structs

from rollcall.engine.absence import Absence
from rollcall.engine.change import Change
from rollcall.engine.identity import renumbered
from rollcall.engine.masks import is_mask
from rollcall.engine.match import Candidate, Decided, join
from rollcall.engine.plan import OWNED_FIELDS, PLAIN_FIELDS, make_plan
from rollcall.engine.roster import Bank, Link, Member
from rollcall.engine.settings import Settings
from rollcall.engine.snapshot import Employee
from rollcall.engine.status import first_day

CASES = Path(__file__).parent / "cases"


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case as its file holds it."""

    snapshot: list[Employee]
    members: list[Member] = []
    links: list[Link] = []
    banks: dict[str, Bank] = {}
    vanished: list[str] = []
    unread: list[str] = []
    absences: dict[str, Absence] = {}
    kept: list[str] = []
    decisions: dict[str, Decided] = {}
    settings: Settings = Settings()
    now: datetime = datetime.fromisoformat("2026-03-16T09:00:00+00:00")
    zone: str = "Europe/Paris"
    adopt: bool = False
    shows: list[str] = []
    plan: list[Change]


def clearable(snapshot: list[Employee]) -> set[str]:
    """Return the member's fields for which somebody in the snapshot has a value."""
    source = {**PLAIN_FIELDS, "manager": "manager_id", "bank_account": "bank_account"}
    return {name for name in OWNED_FIELDS if any(_is_value(getattr(one, source[name])) for one in snapshot)}


def _is_value(told: object) -> bool:
    return bool(told and told.strip() and not is_mask(told)) if isinstance(told, str) else bool(told)


def candidates_of(case: Case) -> list[Candidate]:
    """Return everybody of the case as a plan looks at them."""
    found = join(
        *(case.snapshot, case.members, case.links, case.settings.scope),
        exceptions=case.settings.exceptions,
        banks=case.banks,
        vanished=case.vanished,
        unread=case.unread,
        decisions=case.decisions,
        settings=case.settings,
        day=first_day(case.now),
    )
    return [structs.replace(one, absence=case.absences.get(one.employee.id)) for one in found]


def plan_of(case: Case) -> list[Change]:
    """Return the plan for the case."""
    found = candidates_of(case)

    def candidates(leaders_only: bool) -> list[Candidate]:
        return [one for one in found if one.leads or not leaders_only]

    return list(
        make_plan(
            candidates,
            case.settings,
            now=case.now,
            zone=case.zone,
            clearable=clearable(case.snapshot),
            kept=case.kept,
            adopt=case.adopt,
            renumbered=lambda: renumbered(found, case.members, case.links),
        )
    )


def load(path: Path) -> Case:
    """Return the case in the file; an unknown or ill-typed key is an error."""
    return msgspec.json.decode(path.read_bytes(), type=Case)


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("*/*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_the_plan_is_exactly_the_one_in_the_file(path: Path) -> None:
    case = load(path)
    assert msgspec.to_builtins(plan_of(case)) == msgspec.to_builtins(case.plan)


def test_there_are_cases() -> None:
    assert len(list(CASES.glob("*/*.json"))) >= 45
