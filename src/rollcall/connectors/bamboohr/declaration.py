"""What BambooHR asks of the admin, in the words of its screens."""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, Tool
from rollcall.connectors.errors import gettext_noop

EMPLOYEES: Final = gettext_noop("Access level of the key's owner: see all employees, former ones included")

BAMBOOHR: Final = Tool(
    key="bamboohr",
    name="BambooHR",
    region=gettext_noop("Worldwide"),
    credentials=(
        CredentialField(
            name="subdomain",
            label=gettext_noop("Subdomain"),
            kind="subdomain",
            example="acme",
            help=gettext_noop(
                "The first part of the address of your BambooHR: https://subdomain.bamboohr.com."
            ),
            suffixes=(".bamboohr.com",),
        ),
        CredentialField(
            name="api_key",
            label=gettext_noop("API key"),
            kind="secret",
            help=gettext_noop("BambooHR shows it once, when it is made."),
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name", "employee_number"),
            label=gettext_noop("Name and employee number"),
            why=gettext_noop("To create members under their name."),
            permission=gettext_noop("Personal > Basic Information: view"),
            optional=False,
            without=gettext_noop("Nobody can be invited by name."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=gettext_noop("Personal > Contact: view work e-mail"),
            optional=False,
            without=gettext_noop("Nobody can be invited or recognised."),
        ),
        DataField(
            fields=("status", "start_date", "end_date", "last_working_day"),
            label=gettext_noop("Status, hire date and termination date"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=gettext_noop("Job > Employment Status and Hire Date: view"),
            optional=False,
            without=gettext_noop("Leavers stay members until somebody archives them by hand."),
        ),
        DataField(
            fields=("manager_id", "manager_email"),
            label=gettext_noop("Line manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=gettext_noop("Job > Job Information > Reports To: view"),
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
            label=gettext_noop("Place of work, department, team, job title and the like"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop("Job > Job Information: view"),
            without=gettext_noop("Employees cannot be chosen by these."),
        ),
        DataField(
            fields=("country",),
            label=gettext_noop("Country"),
            why=gettext_noop("To choose employees by country."),
            permission=gettext_noop("Personal > Address: view country"),
            without=gettext_noop("Employees cannot be chosen by country."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=gettext_noop("Personal > Contact: view home e-mail"),
            without=gettext_noop("People without a work e-mail cannot be reached."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details (IBAN and BIC)"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=gettext_noop("The custom fields that hold IBAN and BIC: view"),
            without=gettext_noop("Members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop("Find your subdomain in the address of your BambooHR: https://subdomain.bamboohr.com."),
        gettext_noop("As an administrator of BambooHR, open your profile picture > API Keys > Add New Key."),
        gettext_noop(
            "Better still, do so as a user of its own for Rollcall, whose access level may see all the data"
            " listed: the key sees what its owner sees, and stops working when its owner is disabled."
        ),
        gettext_noop("Copy the key; BambooHR shows it once. Enter the subdomain and the key here."),
    ),
    notes=(
        gettext_noop(
            "The day of termination in BambooHR is the last working day: members are archived the day after."
        ),
        gettext_noop(
            "BambooHR calls future hires “Inactive”. Rollcall sees by the hire date that they are about to start."
        ),
    ),
    base_url="https://{subdomain}.bamboohr.com",
    delta=True,
    # no limits: none are published (documented); BambooHR says so when there are too many requests
    webhooks="registered",
)
