"""What Lucca asks of the admin, in the words of its screens: of a legacy key or of an integration key.

Documented on developers.lucca.fr as of 2026-11-22; the spelling of a few scopes is assumed by their pattern.
"""

from collections.abc import Mapping
from typing import Final

from rollcall.connectors.base import CredentialField, DataField, RateLimit, Tool
from rollcall.connectors.errors import gettext_noop

SEE_EMPLOYEES: Final = gettext_noop("See employees (rights of the API key's role in the directory)")
SEE_JOBS: Final = gettext_noop("View jobs and managers (rights of the API key's role in the directory)")
SEE_PLACES: Final = gettext_noop("See establishments and legal units (rights of the API key's role)")
SEE_PRIVATE: Final = gettext_noop("See the personal e-mail (rights of the API key's role in the directory)")
SEE_SECTIONS: Final = gettext_noop(
    "See the custom section that holds it (rights of the API key's role in the directory)"
)

RIGHTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("first_name", "last_name", "employee_number", "work_email", "language"), SEE_EMPLOYEES),
    **dict.fromkeys(("status", "start_date", "end_date"), SEE_EMPLOYEES),
    **dict.fromkeys(("manager_id", "job_title", "department", "employment_type"), SEE_JOBS),
    **dict.fromkeys(("work_location", "legal_entity", "country", "time_zone"), SEE_PLACES),
    "personal_email": SEE_PRIVATE,
    **dict.fromkeys(("bank_account", "cost_center", "team", "custom"), SEE_SECTIONS),
}
"""Field of Employee -> the right of a legacy key's role that brings it."""

EMPLOYEES: Final = "employees.readonly"
EMPLOYMENTS: Final = "employments.readonly"
POSITIONS: Final = "job-positions.readonly"
PERSONAL: Final = "employee-personal-records.readonly"
ATTRIBUTES: Final = "employee-attributes.readonly"
DEPARTMENTS: Final = "departments.readonly"
LEGAL_ENTITIES: Final = "legal-entities.readonly"
ESTABLISHMENTS: Final = "business-establishments.readonly"
QUALIFICATIONS: Final = "job-qualifications.readonly"
WEBHOOKS: Final = "webhook-endpoints.readwrite"

SCOPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("first_name", "last_name", "employee_number", "work_email", "status"), EMPLOYEES),
    **dict.fromkeys(("start_date", "end_date", "employment_type"), EMPLOYMENTS),
    **dict.fromkeys(("manager_id", "job_title"), POSITIONS),
    "department": DEPARTMENTS,
    **dict.fromkeys(("legal_entity", "country"), LEGAL_ENTITIES),
    **dict.fromkeys(("work_location", "time_zone"), ESTABLISHMENTS),
    **dict.fromkeys(("personal_email", "bank_account"), PERSONAL),
    **dict.fromkeys(("cost_center", "team", "custom"), ATTRIBUTES),
}
"""Field of Employee -> the scope of an integration key that brings it."""

ALL_SCOPES: Final = (
    EMPLOYEES,
    EMPLOYMENTS,
    POSITIONS,
    PERSONAL,
    ATTRIBUTES,
    DEPARTMENTS,
    LEGAL_ENTITIES,
    ESTABLISHMENTS,
    QUALIFICATIONS,
    WEBHOOKS,
)

ACCOUNTS: Final = "accounts"

ACCOUNT_LIMIT: Final = RateLimit(requests=50, seconds=60.0, paths=r"/(?!connect/)")
"""Of the account, shared by all its integrations; the server of the tokens is another one."""

WHERE: Final = gettext_noop(
    "Open Lucca and copy its address from the browser, such as https://acme.ilucca.net."
)

