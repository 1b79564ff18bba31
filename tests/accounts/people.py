"""Alice owns, Bob may see, Charlie is a stranger with a company of his own."""

import msgspec

from rollcall.accounts.companies import create_company, create_entity, grant_role
from rollcall.accounts.models import Company, Entity, Role, User


class Two(msgspec.Struct, frozen=True, kw_only=True):
    """Two companies with an entity each."""

    alice_company: Company
    alice_entity: Entity
    alice: User
    bob: User
    charlie_company: Company
    charlie_entity: Entity
    charlie: User


def two_companies() -> Two:
    """Store and return them."""
    alice_company, charlie_company = create_company("Alice's"), create_company("Charlie's")
    alice_entity = create_entity(alice_company, "Alice's entity")
    charlie_entity = create_entity(charlie_company, "Charlie's entity")
    alice = User.objects.create_user("alice@rollcall.example", "a good long password", full_name="Alice")
    bob = User.objects.create_user("bob@rollcall.example", "a good long password", full_name="Bob")
    charlie = User.objects.create_user(
        "charlie@rollcall.example", "a good long password", full_name="Charlie"
    )
    grant_role(alice_entity, alice, Role.OWNER)
    grant_role(alice_entity, bob, Role.REQUESTER)
    grant_role(charlie_entity, charlie, Role.OWNER)
    return Two(
        alice_company=alice_company,
        alice_entity=alice_entity,
        alice=alice,
        bob=bob,
        charlie_company=charlie_company,
        charlie_entity=charlie_entity,
        charlie=charlie,
    )
