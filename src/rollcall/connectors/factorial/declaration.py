"""What Factorial asks of the admin. The names of its screens are assumed."""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, Tool
from rollcall.connectors.errors import gettext_noop

EMPLOYEES: Final = gettext_noop("Employees: read")
CONTRACTS: Final = gettext_noop("Contracts: read")
ORGANISATION: Final = gettext_noop("Locations, legal entities and teams: read")
BANK: Final = gettext_noop("Bank details of employees: read")

FACTORIAL: Final = Tool(
    key="factorial",
    name="Factorial",
    region=gettext_noop("Europe"),
    credentials=(
        CredentialField(
            name="api_key",
            label=gettext_noop("API key"),
            kind="secret",
            help=gettext_noop("A key of the company: Factorial shows it when it is made."),
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name", "employee_number"),
            label=gettext_noop("Name and employee number"),
            why=gettext_noop("To create members under their name."),
            permission=EMPLOYEES,
            optional=False,
            without=gettext_noop("Nobody can be invited by name."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail (the login of Factorial)"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=EMPLOYEES,
            optional=False,
            without=gettext_noop("Nobody can be invited or recognised."),
        ),
        DataField(
            fields=("status", "end_date"),
            label=gettext_noop("Whether somebody is active, and the day of termination"),
            why=gettext_noop("To archive people when they leave, and not before."),
            permission=EMPLOYEES,
            optional=False,
            without=gettext_noop("Leavers stay members until somebody archives them by hand."),
        ),
        DataField(
            fields=("start_date", "job_title"),
            label=gettext_noop("Start of the contract and job title"),
            why=gettext_noop("To invite people when they join."),
            permission=CONTRACTS,
            without=gettext_noop("People who have not started yet look as if they had."),
        ),
        DataField(
            fields=("manager_id",),
            label=gettext_noop("Manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=EMPLOYEES,
            without=gettext_noop("Managers are set by hand."),
        ),
        DataField(
            fields=("work_location", "legal_entity", "team"),
            label=gettext_noop("Location, legal entity and teams"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=ORGANISATION,
            without=gettext_noop("Employees cannot be chosen by these."),
        ),
        DataField(
            fields=("country",),
            label=gettext_noop("Country"),
            why=gettext_noop("To choose employees by country."),
            permission=EMPLOYEES,
            without=gettext_noop("Employees cannot be chosen by country."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=EMPLOYEES,
            without=gettext_noop("People without a work e-mail cannot be reached."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=BANK,
            without=gettext_noop("Members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop("As an administrator of Factorial, make an API key for the company."),
        gettext_noop("Copy the key and enter it here."),
    ),
    notes=(
        gettext_noop("Members are archived the day after the day of termination in Factorial."),
        gettext_noop(
            "A contract version that starts later counts from its day on: the job title changes then."
        ),
        gettext_noop(
            "Cost centres are not read: Factorial does not say to which of them an employee belongs."
        ),
    ),
    # one host for all customers (documented); that of demonstrations is another one
    base_url="https://api.factorialhr.com",
    # no limits: none are public. No delta: there is no filter by the time of a change (documented by absence). No
    # webhooks: how the types of a subscription are written, and how one is removed, is not documented.
)
