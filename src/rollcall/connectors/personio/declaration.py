"""What Personio asks of the admin, in the words of its screens."""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, RateLimit, Tool
from rollcall.connectors.errors import gettext_noop

EMPLOYEES: Final = gettext_noop("Employees: Read")

WEBHOOKS: Final = gettext_noop("Webhooks: Read and Write")
"""Words assumed, after the scopes ``personio:webhooks:read`` and ``:write`` (documented)."""

FIRST: Final = (
    RateLimit(requests=300, seconds=60, name="v1", paths=r"/v1/company/employees"),
    RateLimit(requests=15, seconds=1, name="v1 burst", paths=r"/v1/company/employees"),
)
"""Documented for employees of version 1, since 2024-05-06."""

PERSONS: Final = RateLimit(requests=300, seconds=60, name="persons", paths=r"/v2/persons$")
EMPLOYMENTS: Final = RateLimit(
    requests=300, seconds=60, name="employments", paths=r"/v2/persons/[^/]+/employments$"
)
"""Assumed: version 2 counts each endpoint by itself and tells its pace only in its answers (seen)."""

TOKENS: Final = RateLimit(requests=150, seconds=60, name="tokens", paths=r"/v2/auth/token$")
"""Documented."""

PERSONIO: Final = Tool(
    key="personio",
    name="Personio",
    region=gettext_noop("Europe"),
    credentials=(
        CredentialField(
            name="subdomain",
            label=gettext_noop("Subdomain"),
            kind="subdomain",
            example="acme",
            help=gettext_noop(
                "The first part of the address of your Personio: https://subdomain.personio.de."
            ),
            suffixes=(".personio.de", ".app.personio.com", ".personio.com"),
        ),
        CredentialField(
            name="client_id",
            label=gettext_noop("Client ID"),
            help=gettext_noop("The name of your key in Personio."),
        ),
        CredentialField(
            name="client_secret",
            label=gettext_noop("Client secret"),
            kind="secret",
            help=gettext_noop("The value of your key in Personio."),
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name", "employee_number"),
            label=gettext_noop("Name and employee number"),
            why=gettext_noop("To create members under their name."),
            permission=gettext_noop("Readable attributes: First name, Last name, Preferred name"),
            optional=False,
            without=gettext_noop("Nobody can be invited by name."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=gettext_noop("Readable attributes: Email"),
            optional=False,
            without=gettext_noop("Nobody can be invited or recognised."),
        ),
        DataField(
            fields=("status", "start_date", "end_date", "last_working_day"),
            label=gettext_noop("Status, hire date, termination date and last day of work"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=gettext_noop(
                "Readable attributes: Status, Hire date, Termination date, Last day of work"
            ),
            without=gettext_noop("Leavers stay members until somebody archives them by hand."),
            optional=False,
        ),
        DataField(
            fields=("manager_id", "manager_email"),
            label=gettext_noop("Line manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=gettext_noop("Readable attributes: Supervisor"),
            without=gettext_noop("Managers are set by hand."),
        ),
        DataField(
            fields=(
                "work_location",
                "department",
                "team",
                "job_title",
                "cost_center",
                "legal_entity",
                "employment_type",
                "custom",
            ),
            label=gettext_noop("Office, department, team, position, cost centre, subcompany and the like"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop(
                "Readable attributes: Office, Department, Team, Position, Cost center, Subcompany,"
                " Employment type"
            ),
            without=gettext_noop("Employees cannot be chosen by these."),
        ),
        DataField(
            fields=("country",),
            label=gettext_noop("Country"),
            why=gettext_noop("To choose employees by country."),
            permission=gettext_noop("Readable attributes: Public holiday calendar"),
            without=gettext_noop("Employees cannot be chosen by country."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=gettext_noop("Readable attributes: your own attribute for the personal e-mail"),
            without=gettext_noop("People without a work e-mail cannot be reached."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details (IBAN and BIC)"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=gettext_noop("Readable attributes: IBAN, BIC"),
            without=gettext_noop("Members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop("Find your subdomain in the address of your Personio: https://subdomain.personio.de."),
        gettext_noop(
            "As an administrator of Personio, open Settings > Integrations > API credentials and make a key."
        ),
        gettext_noop("Give it “Employees: Read”, and tick every attribute listed on this page as readable."),
        gettext_noop("Enter the name of the key as client ID and its value as client secret."),
    ),
    notes=(
        gettext_noop(
            "If Personio gives a last day of work, that is the day that counts; else the termination date."
        ),
        gettext_noop(
            "Rollcall reads version 1 of Personio’s API, and version 2 where version 1 is refused. Version 2 takes"
            " one request for each employee, so a full read of a large company takes a while."
        ),
        gettext_noop("To hear of changes at once, the key also needs the right to read and write webhooks."),
    ),
    # one host for all customers: the subdomain is only what people know their account by (documented)
    base_url="https://api.personio.de",
    delta=True,
    limits=(*FIRST, PERSONS, EMPLOYMENTS, TOKENS),
    webhooks="registered",
)
