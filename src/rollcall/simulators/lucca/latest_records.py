"""The resources of the new API: employees, employments, job positions, personal records, lists.

Facts: Lucca's developer documentation and public code that talks to it, as known on 2026-11-22. Ids are text.
"""

from collections.abc import Callable
from datetime import date

import msgspec

from rollcall.simulators.lucca.facts import (
    ALPHA3,
    NAMES,
    ROOT_DEPARTMENT,
    TEMPLATES,
    Employment,
    Titles,
    archived_office,
    employments_of,
    state,
    template_id,
)
from rollcall.simulators.people import Person, as_time
from rollcall.simulators.rows import Encode, Record
from rollcall.simulators.world import World

# The canonical (v3) name of a field, by resource and key: what permissions and faults take away here too.
_CANONICAL = {
    "employee": {
        "givenName": "firstName",
        "familyName": "lastName",
        "email": "mail",
        "employeeNumber": "employeeNumber",
    },
    "employment": {"start": "dtContractStart", "end": "dtContractEnd"},
    "job-position": {
        "jobTitle": "jobTitle",
        "jobQualification": "jobTitle",
        "manager": "manager",
        "department": "department",
        "businessEstablishment": "legalEntity",
    },
    "employee-personal-record": {"email": "personalEmail", "bankAccount": "e_iban"},
}
_BY_CANONICAL = {kind: {v: k for k, v in reversed(names.items())} for kind, names in _CANONICAL.items()}


def time_of(seconds: int) -> str:
    """A time in UTC with milliseconds."""
    return as_time(seconds).strftime("%Y-%m-%dT%H:%M:%S.120Z")


def day(value: date | None) -> str | None:
    """A day in ISO form."""
    return value.isoformat() if value else None


def reference(number: object) -> Record | None:
    """A reference inside a resource."""
    return None if number is None else {"id": str(number)}


class Makers:
    """Makes resources of one account; `base` is the address that `url` fields begin with."""

    def __init__(self, world: World, titles: Titles, base: str) -> None:
        self.world, self.titles, self.base = world, titles, base

    def link(self, kind: str, number: object) -> Record:
        """A reference with type and address."""
        return {"id": str(number), "type": kind, "url": f"{self.base}/lucca-api/{kind}s/{number}"}

    def employee(self, person: Person) -> Record:
        """Somebody; the names are as typed, and nobody has a preferred one."""
        today = self.world.today()
        number = person.id * 10  # of the applicable employment: the last one or the next one too
        return self._shown(
            "employee",
            {
                **self.link("employee", person.id),
                "remoteId": None,
                "givenName": person.first_name,
                "familyName": person.last_name,
                "employeeNumber": person.employee_number,
                "status": state(person, today),
                "email": person.work_email,
                "birthDay": {"day": 1 + person.id % 28, "month": 1 + person.id % 12},
                "phoneNumber": None,
                "portrait": None,
                "applicableEmployment": self.link("employment", number),
                "applicableJobPosition": self.link("job-position", number),
                "createdAt": time_of(person.created_at),
                "lastUpdatedAt": time_of(person.updated_at),
                "links": {},
            },
        )

    def employment(self, place: int) -> Encode:
        """The encoder of somebody's employment at that place (0: the applicable one)."""

        def encode(person: Person) -> Record:
            one = employments_of(person, self.world)[place]
            return self._shown(
                "employment",
                {
                    **self.link("employment", one.number),
                    "employee": reference(person.id),
                    "legalEntity": reference(one.legal_entity_id),
                    "status": _status(one, self.world.today()),
                    "start": {"date": day(one.start)},
                    "end": {"date": day(one.end)} if one.end else None,  # the last day, included
                    "template": reference(template_id(person)),
                },
            )

        return encode

    def job_position(self, place: int) -> Encode:
        """The encoder of the job position of somebody's employment at that place."""

        def encode(person: Person) -> Record:
            one = employments_of(person, self.world)[place]
            # Some have no free text, only a qualification (documented that both exist).
            title = None if person.id % 10 == 0 else person.job_title
            return self._shown(
                "job-position",
                {
                    **self.link("job-position", one.number),
                    "employment": reference(one.number),
                    "employee": reference(person.id),
                    "status": _status(one, self.world.today()),
                    "startsOn": day(one.start),
                    "endsOn": day(one.end),
                    "businessEstablishment": reference(person.office_id),
                    "jobTitle": title,
                    "jobQualification": reference(self.titles.number(person.job_title)),
                    "manager": reference(person.manager_id),
                    "department": reference(person.department_id),
                },
            )

        return encode

    def personal_record(self, person: Person) -> Record:
        """Private data; its number is assumed to have nothing to do with the employee's."""
        country = self.world.company.offices[person.office_id].country
        return self._shown(
            "employee-personal-record",
            {
                "id": str(record_id(person.id)),
                "type": "employee-personal-record",
                "employee": reference(person.id),
                "birthDate": f"{1960 + person.id % 44}-{1 + person.id % 12:02d}-{1 + person.id % 28:02d}",
                "nationalitiesCountryCodes": [ALPHA3[country]],
                "email": person.personal_email,
                "phoneNumber": None,
                "legalGender": "female" if person.id % 2 else "male",
                "bankAccount": _account(person),
            },
        )

    def _shown(self, kind: str, record: Record) -> Record:
        """Without what the credentials may not see."""
        hidden, nulled = self.world.hidden, self.world.nulled
        if not hidden and not nulled:
            return record
        names = _CANONICAL[kind]
        return {
            key: None if names.get(key) in nulled else value
            for key, value in record.items()
            if names.get(key) not in hidden
        }


