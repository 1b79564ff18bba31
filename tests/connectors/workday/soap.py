"""Answers of a made-up Workday, for what the simulator seldom does."""

import re
from collections.abc import Callable
from typing import Any

XML = {"Content-Type": "text/xml; charset=UTF-8"}
LOGIN = {
    "rest_endpoint": "https://wd2-impl-services1.workday.com/ccx/api/v1/acme",
    "username": "ISU_Rollcall",
    "password": "s3&<cret",
}
NOW = "2026-11-22T00:00:10.000-08:00"
FAULT = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
    "<faultcode>e:{}</faultcode><faultstring>{}</faultstring></e:Fault></e:Body></e:Envelope>"
)
REFUSED = (500, FAULT.format("Client", "Processing error occurred. The task submitted is not authorized."))


def envelope(inside: str) -> str:
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wd="urn:com.workday/bsvc">'
        f"<e:Body>{inside}</e:Body></e:Envelope>"
    )


def listing(*items: str, total: Any = None, operation: str = "Get_Workers") -> str:
    number = len(items) if total is None else total
    return envelope(
        f"<wd:{operation}_Response><wd:Response_Results><wd:Total_Results>{number}</wd:Total_Results>"
        f"</wd:Response_Results><wd:Response_Data>{''.join(items)}</wd:Response_Data></wd:{operation}_Response>"
    )


def ids(**named: str) -> str:
    return "".join(f'<wd:ID wd:type="{kind}">{text}</wd:ID>' for kind, text in named.items())


def worker(wid: str, *, number: str = "", hired: str = "2024-03-01", active: int = 1, above: str = "") -> str:
    """Return a worker; ``above`` holds the ids of the manager."""
    named = {"WID": wid} | ({"Employee_ID": number} if number else {})
    chain = (
        "<wd:Management_Chain_Data><wd:Worker_Supervisory_Management_Chain_Data><wd:Management_Chain_Data>"
        f"<wd:Manager_Reference>{above}</wd:Manager_Reference></wd:Management_Chain_Data>"
        "</wd:Worker_Supervisory_Management_Chain_Data></wd:Management_Chain_Data>"
    )
    return (
        f"<wd:Worker><wd:Worker_Reference>{ids(**named)}</wd:Worker_Reference><wd:Worker_Data>"
        f"<wd:Employment_Data><wd:Worker_Status_Data><wd:Active>{active}</wd:Active>"
        f"<wd:Hire_Date>{hired}</wd:Hire_Date></wd:Worker_Status_Data></wd:Employment_Data>"
        f"{chain if above else ''}</wd:Worker_Data></wd:Worker>"
    )


def election(number: str, *groups: str) -> str:
    return (
        "<wd:Payment_Election_Enrollment><wd:Payment_Election_Enrollment_Data>"
        f"<wd:Role_ID_Reference>{ids(Employee_ID=number)}</wd:Role_ID_Reference>{''.join(groups)}"
        "</wd:Payment_Election_Enrollment_Data></wd:Payment_Election_Enrollment>"
    )


def group(rule: str, *elections: str) -> str:
    return (
        "<wd:Payment_Election_Rule_Group_Data>"
        f'<wd:Payment_Election_Rule_Reference wd:Descriptor="{rule}">{ids(WID="9a")}'
        f"</wd:Payment_Election_Rule_Reference>{''.join(elections)}</wd:Payment_Election_Rule_Group_Data>"
    )


def account(order: str = "1", balance: str = "", **parts: str) -> str:
    """Return an election; without parts it is a cheque."""
    inside = "".join(f"<wd:{name}>{text}</wd:{name}>" for name, text in parts.items())
    held = f"<wd:Worker_Bank_Account_Data>{inside}</wd:Worker_Bank_Account_Data>" if inside else ""
    rest = f"<wd:Distribution_Balance>{balance}</wd:Distribution_Balance>" if balance else ""
    return f"<wd:Payment_Election_Data><wd:Order>{order}</wd:Order>{held}{rest}</wd:Payment_Election_Data>"


CLOCK = envelope(
    f"<wd:Server_Timestamp><wd:Server_Timestamp_Data>{NOW}</wd:Server_Timestamp_Data></wd:Server_Timestamp>"
)


def said(asked: Any, name: str) -> str:
    """Return the text of an element of a request."""
    found = re.search(rf"<bsvc:{name}>([^<]*)</bsvc:{name}>", asked.body.decode())
    return found[1] if found else ""


def workday(people: Any, *, elections: Any = None, clock: Any = CLOCK) -> Callable[[Any], Any]:
    """Return a script; what is no text is a whole reply."""
    accounts = listing(operation="Get_Payment_Election_Enrollments") if elections is None else elections

    def script(asked: Any) -> Any:
        if "Cash_Management" in asked.path:
            answer = accounts
        else:
            answer = clock if b"Server_Timestamp_Get" in asked.body else people
        answer = answer(asked) if callable(answer) else answer
        status, text, *more = (200, answer) if isinstance(answer, str) else answer
        body = text if isinstance(text, bytes) else text.encode()
        return status, body, {**XML, **(more[0] if more else {})}

    return script
