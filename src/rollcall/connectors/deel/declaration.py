"""What Deel asks of the admin, in the words of its screens (documented on developer.deel.com)."""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, OAuth, RateLimit, Tool
from rollcall.connectors.errors import gettext_noop

PEOPLE: Final = gettext_noop("Scope people:read")
CONTRACTS: Final = gettext_noop("Scope contracts:read")

ORGANISATION: Final = gettext_noop(
    "This token shows one person only. In Deel, as an organisation admin, open More > Developer > Access Tokens >"
    " Generate new token, choose the type “Organization” and paste that token."
)

AUTHORISATION: Final = OAuth(
    authorize_url="https://app.deel.com/oauth2/authorize",
    origin="app",
    token_path="/oauth2/tokens",  # noqa: S106 - a path
    scopes=("people:read", "organizations:read", "contracts:read"),
    app_in="basic",
)

DEEL: Final = Tool(
    key="deel",
    name="Deel",
    region=gettext_noop("Worldwide"),
    credentials=(
        CredentialField(
            name="api_token",
            label=gettext_noop("Organization access token"),
            kind="secret",
            required=False,
            help=gettext_noop("Deel shows it once, when it is made."),
        ),
    ),
    ways=(("api_token",),),
    oauth=AUTHORISATION,
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name", "employee_number"),
            label=gettext_noop("Name and number"),
            why=gettext_noop("To create members under their name."),
            permission=PEOPLE,
            optional=False,
            without=gettext_noop("Nobody can be read."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=PEOPLE,
            optional=False,
            without=gettext_noop("Nobody can be invited or recognised."),
        ),
        DataField(
            fields=("status", "start_date", "end_date", "last_working_day"),
            label=gettext_noop("Hiring status, start date, last day and leave"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=PEOPLE,
            optional=False,
            without=gettext_noop("Nobody is invited or archived."),
        ),
        DataField(
            fields=("manager_id", "manager_email"),
            label=gettext_noop("Direct manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=PEOPLE,
            without=gettext_noop("Members have no line manager."),
        ),
        DataField(
            fields=(
                "work_location",
                "department",
                "team",
                "job_title",
                "legal_entity",
                "employment_type",
                "custom",
            ),
            label=gettext_noop("Work location, department, team, job title, entity and hiring type"),
            why=gettext_noop("To choose which employees belong to an entity, and to leave out contractors."),
            permission=PEOPLE,
            without=gettext_noop("Employees cannot be chosen by these."),
        ),
        DataField(
            fields=("country", "time_zone"),
            label=gettext_noop("Country and time zone"),
            why=gettext_noop(
                "To choose employees by country, and to archive after their last day ends there."
            ),
            permission=PEOPLE,
            without=gettext_noop("Employees cannot be chosen by country; the entity's time zone counts."),
        ),
        DataField(
            fields=("cost_center",),
            label=gettext_noop("Cost centre"),
            why=gettext_noop("To choose employees by cost centre."),
            permission=CONTRACTS,
            without=gettext_noop("Employees cannot be chosen by cost centre."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet, such as many contractors."),
            permission=PEOPLE,
            without=gettext_noop("People without a work e-mail cannot be invited."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details of Global Payroll employees"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=gettext_noop(
                "Scopes people:read and organizations:read, with access to sensitive personal data"
            ),
            without=gettext_noop("Members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop("Sign in to Deel as an organisation admin: other roles cannot make the token."),
        gettext_noop("Open More > Developer > Access Tokens and choose Generate new token."),
        gettext_noop(
            "Choose the type “Organization”: a personal token shows only the data of the person who made it."
        ),
        gettext_noop(
            "Tick the scopes people:read, organizations:read and contracts:read. Allow sensitive personal data only"
            " if bank details are to be read."
        ),
        gettext_noop(
            "Copy the token; Deel shows it once. It works as long as the person who made it stays an admin."
        ),
    ),
    base_url="https://api.letsdeel.com",
    origins={"app": "https://app.deel.com"},
    # over all tokens of the organisation, those of other products too; no header tells what is left (documented)
    limits=(RateLimit(requests=5, seconds=1.0, name="organisation", paths="/rest/"),),
    webhooks="registered",
)
