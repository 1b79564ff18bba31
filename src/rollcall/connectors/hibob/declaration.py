"""What HiBob asks of the admin, in the words of its screens.

Categories Home and Financial documented on apidocs.hibob.com; the names of the others are assumed.
"""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, RateLimit, Tool
from rollcall.connectors.errors import gettext_noop

EMPLOYEES: Final = gettext_noop(
    "Permission group with the service user in it; Access data for: all lifecycle statuses"
)

SEARCH: Final = RateLimit(requests=50, seconds=60, name="search", paths=r"/v1/people/search$")
"""Documented: each endpoint and service user has a limit of its own."""

ACCOUNTS: Final = RateLimit(
    requests=50, seconds=60, name="accounts", paths=r"/v1/people/[^/]+/bank-accounts$"
)
"""Assumed: not published for this endpoint, 50 is what most have."""

METADATA: Final = RateLimit(requests=50, seconds=60, name="metadata", paths=r"/v1/company/")
"""About 50 (seen)."""

HIBOB: Final = Tool(
    key="hibob",
    name="HiBob",
    region=gettext_noop("Worldwide"),
    credentials=(
        CredentialField(
            name="service_user_id",
            label=gettext_noop("Service user ID"),
            example="SERVICE-12345",
            help=gettext_noop("HiBob shows it when the service user is made."),
        ),
        CredentialField(
            name="service_user_token",
            label=gettext_noop("Service user token"),
            kind="secret",
            help=gettext_noop("HiBob shows it once, when the service user is made."),
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name"),
            label=gettext_noop("Name"),
            why=gettext_noop("To create members under their name."),
            permission=gettext_noop("People’s data > Basic info: view"),
            optional=False,
            without=gettext_noop("Nobody can be invited by name."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=gettext_noop("People’s data > Basic info: view"),
            optional=False,
            without=gettext_noop("Nobody can be invited or recognised."),
        ),
        DataField(
            fields=("status", "end_date"),
            label=gettext_noop("Lifecycle status and termination date"),
            why=gettext_noop("To archive people when they leave, and not before."),
            permission=gettext_noop("People’s data > Lifecycle: view"),
            optional=False,
            without=gettext_noop("Leavers stay members until somebody archives them by hand."),
        ),
        DataField(
            fields=("start_date", "employee_number"),
            label=gettext_noop("Start date and employee number"),
            why=gettext_noop("To invite people when they join."),
            permission=gettext_noop("People’s data > Work: view"),
            optional=False,
            without=gettext_noop("People who have not started yet look as if they had."),
        ),
        DataField(
            fields=("manager_id", "manager_email"),
            label=gettext_noop("Line manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=gettext_noop("People’s data > Work: view"),
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
                "custom",
            ),
            label=gettext_noop("Site, department, team, job title and your own columns of Work"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop("People’s data > Work: view"),
            without=gettext_noop("Employees cannot be chosen by these."),
        ),
        DataField(
            fields=("employment_type",),
            label=gettext_noop("Employment type"),
            why=gettext_noop("To choose employees by the kind of their contract."),
            permission=gettext_noop("People’s data > Employment: view"),
            without=gettext_noop("Employees cannot be chosen by the kind of their contract."),
        ),
        DataField(
            fields=("country",),
            label=gettext_noop("Country"),
            why=gettext_noop("To choose employees by country."),
            permission=gettext_noop("People’s data > Address: view"),
            without=gettext_noop("Employees cannot be chosen by country."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=gettext_noop("People’s data > Home: view"),
            without=gettext_noop("People without a work e-mail cannot be reached."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details (IBAN and BIC)"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=gettext_noop("People’s data > Financial: view"),
            without=gettext_noop("Members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop(
            "As an administrator of HiBob, open Settings > Integrations > Automation > Service users and make a"
            " service user. HiBob shows its ID and its token once: copy both."
        ),
        gettext_noop(
            "A new service user sees nothing yet. Make a permission group and put the service user in it."
        ),
        gettext_noop(
            "Under “Access data for”, choose a condition that covers all lifecycle statuses: by default it"
            " leaves out people who have left and people who have not started yet."
        ),
        gettext_noop("Under “People’s data”, tick “view” for every category listed on this page."),
        gettext_noop("Enter the ID and the token of the service user here."),
    ),
    notes=(
        gettext_noop(
            "The termination date in HiBob is the last working day: members are archived the day after."
        ),
        gettext_noop(
            "A category that the service user may not see is missing from HiBob’s answers without a word. The test"
            " of the connection names it."
        ),
        gettext_noop("A change in HiBob can take about 20 seconds before Rollcall can read it."),
    ),
    webhook_steps=(
        gettext_noop(
            "In HiBob, open Settings > Integrations > Webhooks and add a webhook with the address shown here."
        ),
        gettext_noop(
            "Choose all events of employees, and those of the tables Work, Employment, Lifecycle and bank accounts."
        ),
        gettext_noop("Save it, copy the secret that HiBob shows, and enter it here."),
    ),
    # one host for all customers (documented)
    base_url="https://api.hibob.com",
    limits=(SEARCH, ACCOUNTS, METADATA),
    # there is no API to make them (documented)
    webhooks="by_hand",
)
