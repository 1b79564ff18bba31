"""What Humaans asks of the admin. Scopes documented on docs.humaans.io/api, the way to the screen too."""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, Tool
from rollcall.connectors.errors import gettext_noop

PUBLIC: Final = "public:read"
PRIVATE: Final = "private:read"

HUMAANS: Final = Tool(
    key="humaans",
    name="Humaans",
    region=gettext_noop("Worldwide"),
    credentials=(
        CredentialField(
            name="api_token",
            label=gettext_noop("API access token"),
            kind="secret",
            help=gettext_noop("Humaans shows it when it is made, under Settings > API access tokens."),
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name", "employee_number"),
            label=gettext_noop("Name and employee ID"),
            why=gettext_noop("To create members under their name."),
            permission=PUBLIC,
            optional=False,
            without=gettext_noop("Nobody can be invited by name."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=PUBLIC,
            optional=False,
            without=gettext_noop("Nobody can be invited or recognised."),
        ),
        DataField(
            fields=("status", "start_date", "end_date", "last_working_day"),
            label=gettext_noop("Status, start of employment, end of employment and last working day"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=PUBLIC,
            optional=False,
            without=gettext_noop("Leavers stay members until somebody archives them by hand."),
        ),
        DataField(
            fields=("manager_id",),
            label=gettext_noop("Manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=PUBLIC,
            without=gettext_noop("Managers are set by hand."),
        ),
        DataField(
            fields=("job_title", "department", "team", "work_location", "legal_entity", "employment_type"),
            label=gettext_noop("Job title, department, teams, location, company and contract type"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=PUBLIC,
            without=gettext_noop("Employees cannot be chosen by these."),
        ),
        DataField(
            fields=("country", "time_zone"),
            label=gettext_noop("Country and time zone"),
            why=gettext_noop("To choose employees by country, and to end access when their last day ends."),
            permission=PUBLIC,
            without=gettext_noop("Employees cannot be chosen by country."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=PRIVATE,
            without=gettext_noop("People without a work e-mail cannot be reached."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=PRIVATE,
            without=gettext_noop("Members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop("In Humaans, open Settings > API access tokens and make a new token."),
        gettext_noop(
            "Give it the scopes “public:read” and, for personal e-mail and bank details, “private:read”. Rollcall"
            " needs no other scope."
        ),
        gettext_noop("Copy the token and enter it here."),
    ),
    notes=(
        gettext_noop(
            "Members are archived the day after the last working day in Humaans, or after the end of employment if"
            " none is set."
        ),
        gettext_noop(
            "A job role that starts later counts from its day on: title, department and manager change then."
        ),
        gettext_noop("People who work remotely have the location “remote”."),
    ),
    # one host for all customers (documented)
    base_url="https://app.humaans.io",
    # no limits: none are published. No delta: a filter by updatedAt is assumed only, and a role that comes into
    # force on its day changes nothing that it could find. No webhooks: the documents do not name the header that
    # has the signature, nor say whose secret signs it.
)
