"""People who were erased, as keyed digests: enough to leave them out of what a tool tells, and no more."""

from msgspec import Struct

from rollcall.accounts import secrets
from rollcall.engine.snapshot import fold_email


class Gone(Struct, frozen=True, kw_only=True):
    """Digests of people who were erased, of one company. Empty for nearly everybody, and then it costs nothing."""

    company_id: int
    employees: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Tell whether anybody is in it."""
        return bool(self.employees or self.emails)

    def has_employee(self, connection_id: int, employee_id: str) -> bool:
        """Tell whether the employee with this id of the tool was erased."""
        return bool(self.employees) and (
            employee_digest(employee_id, company_id=self.company_id, connection_id=connection_id)
            in self.employees
        )

    def has_email(self, email: str | None) -> bool:
        """Tell whether somebody with this address was erased; case and outer spaces do not matter."""
        return (
            bool(self.emails and email)
            and email_digest(str(email), company_id=self.company_id) in self.emails
        )


def employee_digest(employee_id: str, *, company_id: int, connection_id: int) -> str:
    """Return what stands for an employee of a connection, also after disconnecting and connecting again."""
    plain = f"{connection_id}:{employee_id}".encode()
    return secrets.digest(plain, company_id=company_id, purpose="erased employee")


def email_digest(email: str, *, company_id: int) -> str:
    """Return what stands for an address."""
    return secrets.digest(fold_email(email).encode(), company_id=company_id, purpose="erased address")
