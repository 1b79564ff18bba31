"""What the gallery says about CSV files. The steps are those of whoever exports one."""

from typing import Final

from rollcall.connectors.base import DataField, Tool
from rollcall.connectors.errors import gettext_noop

_COLUMN: Final = gettext_noop("The columns that you choose for it")

CSV: Final = Tool(
    key="csv",
    name="CSV",
    place=gettext_noop("your HR tool"),
    region=gettext_noop("A file from any HR tool"),
    credentials=(),
    data=(
        DataField(
            fields=("first_name", "last_name", "preferred_name", "employee_number"),
            label=gettext_noop("Name and employee number"),
            why=gettext_noop("To create members under their name."),
            permission=_COLUMN,
            optional=False,
        ),
        DataField(
            fields=("work_email",),
            label=gettext_noop("Work e-mail"),
            why=gettext_noop("To invite people and to recognise existing members."),
            permission=_COLUMN,
            optional=False,
        ),
        DataField(
            fields=("status", "start_date", "end_date", "last_working_day"),
            label=gettext_noop("Status, first and last day"),
            why=gettext_noop("To invite people when they join and to archive them when they leave."),
            permission=_COLUMN,
            optional=False,
        ),
        DataField(
            fields=("manager_id", "manager_email"),
            label=gettext_noop("Line manager"),
            why=gettext_noop("To set who approves for whom."),
            permission=_COLUMN,
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
                "country",
                "language",
                "time_zone",
                "custom",
            ),
            label=gettext_noop("Place of work, department, team, job title and the like"),
            why=gettext_noop("To choose which employees belong to an entity."),
            permission=_COLUMN,
        ),
        DataField(
            fields=("personal_email",),
            label=gettext_noop("Personal e-mail"),
            why=gettext_noop("To reach people who have no work e-mail yet."),
            permission=_COLUMN,
        ),
        DataField(
            fields=("bank_account",),
            label=gettext_noop("Bank details (IBAN and BIC)"),
            why=gettext_noop("To pay expenses back; each member confirms them first."),
            permission=_COLUMN,
        ),
    ),
    steps=(
        gettext_noop(
            "In your HR tool or spreadsheet, make a list of all employees, leavers of late included."
        ),
        gettext_noop(
            "Give it a column with the employee number, and one with the last day of those who leave."
        ),
        gettext_noop("Export it as a CSV file in the encoding UTF-8, and choose the file here."),
    ),
    base_url="",
    kind="file",
)
