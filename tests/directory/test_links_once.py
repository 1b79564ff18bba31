"""Invariant 10: one number of an HR tool is one member's, and a member has one number of a connection."""

import pytest
from django.db import IntegrityError, transaction

from rollcall.accounts.access import acting_for
from rollcall.connections.models import Connection
from rollcall.directory.models import Link, Member
from tests.web.crew import Crew, crew, link

pytestmark = pytest.mark.django_db


def _tie(member: Member, connection: Connection, number: str) -> None:
    Link.objects.filter(pk=link(member, connection).pk).update(employee_id=number)


@pytest.fixture
def here() -> Crew:
    return crew()


def test_inv10_the_database_ties_a_number_to_one_member_and_a_member_to_one_number(here: Crew) -> None:
    with acting_for(here.two.alice_company.pk):
        tied = Link.objects.get(member=here.managed)
        for member, number in ((here.manual, tied.employee_id), (here.managed, "another")):
            with pytest.raises(IntegrityError), transaction.atomic():
                _tie(member, here.connection, number)
        assert [one.pk for one in Link.objects.filter(employee_id=tied.employee_id)] == [tied.pk]
