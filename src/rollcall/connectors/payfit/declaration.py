"""What PayFit asks of the admin, in the words of its screens.

Scopes are called alike in PayFit's screens and in its API (documented on developers.payfit.io, 2026-11-22).
"""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, OAuth, RateLimit, Tool
from rollcall.connectors.errors import gettext_noop

COLLABORATORS: Final = "collaborators:read"
NESTED_CONTRACTS: Final = "collaborators:contracts:read"
MANAGEMENT: Final = "collaborators:management:read"
PERSONAL: Final = "collaborators:personal:read"
BANK: Final = "collaborators:bank-info:read"
CONTRACTS: Final = "contracts:read"

SCOPES: Final = (COLLABORATORS, NESTED_CONTRACTS, MANAGEMENT, PERSONAL, BANK, CONTRACTS)
"""Everything asked for; none of them can write."""

ACCOUNTS: Final = "accounts"

PAYFIT: Final = Tool(
    key="payfit",
    name="PayFit",
    region=gettext_noop("Europe"),
    credentials=(
        CredentialField(
            name="api_key",
            label=gettext_noop("API key"),
            kind="secret",
            help=gettext_noop("Only if you don't sign in to PayFit here. PayFit shows the key once."),
            required=False,
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "employee_number"),
            label=gettext_noop("Name and employee number"),
            why=gettext_noop("To create members under their name."),
            permission=COLLABORATORS,
            optional=False,
            without=gettext_noop("Nobody can be read."),
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=COLLABORATORS,
            optional=False,
            without=gettext_noop("Nobody can be read."),
        ),
        DataField(
            fields=("status", "start_date", "end_date"),
            label=gettext_noop("Start and end of contracts"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=NESTED_CONTRACTS,
            optional=False,
            without=gettext_noop("Nobody can tell who works for you and who has left."),
        ),
        DataField(
            fields=("legal_entity", "country"),
            label=gettext_noop("Company and its country"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=COLLABORATORS,
            without=gettext_noop("Employees cannot be chosen by company or country."),
        ),
        DataField(
            fields=("manager_id", "team"),
            label=gettext_noop("Line manager and team"),
            why=gettext_noop("To set who approves for whom, and to choose employees by team."),
            permission=MANAGEMENT,
            without=gettext_noop("Without it managers are not set and teams cannot be chosen."),
        ),
        DataField(
            fields=("job_title", "employment_type"),
            label=gettext_noop("Job title and kind of contract"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=CONTRACTS,
            without=gettext_noop("Without it employees cannot be chosen by job title or kind of contract."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=PERSONAL,
            without=gettext_noop("Without it people without a work e-mail cannot be reached."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details (IBAN and BIC)"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=BANK,
            without=gettext_noop("Without it members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop("Sign in to PayFit as an administrator of the company and authorise Rollcall."),
        gettext_noop(
            "If you administer several companies, connect each of them: one authorisation is for one."
        ),
        gettext_noop(
            "With a key instead: open Integrations > API > Create a key in PayFit, give it a label and"
            " tick the scopes listed on this page. They cannot be changed later; more scopes need a new key."
        ),
        gettext_noop("Copy the key, which PayFit shows once, and enter it here."),
        gettext_noop("Check that the company shown at the end is the one you mean."),
    ),
    notes=(gettext_noop("PayFit shows no bank details of British companies."),),
    base_url="https://partner-api.payfit.com",
    origins={ACCOUNTS: "https://oauth.payfit.com"},
    ways=(("api_key",),),
    oauth=OAuth(
        authorize_url="https://oauth.payfit.com/authorize",
        origin=ACCOUNTS,
        token_path="/token",  # noqa: S106 - a path
        scopes=SCOPES,
        keep=("company_id",),
    ),
    limits=(RateLimit(requests=50, seconds=1.0),),
    # Its webhooks are for partners, and none tells about people (documented).
    webhooks="",
)
