"""References, and the organisations and places of a company, as XML with the prefix `wd`.

Shapes from the schema and recorded answers; the ids a tenant chooses are made up.
"""

import hashlib
import re
from datetime import UTC, datetime

import msgspec

from rollcall.simulators.people import COUNTRY_NAMES, Company, Office, Person, Unit
from rollcall.simulators.workday.soap import attribute, escaped

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALPHA3 = {"FR": ("FRA", "250"), "GB": ("GBR", "826"), "DE": ("DEU", "276"), "ES": ("ESP", "724")}
_POSTAL = {"FR": "75002", "GB": "EC1A 1AA", "DE": "10115", "ES": "28001"}
LANGUAGES = {"fr": "French", "en": "English", "de": "German", "es": "Spanish"}


class Org(msgspec.Struct):
    """An organisation; `kind` is its Organization_Type_ID, `type` the ID type of its own kind, if it has one."""

    kind: str
    id: str
    name: str
    type: str = ""
    inactive: bool = False
    unit: Unit | None = None


def wid(*parts: object) -> str:
    """A Workday id: 32 hexadecimal digits, another one in another tenant if the company is among the parts."""
    text = ":".join(map(str, parts)).encode()
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def reference(name: str, label: str, *ids: tuple[str, str]) -> str:
    """An element that refers to something, with an ID for each (type, value)."""
    inside = "".join(f'<wd:ID wd:type="{kind}">{escaped(value)}</wd:ID>' for kind, value in ids)
    shown = f' wd:Descriptor="{attribute(label)}"' if label else ""
    return f"<wd:{name}{shown}>{inside}</wd:{name}>"


def country(code: str, name: str = "Country_Reference") -> str:
    """A reference to a country by its ISO codes."""
    three, number = _ALPHA3.get(code, ("", ""))
    more = [("ISO_3166-1_Alpha-3_Code", three), ("ISO_3166-1_Numeric-3_Code", number)] if three else []
    ids = [("WID", wid("country", code)), ("ISO_3166-1_Alpha-2_Code", code), *more]
    return reference(name, COUNTRY_NAMES.get(code, code), *ids)


def company_of(unit: Unit) -> Org:
    """A legal entity."""
    place = f"{unit.country or 'XX'}{unit.id:02d}"
    return Org("COMPANY", place, unit.name, "Company_Reference_ID", unit=unit)


def cost_center_of(unit: Unit) -> Org:
    """A cost centre."""
    return Org("COST_CENTER", f"CC{unit.id:03d}", unit.name, "Cost_Center_Reference_ID", unit=unit)


def supervisory_of(unit: Unit) -> Org:
    """A department: the organisation people are hired into."""
    return Org("SUPERVISORY", f"SUP_{unit.id}", unit.name, unit=unit)


def organizations(company: Company) -> list[Org]:
    """Every organisation of a company, an inactive cost centre among them."""
    codes = sorted({office.country for office in company.offices.values()})
    top = Org("SUPERVISORY", "SUP_TOP", f"{company.name} (top)")
    hierarchies = [
        Org("COMPANY_HIERARCHY", "CH_ALL", "All companies"),
        Org("COST_CENTER_HIERARCHY", "CCH_ALL", "All cost centers"),
    ]
    return [
        top,
        *map(supervisory_of, company.departments.values()),
        *map(company_of, company.legal_entities.values()),
        *map(cost_center_of, company.cost_centers.values()),
        Org("COST_CENTER", "CC900", "CC 900 (closed)", "Cost_Center_Reference_ID", inactive=True),
        *(region(code) for code in codes),
        *(Org("TEAM", f"TEAM_{unit.id}", unit.name, unit=unit) for unit in company.teams.values()),
        *hierarchies,
    ]


def region(code: str) -> Org:
    """The region of a country."""
    return Org("REGION", f"REG_{code}", COUNTRY_NAMES.get(code, code), "Region_Reference_ID")


def org_ids(company: Company, org: Org) -> list[tuple[str, str]]:
    """The IDs of an organisation."""
    own = [(org.type, org.id)] if org.type else []
    return [("WID", wid(company.domain, org.kind, org.id)), ("Organization_Reference_ID", org.id), *own]


def org_type(org: Org) -> str:
    """The reference to an organisation's type."""
    label = org.kind.replace("_", " ").capitalize()
    ids = ("WID", wid("type", org.kind)), ("Organization_Type_ID", org.kind)
    return reference("Organization_Type_Reference", label, *ids)


def location_id(office: Office) -> str:
    """The id a tenant would have chosen for an office."""
    return f"{re.sub('[^A-Z]', '', office.name.upper()) or 'SITE'}_{office.id}"


def location_ids(company: Company, office: Office) -> tuple[tuple[str, str], tuple[str, str]]:
    """The IDs of a place."""
    return ("WID", wid(company.domain, "location", office.id)), ("Location_ID", location_id(office))


def site_address(office: Office) -> str:
    """Where an office is. Line breaks in the formatted address come escaped twice (as recorded)."""
    post, land = _POSTAL.get(office.country, "00000"), COUNTRY_NAMES.get(office.country, "")
    formatted = f"1 Example Street&amp;#xa;{post} {attribute(office.name)}&amp;#xa;{land}"
    return (
        f'<wd:Address_Data wd:Effective_Date="1900-01-01" wd:Formatted_Address="{formatted}">'
        f'{country(office.country)}<wd:Address_Line_Data wd:Type="ADDRESS_LINE_1">1 Example Street'
        f"</wd:Address_Line_Data><wd:Municipality>{escaped(office.name)}</wd:Municipality>"
        f"<wd:Postal_Code>{post}</wd:Postal_Code></wd:Address_Data>"
    )


def worker_ids(company: Company, person: Person, number: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """WID, and Employee_ID or Contingent_Worker_ID."""
    kind = "Contingent_Worker_ID" if person.employment_type == "contractor" else "Employee_ID"
    return ("WID", wid(company.domain, "worker", person.id)), (kind, number)
