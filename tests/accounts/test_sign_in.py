"""The address somebody signs in with follows their work address (I6)."""

import pytest

from rollcall.accounts.models import User
from rollcall.accounts.sign_in import Move, move_addresses

pytestmark = pytest.mark.django_db


def user(email: str) -> int:
    return User.objects.create_user(email=email, password=None).pk


def addresses(*ids: int) -> list[str]:
    found = dict(User.objects.filter(pk__in=ids).values_list("pk", "email"))
    return [found[one] for one in ids]


def test_a_new_work_address_is_the_new_sign_in() -> None:
    ana = user("ana@old.example")
    move_addresses([Move(user_id=ana, old="ana@old.example", new="ana@new.example")])
    assert addresses(ana) == ["ana@new.example"]


def test_i6_people_who_swap_addresses_keep_their_accounts() -> None:
    ana, ben = user("a@x.example"), user("b@x.example")
    move_addresses(
        [
            Move(user_id=ana, old="a@x.example", new="b@x.example"),
            Move(user_id=ben, old="b@x.example", new="a@x.example"),
        ]
    )
    assert addresses(ana, ben) == ["b@x.example", "a@x.example"]


def test_somebody_else_s_sign_in_is_never_taken() -> None:
    ana, ben = user("a@x.example"), user("taken@x.example")
    move_addresses([Move(user_id=ana, old="a@x.example", new="taken@x.example")])
    assert addresses(ana, ben) == ["a@x.example", "taken@x.example"]


def test_a_private_sign_in_stays_private() -> None:
    ana = user("private@home.example")
    move_addresses([Move(user_id=ana, old="a@x.example", new="b@x.example")])
    assert addresses(ana) == ["private@home.example"]
