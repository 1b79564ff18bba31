"""Two databases of one server are brought in step at the same moment: their roles are the same."""

import pytest
from django.db.utils import IntegrityError, ProgrammingError
from psycopg import errors

from rollcall.project.migrating import _with_a_second_try


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        _caused(IntegrityError(), errors.UniqueViolation()),
        _caused(ProgrammingError(), errors.DuplicateObject()),
    ],
)
def test_what_another_has_made_meanwhile_is_looked_at_again(error: Exception) -> None:
    tries = []

    def make() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise error

    _with_a_second_try(make)
    assert len(tries) == 2


def test_any_other_error_stops() -> None:
    def make() -> None:
        raise _caused(ProgrammingError("no right"), errors.InsufficientPrivilege())

    with pytest.raises(ProgrammingError, match="no right"):
        _with_a_second_try(make)