def _status(one: Employment, today: date) -> str:
    if one.end is not None and one.end < today:
        return "terminated"  # assumed; active was seen
    return "upcoming" if one.start > today else "active"


def _account(person: Person) -> Record | None:
    """An IBAN comes without a BIC; other accounts with the bank's local code."""
    if person.iban:
        found: Record = {"format": "iban", "accountIdentifier": person.iban, "bankIdentifier": None}
    elif person.account_number:
        found = {
            "format": "other",
            "accountIdentifier": person.account_number,
            "bankIdentifier": person.sort_code,
        }
    else:
        return None
    return {"format": found["format"], "bankName": "Banque Exemple"} | found


def record_id(person_id: int) -> int:
    """The number of somebody's personal record."""
    return person_id + 227


def putter(kind: str) -> Callable[[Record, str, object], None]:
    """Sets a field of a resource (named as here, in v3 or in `Person`), or takes it away (UNSET)."""
    names = _BY_CANONICAL.get(kind, {})

    def put(record: Record, field: str, value: object) -> None:
        key = names.get(NAMES.get(field, field), field)
        if key not in record or (field == "status" and kind != "employee"):
            return
        if value is msgspec.UNSET:
            del record[key]
        elif key in ("start", "end"):
            record[key] = {"date": value}
        elif key == "bankAccount" and isinstance(value, str):
            record[key] = {"format": "iban", "accountIdentifier": value, "bankIdentifier": None}
        else:
            record[key] = value

    return put


def lists(world: World, titles: Titles) -> dict[str, list[Record]]:
    """Every list of the new API that is no list of people: name in the path, items."""
    company = world.company
    root: Record = {"name": company.name, "code": "ROOT", "parent": None}
    below: list[tuple[int, Record]] = [
        (unit.id, {"name": unit.name, "code": f"D{unit.id}", "parent": reference(ROOT_DEPARTMENT)})
        for unit in company.departments.values()
    ]
    entities: list[tuple[int, Record]] = [
        (
            unit.id,
            {
                "legalName": unit.name,
                "remoteId": None,
                "countryCode": ALPHA3.get(unit.country or "", "FRA"),
                "currencyCode": "GBP" if unit.country == "GB" else "EUR",
                "isArchived": False,
            },
        )
        for unit in company.legal_entities.values()
    ]
    return {
        "departments": _items("department", [(ROOT_DEPARTMENT, root), *below]),
        "legal-entities": _items("legal-entity", entities),
        "business-establishments": _items("business-establishment", _establishments(world)),
        # Shapes of the rest assumed: the documents name the fields, not how they nest.
        "employment-templates": _items(
            "employment-template",
            [
                (
                    one.id,
                    {
                        "title": one.title,
                        "t9n": {"title": {"fr": one.title, "en": one.english}},
                        "term": one.term,
                        "audience": one.audience,
                    },
                )
                for one in TEMPLATES
            ],
        ),
        "job-qualifications": _items(
            "job-qualification",
            [
                (number, {"name": title, "profession": {"id": str(number), "name": title}})
                for number, title in titles.all()
            ],
        ),
        "occupation-categories": _items(
            "occupation-category", [(1, {"name": "Cadre"}), (2, {"name": "Employé"})]
        ),
        "employee-extension-definitions": [
            {"id": key, "type": "employee-extension-definition", "name": name, "dataType": kind}
            for key, (name, kind) in EXTENSIONS.items()
        ],
    }


def _establishments(world: World) -> list[tuple[int, Record]]:
    units = {unit.country: unit.id for unit in world.company.legal_entities.values()}
    return [
        (
            office.id,
            {
                "name": office.name,
                "remoteId": None,
                "legalEntity": reference(units[office.country]),
                "address": {
                    "addressLines": ["1 rue de l'Exemple"],
                    "postalCode": "75002",
                    "locality": office.name,
                    "countryCode": ALPHA3.get(office.country, "FRA"),
                },
                "timezoneId": office.time_zone,
                "isArchived": office.id == archived_office(world),
            },
        )
        for office in world.company.offices.values()
    ]


def _items(kind: str, rows: list[tuple[int, Record]]) -> list[Record]:
    return [{"id": str(number), "type": kind, **row} for number, row in rows]


EXTENSIONS = {"e_cost_center": ("Cost center", "select"), "e_team": ("Équipe", "text")}


def extension_value(world: World, person: Person, key: str) -> object:
    """The value of a custom field of the new API."""
    if key == "e_cost_center":
        return world.company.cost_centers[person.cost_center_id].name
    return world.company.teams[person.team_id].name if person.team_id else None


def attribute_value(makers: Makers, person: Person, definition: str) -> object:
    """The value of any attribute by its dotted name; `UNSET` if there is no such one."""
    if definition in EXTENSIONS:
        return extension_value(makers.world, person, definition)
    kind, _, name = definition.rpartition(".")
    encode = {
        "": makers.employee,
        "employment": makers.employment(0),
        "jobPosition": makers.job_position(0),
    }.get(kind)
    record = encode(person) if encode else {}
    value = record.get(name, msgspec.UNSET)
    return value["date"] if isinstance(value, dict) and value.keys() == {"date"} else value
