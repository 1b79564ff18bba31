"""What the generations of Lucca's API have in common: rights and scopes, ids, templates, employments, titles.

Facts: Lucca's developer documentation and public code that talks to it, as known on 2026-11-22. Assumed where
marked. Naming trap: an office of the made-up company is a v3 legalEntity, a v4 establishment and a new
business-establishment; its legal entity is a v4 legal-unit and a new legal-entity.
"""

from collections.abc import Callable
from datetime import date, timedelta

import msgspec

from rollcall.simulators.people import Person, status
from rollcall.simulators.world import World

VERSION = "2024-11-01"
SIGN_IN_HOST = "accounts.world.luccasoftware.com"
TOKEN_LIFE = 1_200  # seconds
SCOPES = (  # the spelling of some is assumed, by the pattern of the others
    *("employees.readonly", "employments.readonly", "job-positions.readonly"),
    *("employee-personal-records.readonly", "employee-attributes.readonly", "departments.readonly"),
    *("legal-entities.readonly", "business-establishments.readonly", "job-qualifications.readonly"),
    *("occupation-categories.readonly", "webhook-endpoints.readwrite"),
)
# What the role of a legacy key may see (names ours); given to the control action `permissions` as scopes.
RIGHTS = ("employees", "future-employees", "former-employees", "jobs", "custom-fields")
ALPHA3 = {"FR": "FRA", "GB": "GBR", "DE": "DEU", "ES": "ESP"}
LCID = {"fr": 1036, "en": 2057, "de": 1031, "es": 3082, "it": 1040, "nl": 2067}
ROOT_DEPARTMENT = 1
COST_CENTERS, TEAMS, PLACES = 4, 5, 7  # analytical axes; their numbers differ from account to account
CUSTOM = ("e_iban", "e_bic", "e_account_number", "e_sort_code", "e_ville", "e_societe")
# What a person's field is called in v3: the name that permissions and faults use for all generations.
NAMES = {
    "first_name": "firstName",
    "last_name": "lastName",
    "work_email": "mail",
    "personal_email": "personalEmail",
    "employee_number": "employeeNumber",
    "start_date": "dtContractStart",
    "end_date": "dtContractEnd",
    "job_title": "jobTitle",
    "manager_id": "manager",
    "department_id": "department",
    "office": "legalEntity",
    "office_id": "legalEntity",
    "language": "culture",
    "iban": "e_iban",
    "bic": "e_bic",
    "account_number": "e_account_number",
    "sort_code": "e_sort_code",
}
_TEMPLATES = [  # id, title in French and English, term, audience, whom it stands for
    (3, "CDI", "Permanent contract", "permanent", "employee", "full_time"),
    (4, "CDI à temps partiel", "Permanent part-time contract", "permanent", "employee", "part_time"),
    (5, "Stage", "Internship", "fixed", "student", "intern"),
    (6, "Prestataire", "Contractor", "fixed", "external", "contractor"),
]


class Employment(msgspec.Struct, kw_only=True):
    """One employment (a v4 work contract); `place` 0 is the applicable one."""

    person: Person
    place: int
    start: date
    end: date | None
    legal_entity_id: int

    @property
    def number(self) -> int:
        """Its id: the person's, and the place as last digit."""
        return self.person.id * 10 + self.place


class Template(msgspec.Struct):
    """A kind of employment; `audience` as documented (employee, student, external...)."""

    id: int
    title: str
    english: str
    term: str
    audience: str


TEMPLATES = [Template(*row[:5]) for row in _TEMPLATES]
_TEMPLATE_OF = {row[5]: row[0] for row in _TEMPLATES}


def template_id(person: Person) -> int:
    """The template of somebody's employment."""
    return _TEMPLATE_OF.get(person.employment_type, 3)


def employments_of(person: Person, world: World) -> list[Employment]:
    """Somebody's employments, the applicable one first: some were here before, in another legal entity."""
    found = [
        Employment(
            person=person,
            place=0,
            start=person.start_date,
            end=person.end_date,
            legal_entity_id=person.legal_entity_id,
        )
    ]
    if person.id % 37 == 5:
        ended = person.start_date - timedelta(days=90)
        entity = next(iter(world.company.legal_entities))
        begun = ended - timedelta(days=400)
        found.append(Employment(person=person, place=1, start=begun, end=ended, legal_entity_id=entity))
    return found


def state(person: Person, day: date) -> str:
    """`active`, `upcoming` or `deactivated`; the last day is still one of work, leave does not show."""
    now = status(person, day)
    return {"inactive": "deactivated", "upcoming": "upcoming"}.get(now, "active")


class Titles:
    """Job qualifications: one per job title, numbered as they are met."""

    def __init__(self, world: World) -> None:
        titles = sorted({person.job_title for person in world.people.values()})
        self._numbers = {title: 300 + place for place, title in enumerate(titles)}

    def number(self, title: str) -> int:
        """The id of the qualification for a title."""
        return self._numbers.setdefault(title, 300 + len(self._numbers))

    def all(self) -> list[tuple[int, str]]:
        """Every qualification: id and title."""
        return [(number, title) for title, number in self._numbers.items()]


def visible(world: World) -> Callable[[Person], bool]:
    """Whether credentials limited to some establishments (option `establishments`: their ids) see somebody."""
    only = world.options.get("establishments")
    if not isinstance(only, list):
        return lambda person: True
    ids = {int(str(number)) for number in only}
    return lambda person: person.office_id in ids


def archived_office(world: World) -> int | None:
    """The establishment that is archived though people still belong to it: the last one of several."""
    offices = list(world.company.offices)
    return offices[-1] if len(offices) > 2 else None
