"""Payment elections: which account gets whose pay (Cash_Management, Get_Payment_Election_Enrollments).

Element names from the v31 schema, assumed unchanged. Assumed too: who has a rule of their own for expenses, and
that somebody without an account is paid by check or has no enrolment.
"""

import random

from rollcall.simulators.bank_numbers import bic, made_up_iban
from rollcall.simulators.people import Person
from rollcall.simulators.workday.orgs import country, reference, wid
from rollcall.simulators.workday.soap import escaped
from rollcall.simulators.workday.workers import Workers

_RULES = {"expense": "Expense Payments", "pay": "Regular Payments"}
_ALL = "<wd:Distribution_Balance>1</wd:Distribution_Balance>"


def has_account(person: Person) -> bool:
    """Whether somebody has given an account."""
    return bool(person.iban or person.account_number)


def enrolled(person: Person) -> bool:
    """Whether there is an enrolment: with an account, or by check."""
    return has_account(person) or person.id % 2 == 0


def enrollment(workers: Workers, person: Person, *, with_reference: bool) -> tuple[bytes, ...]:
    """The Payment_Election_Enrollment of a person."""
    company, land = workers.company, workers.company.offices[person.office_id].country
    own = ("WID", wid(company.domain, "election", person.id))
    refer = reference("Payment_Election_Enrollment_Reference", "", own) if with_reference else ""
    money = reference("Currency_Reference", "", ("Currency_ID", "GBP" if land == "GB" else "EUR"))
    ids = workers.ids(person)
    text = (
        f"<wd:Payment_Election_Enrollment>{refer}<wd:Payment_Election_Enrollment_Data>"
        f"{reference('Role_ID_Reference', f'{person.first_name} {person.last_name}', *ids)}{country(land)}{money}"
        f"{''.join(_groups(workers, person, land, money))}"
        "</wd:Payment_Election_Enrollment_Data></wd:Payment_Election_Enrollment>"
    )
    return (workers.sent(text),)


def _groups(workers: Workers, person: Person, land: str, money: str) -> list[str]:
    """The rules: regular pay for all; a quarter has one for expenses and is paid to another account.

    A sixth sends a fixed amount elsewhere first: the balance goes to the account that counts.
    """
    place = country(land) + money
    account = _account(workers, person, land) if has_account(person) else ""
    main = _election(2, place, account, _ALL) if person.id % 6 == 1 else _election(1, place, account, _ALL)
    if account and person.id % 6 == 1:
        side = "<wd:Distribution_Amount>100</wd:Distribution_Amount>"
        main += _election(1, place, _other_account(workers, person, land), side)
    if not account or person.id % 4:
        return [_group("pay", main)]
    other = _election(1, place, _other_account(workers, person, land), _ALL)
    return [_group("pay", other), _group("expense", main)]


def _group(rule: str, elections: str) -> str:
    ids = ("WID", wid("rule", rule)), ("Payment_Election_Rule_ID", rule.upper())
    refer = reference("Payment_Election_Rule_Reference", _RULES[rule], *ids)
    name = "Payment_Election_Rule_Group_Data"
    return f"<wd:{name}>{refer}{elections}</wd:{name}>"


def _election(order: int, place: str, account: str, share: str) -> str:
    way = "Direct_Deposit" if account else "Check"
    kind = reference("Payment_Type_Reference", way.replace("_", " "), ("Payment_Type_ID", way))
    return (
        f"<wd:Payment_Election_Data><wd:Order>{order}</wd:Order>{place}{kind}{account}{share}"
        "</wd:Payment_Election_Data>"
    )


def _account(workers: Workers, person: Person, land: str) -> str:
    """Hidden fields are left out; with the option `masked_accounts` numbers show their last four only."""
    masked = bool(workers.world.options.get("masked_accounts"))

    def shown(value: str | None) -> str | None:
        return "*" * (len(value) - 4) + value[-4:] if masked and value else value

    rows = [
        ("Bank_Account_Name", person.last_name),
        ("Account_Number", shown(person.account_number)),
        ("Bank_Name", "Example Bank"),
        ("IBAN", shown(person.iban)),
        ("Bank_ID_Number", person.sort_code),
        ("BIC", person.bic),
    ]
    return _written(workers, land, rows)


def _other_account(workers: Workers, person: Person, land: str) -> str:
    code = land if land in ("FR", "GB", "DE", "ES") else "DE"
    number = made_up_iban(code, random.Random(person.id))
    rows = [("Bank_Account_Name", person.last_name), ("IBAN", number), ("BIC", bic(code))]
    return _written(workers, land, rows)


def _written(workers: Workers, land: str, rows: list[tuple[str, str | None]]) -> str:
    inside = "".join(f"<wd:{n}>{escaped(v)}</wd:{n}>" for n, v in rows if v and n not in workers.hidden)
    return f"<wd:Worker_Bank_Account_Data>{country(land)}{inside}</wd:Worker_Bank_Account_Data>"
