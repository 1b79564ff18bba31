"""Which elements a request may have, in which order: the sequences of the schema, checked before anything else.

Sources: the schema of the services (documented); that a wrong order or an unknown child is a validation fault is
assumed. A star marks what may come more than once.
"""

from rollcall.simulators.workday.soap import BSVC, Node, Refused, invalid

_FILTER = {
    "": "As_Of_Effective_Date As_Of_Entry_DateTime Page Count",
}
_WORKER_GROUP = (
    "Include_Reference Include_Personal_Information Include_Additional_Jobs Include_Employment_Information "
    "Include_Compensation Include_Organizations Exclude_Organization_Support_Role_Data "
    "Exclude_Location_Hierarchies Exclude_Cost_Centers Exclude_Cost_Center_Hierarchies Exclude_Companies "
    "Exclude_Company_Hierarchies Exclude_Matrix_Organizations Exclude_Pay_Groups Exclude_Regions "
    "Exclude_Region_Hierarchies Exclude_Supervisory_Organizations Exclude_Teams Exclude_Custom_Organizations "
    "Include_Roles Include_Management_Chain_Data Include_Multiple_Managers_in_Management_Chain_Data "
    # The place of the next seven is assumed; they bring nothing here.
    "Include_Benefit_Enrollments Include_Benefit_Eligibility Include_Related_Persons Include_Qualifications "
    "Include_Goals Include_Photo Include_Worker_Documents "
    "Include_Transaction_Log_Data Include_Employee_Contract_Data Include_User_Account"
)
_LOG = {
    "": "Transaction_Date_Range_Data Transaction_Type_References",
    "Transaction_Date_Range_Data": {"": "Updated_From Updated_Through Effective_From Effective_Through"},
    "Transaction_Type_References": {"": "Transaction_Type_Reference*"},
}
_REFERENCES = {
    "Get_Workers_Request": "Worker_Reference*",
    "Get_Locations_Request": "Location_Reference*",
    "Get_Organizations_Request": "Organization_Reference*",
    "Get_Job_Profiles_Request": "Job_Profile_Reference*",
    "Get_Cost_Centers_Request": "Cost_Center_Reference*",
    "Get_Workday_Companies_Request": "Company_Reference*",
    "Get_Payment_Election_Enrollments_Request": "Payment_Election_Enrollment_Reference*",
}
_CRITERIA: dict[str, dict[str, object]] = {
    "Get_Workers_Request": {
        "": "Transaction_Log_Criteria_Data* Organization_Reference* Country_Reference* "
        "Include_Subordinate_Organizations Position_Reference* Event_Reference Benefit_Plan_Reference* "
        "Field_And_Parameter_Criteria_Data National_ID_Criteria_Data* Exclude_Inactive_Workers "
        "Exclude_Employees Exclude_Contingent_Workers Eligibility_Criteria_Data* Universal_ID_Reference*",
        "Transaction_Log_Criteria_Data": _LOG,
    },
    "Get_Locations_Request": {
        "": "Location_Name Location_Usage_Reference* Location_Type_Reference* Exclude_Inactive_Locations "
        "Exclude_Active_Locations"
    },
    "Get_Organizations_Request": {
        "": "Organization_Type_Reference* Include_Inactive Transaction_Log_Criteria*",
        "Transaction_Log_Criteria": _LOG,
    },
    "Get_Job_Profiles_Request": {"": ""},
    "Get_Cost_Centers_Request": {"": "Updated_From_Date Updated_To_Date"},
    "Get_Workday_Companies_Request": {"": ""},
    "Get_Payment_Election_Enrollments_Request": {"": ""},  # documented: an empty type, no filter at all
}
_GROUP = {
    "Get_Workers_Request": _WORKER_GROUP,
    "Get_Locations_Request": "Include_Reference Include_Location_Data",
    "Get_Organizations_Request": "Include_Roles_Data Include_Hierarchy_Data Include_Supervisory_Data "
    "Include_Staffing_Restrictions_Data",
    "Get_Job_Profiles_Request": "Include_Reference Include_Job_Profile_Data",
    "Get_Cost_Centers_Request": "Include_Reference",
    "Get_Workday_Companies_Request": "Include_Reference",
    "Get_Payment_Election_Enrollments_Request": "Include_Reference",
}
OPERATIONS = tuple(_REFERENCES)


def check(request: Node) -> None:
    """Raises `Refused` with a validation fault if the request (of one of `OPERATIONS`) breaks its schema."""
    name = request.local
    shape: dict[str, object] = {
        "": "Request_References Request_Criteria Response_Filter Response_Group",
        "Request_References": {"": _REFERENCES[name]},
        "Request_Criteria": _CRITERIA[name],
        "Response_Filter": _FILTER,
        "Response_Group": {"": _GROUP[name]},
    }
    _check(request, shape, f"/wd:{name}")
    if request.child("Request_References") and request.child("Request_Criteria"):
        raise Refused(invalid("Enter Request References or Request Criteria, not both.", f"/wd:{name}"))


def _check(node: Node, shape: dict[str, object], path: str) -> None:
    names = str(shape[""]).split()
    place = 0
    for child in node.children:
        where = f"{path}/wd:{child.local}"
        known = [name.rstrip("*") for name in names]
        if child.name != f"{BSVC} {child.local}" or child.local not in known:
            raise Refused(invalid(f"Element {child.local} is not expected.", where))
        found = known.index(child.local)
        if found < place:
            raise Refused(invalid(f"Element {child.local} is out of order or comes twice.", where))
        place = found if names[found].endswith("*") else found + 1
        inner = shape.get(child.local)
        if isinstance(inner, dict):
            _check(child, inner, where)
