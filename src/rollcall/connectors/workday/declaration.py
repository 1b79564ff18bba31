"""What Workday asks of the admin, in the words of its screens."""

from typing import Final

from rollcall.connectors.base import CredentialField, DataField, Tool
from rollcall.connectors.errors import gettext_noop

WORKERS: Final = gettext_noop("Worker Data: Public Worker Reports (Get)")

WORKDAY: Final = Tool(
    key="workday",
    name="Workday",
    region=gettext_noop("Worldwide"),
    credentials=(
        CredentialField(
            name="rest_endpoint",
            kind="address",
            label=gettext_noop("Workday REST API Endpoint"),
            example="https://wd2-impl-services1.workday.com/ccx/api/v1/acme",
            help=gettext_noop(
                "At the top of the report “View API Clients” in Workday. Copy the whole address."
            ),
        ),
        CredentialField(
            name="username",
            label=gettext_noop("Integration System User"),
            example="ISU_Rollcall",
            help=gettext_noop("The user name of the Integration System User, with or without @tenant."),
        ),
        CredentialField(
            name="password",
            label=gettext_noop("Password"),
            kind="secret",
            help=gettext_noop("The password of the Integration System User."),
        ),
    ),
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name", "employee_number"),
            label=gettext_noop("Name and employee number"),
            why=gettext_noop("To create members under their name."),
            permission=gettext_noop("Person Data: Name (Get)"),
            without=gettext_noop("Members have no name."),
            optional=False,
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=gettext_noop("Person Data: Work Contact Information, Person Data: Work Email (Get)"),
            without=gettext_noop("Nobody can be invited."),
            optional=False,
        ),
        DataField(
            fields=("status", "start_date", "end_date", "last_working_day"),
            label=gettext_noop("Status, hire date and termination date"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=gettext_noop(
                "Worker Data: Current Staffing Information, Worker Data: Active and Terminated Workers (Get)"
            ),
            without=gettext_noop("Leavers are not recognised."),
            optional=False,
        ),
        DataField(
            fields=("manager_id",),
            label=gettext_noop("Line manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=gettext_noop("Worker Data: Workers, Manage: Organization Integration (Get)"),
            without=gettext_noop("Line managers are not kept up to date."),
        ),
        DataField(
            fields=("job_title", "employment_type"),
            label=gettext_noop("Job title and worker type"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop(
                "Worker Data: All Positions, Worker Data: Business Title on Worker Profile (Get)"
            ),
            without=gettext_noop("Employees cannot be chosen by job title or worker type."),
        ),
        DataField(
            fields=("work_location", "country"),
            label=gettext_noop("Work location and its country"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop("Manage: Location, Worker Data: All Positions (Get)"),
            without=gettext_noop("Employees cannot be chosen by place of work or country."),
        ),
        DataField(
            fields=("legal_entity", "cost_center", "department", "team", "custom"),
            label=gettext_noop("Company, cost centre, supervisory organisation and other organisations"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=gettext_noop(
                "Worker Data: Organization Information, Manage: Organization Integration (Get)"
            ),
            without=gettext_noop("Employees cannot be chosen by company, cost centre or organisation."),
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=gettext_noop("Person Data: Home Contact Information, Person Data: Home Email (Get)"),
            without=gettext_noop("People without a work e-mail cannot be reached."),
        ),
        DataField(
            fields=("language",),
            label=gettext_noop("Language"),
            why=gettext_noop("To write to people in their language."),
            permission=gettext_noop("Workday Accounts (Get)"),
            without=gettext_noop("Invitations are written in the language of the entity."),
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            # the exact name of the domain is assumed
            permission=gettext_noop("Worker Data: Payment Elections (Get)"),
            without=gettext_noop("Members enter their bank details themselves."),
        ),
    ),
    steps=(
        gettext_noop(
            "As a security administrator of Workday, run the task “Create Integration System User”. Leave “Require"
            " New Password at Next Sign In” off, set the session timeout to 0 and tick “Do Not Allow UI Sessions”."
        ),
        gettext_noop("In “Maintain Password Rules”, exempt this user from password expiration."),
        gettext_noop(
            "Run “Create Security Group” with the type “Integration System Security Group (Unconstrained)” and add"
            " the user. A constrained group would silently hide people."
        ),
        gettext_noop(
            "Run “Maintain Permissions for Security Group” and add each domain security policy listed on this page with"
            " “Get” access, under Integration Permissions."
        ),
        gettext_noop("Run “Activate Pending Security Policy Changes”: permissions count only after that."),
        gettext_noop(
            "In “Manage Authentication Policies”, allow the user “User Name Password”, then run “Activate All"
            " Pending Authentication Policy Changes”."
        ),
        gettext_noop(
            "Open the report “View API Clients” and copy “Workday REST API Endpoint” from its top. Enter it here"
            " with the user name and password of the Integration System User."
        ),
    ),
    notes=(
        gettext_noop(
            "Rollcall reads Workday by its SOAP service. Workday’s REST staffing service has neither hire dates nor"
            " leavers, and a report as a service (RaaS) has to be built and kept by you; neither is needed."
        ),
    ),
    base_url="https://{host}",
    delta=True,
)
