"""What a source by SCIM asks of the admin. Tools call things differently, so the words are those of the standard."""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, Tool
from rollcall.connectors.errors import gettext_noop

USERS: Final = gettext_noop("Read users (SCIM)")
OWN: Final = gettext_noop("Read users with the attributes of your own that hold it")

COPY_BASE: Final = gettext_noop(
    "Open the SCIM settings of your HR tool and copy the base URL, such as https://people.acme.example/scim/v2."
)

SCIM: Final = Tool(
    key="scim",
    name="SCIM",
    place=gettext_noop("the other system"),
    region=gettext_noop("Worldwide"),
    credentials=(
        CredentialField(
            name="base_url",
            label=gettext_noop("SCIM base URL"),
            kind="address",
            example="https://people.acme.example/scim/v2",
            help=gettext_noop("The address before /Users, as your HR tool shows it."),
        ),
        CredentialField(
            name="token",
            label=gettext_noop("Token"),
            kind="secret",
            help=gettext_noop("A bearer token; or a name and a password with a colon between them."),
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name", "employee_number"),
            label=gettext_noop("Name and employee number"),
            why=gettext_noop("To create members under their name."),
            permission=USERS,
            optional=False,
            without=gettext_noop("Nobody can be read."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=USERS,
            optional=False,
            without=gettext_noop("Nobody can be invited or recognised."),
        ),
        DataField(
            fields=("status",),
            label=gettext_noop("Whether somebody is active"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=USERS,
            optional=False,
            without=gettext_noop("Nobody is archived."),
        ),
        DataField(
            fields=("start_date", "end_date", "last_working_day"),
            label=gettext_noop("First and last day"),
            why=gettext_noop("To invite and to archive on the right day; the standard has no dates."),
            permission=OWN,
            without=gettext_noop(
                "People are invited and archived when the HR tool switches them on and off."
            ),
        ),
        DataField(
            fields=("manager_id",),
            label=gettext_noop("Manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=USERS,
            without=gettext_noop("Members have no line manager."),
        ),
        DataField(
            fields=("department", "job_title", "cost_center", "legal_entity", "employment_type", "custom"),
            label=gettext_noop("Department, title, cost centre, organisation, user type and own attributes"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=USERS,
            without=gettext_noop("Employees cannot be chosen by these."),
        ),
        DataField(
            fields=("country", "work_location", "team"),
            label=gettext_noop("Country, place of work and team"),
            why=gettext_noop("To choose employees by these."),
            permission=OWN,
            without=gettext_noop("Employees cannot be chosen by country, place or team."),
        ),
        DataField(
            fields=("language", "time_zone"),
            label=gettext_noop("Language and time zone"),
            why=gettext_noop("To write in the right language, and to archive after the last day ends there."),
            permission=USERS,
            without=gettext_noop("The entity's language and time zone count."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=USERS,
            without=gettext_noop("People without a work e-mail cannot be invited."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details (IBAN and BIC)"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=OWN,
            without=gettext_noop("Members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop("As an administrator of your HR tool, open its settings for SCIM or user provisioning."),
        gettext_noop("Make a token that may read all users, inactive ones included."),
        gettext_noop("Copy the base URL, which mostly ends in /scim/v2, and the token, and enter both here."),
    ),
    base_url="{origin}",
    # by the filter on meta.lastModified where the server has it; else everybody comes each time
    delta=True,
)
