"""Whom the demo's members made by hand are: some are in the HR tool too, some are not."""

from collections.abc import Sequence
from typing import Any, Final

from rollcall.simulators.world import World

MATCHING: Final = 25
STRANGERS: Final = (
    ("Nora", "Quill"),
    ("Hugo", "Ferrand"),
    ("Studio", "Nord"),
    ("Maya", "Osei"),
    ("Tess", "Adler"),
    ("Owen", "Pryce"),
    ("Lina", "Castellan"),
    ("Victor", "Hale"),
    ("Agence", "Blanche"),
    ("Ruth", "Okoro"),
    ("Emil", "Sand"),
    ("Zoé", "Lambert"),
    ("Iris", "Novak"),
    ("Paul", "Etxeberria"),
    ("Greta", "Lindqvist"),
)


def hand_made(world: World) -> list[dict[str, Any]]:
    """Return 40 people for the first entity: 25 with the work e-mail of somebody in the HR tool, 15 without.

    The first one has the role admin. Some are spelt a little differently from HR, as happens by hand.
    """
    working: Sequence[Any] = [
        person
        for person in world.people.values()
        if world.status(person) == "active"
        and person.work_email
        and world.company.offices[person.office_id].name in ("Paris", "Lyon")
    ]
    shared = {
        person.work_email
        for person in working
        if [p.work_email for p in working].count(person.work_email) > 1
    }
    known = [person for person in working if person.work_email not in shared][:MATCHING]
    people = [
        {
            "first_name": person.first_name,
            # Every fifth was typed without accents or in capitals: HR's spelling wins once they are linked.
            "last_name": person.last_name.upper() if index % 5 == 4 else person.last_name,
            "email": person.work_email.capitalize() if index % 7 == 6 else person.work_email,
            "role": "admin" if index == 0 else "requester",
        }
        for index, person in enumerate(known)
    ]
    people += [
        {
            "first_name": first,
            "last_name": last,
            "email": f"{first}.{last}@partners.example".lower(),
            "role": "requester",
        }
        for first, last in STRANGERS
    ]
    return people