LUCCA: Final = Tool(
    key="lucca",
    name="Lucca",
    region=gettext_noop("Europe"),
    credentials=(
        CredentialField(
            name="address",
            kind="address",
            label=gettext_noop("Address of your Lucca"),
            example="acme.ilucca.net",
            help=gettext_noop("As in the browser: https://acme.ilucca.net, or acme alone."),
        ),
        CredentialField(
            name="api_key",
            label=gettext_noop("API key"),
            kind="secret",
            help=gettext_noop("Instead of a client ID and secret."),
            required=False,
        ),
        CredentialField(
            name="client_id",
            label=gettext_noop("Client ID"),
            help=gettext_noop("Of an integration key; it can read bank details."),
            required=False,
        ),
        CredentialField(
            name="client_secret",
            label=gettext_noop("Client secret"),
            kind="secret",
            help=gettext_noop("Of the same integration key."),
            required=False,
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "employee_number", "language"),
            label=gettext_noop("Name, employee number and language"),
            why=gettext_noop("To create members under their name."),
            permission=gettext_noop("API key: see employees. Integration key: employees.readonly"),
            optional=False,
            without=gettext_noop("Nobody can be read."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=gettext_noop("API key: see employees. Integration key: employees.readonly"),
            optional=False,
            without=gettext_noop("Nobody can be invited."),
        ),
        DataField(
            fields=("status", "start_date", "end_date"),
            label=gettext_noop("Start and end of the contract"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=gettext_noop(
                "API key: see employees, future employees and former employees."
                " Integration key: employees.readonly and employments.readonly"
            ),
            optional=False,
            without=gettext_noop("Nobody can tell who works for you and who has left."),
        ),
        DataField(
            fields=("manager_id", "job_title"),
            label=gettext_noop("Line manager and job title"),
            why=gettext_noop("To set who approves for whom."),
            permission=gettext_noop(
                "API key: view jobs and managers. Integration key: job-positions.readonly"
            ),
            without=gettext_noop("Without it managers are not set."),
        ),
        DataField(
            fields=("department",),
            label=gettext_noop("Department"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop("API key: view jobs and managers. Integration key: departments.readonly"),
            without=gettext_noop("Without it employees cannot be chosen by department."),
        ),
        DataField(
            fields=("work_location", "time_zone"),
            label=gettext_noop("Establishment and its time zone"),
            why=gettext_noop(
                "To choose which employees belong to an entity, and to know when their last day ends."
            ),
            permission=gettext_noop(
                "API key: see establishments. Integration key: business-establishments.readonly"
            ),
            without=gettext_noop("Without it employees cannot be chosen by establishment."),
        ),
        DataField(
            fields=("legal_entity", "country"),
            label=gettext_noop("Legal unit and country"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop("API key: see legal units. Integration key: legal-entities.readonly"),
            without=gettext_noop("Without it employees cannot be chosen by legal unit or country."),
        ),
        DataField(
            fields=("employment_type",),
            label=gettext_noop("Kind of contract"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop("API key: view jobs and managers. Integration key: employments.readonly"),
            without=gettext_noop("Without it employees cannot be chosen by kind of contract."),
        ),
        DataField(
            fields=("cost_center", "team", "custom"),
            label=gettext_noop("Cost centre, team and fields of your own"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop(
                "API key: see each custom section. Integration key: employee-attributes.readonly"
            ),
            without=gettext_noop(
                "Without it employees cannot be chosen by cost centre or fields of your own."
            ),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=gettext_noop(
                "API key: see the personal e-mail. Integration key: employee-personal-records.readonly"
            ),
            without=gettext_noop("Without it people without a work e-mail cannot be reached."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details (IBAN and BIC)"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=gettext_noop(
                "API key: see the custom section with the IBAN."
                " Integration key: employee-personal-records.readonly"
            ),
            without=gettext_noop("Without it members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop("Copy the address of your Lucca from the browser: https://example.ilucca.net."),
        gettext_noop(
            "As an administrator of Lucca, open the settings > API keys and make a key. If there is no such"
            " option, you are not the right administrator: ask the one who set up Lucca."
        ),
        gettext_noop(
            "Lucca makes a role with the name of the key. Give that role rights in the directory: see"
            " employees, see future employees, see former employees, view jobs and managers, and each custom"
            " section listed on this page."
        ),
        gettext_noop(
            "Or, with Lucca's new API: open https://example.ilucca.net/identity/admin/integration-keys, make an"
            " integration key with the scopes listed on this page, for all establishments."
        ),
        gettext_noop("Enter the address with the API key, or with the client ID and the client secret."),
    ),
    base_url="https://{address}",
    # of the legacy API; the new one answers with everybody
    delta=True,
    origins={ACCOUNTS: "https://accounts.world.luccasoftware.com"},
    ways=(("address", "api_key"), ("address", "client_id", "client_secret")),
    limits=(ACCOUNT_LIMIT,),
    webhooks="registered",
)
