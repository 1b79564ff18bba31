"""The list of members: filters, search, pages by key forwards and back."""

from collections.abc import Sequence
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from msgspec import Struct

from rollcall.directory.models import Link, Member
from rollcall.directory.queries import HrStatus, members_of
from rollcall.engine.roster import Role, State

PAGE: Final = 50
WORDS: Final = 5

# All that a row shows: sealed accounts stay where they are.
_SHOWN: Final = (
    "id",
    "entity_id",
    "state",
    "role",
    "email",
    "first_name",
    "last_name",
    "work_location",
    "suspended_at",
    "bank_mask",
    "bank_confirmed_at",
    "bank_disputed_at",
    "manager__first_name",
    "manager__last_name",
    "manager__email",
)


class Filters(Struct, frozen=True, kw_only=True):
    """What narrows the list; empty values narrow nothing."""

    search: str = ""
    status: HrStatus | None = None
    role: Role | None = None
    location: str = ""
    suspended: bool = False
    # a bank account waits for its member
    bank_open: bool = False


class Page(Struct, frozen=True, kw_only=True):
    """Up to ``PAGE`` members by name, each with ``link`` (its Link or ``None``), and whether there are more."""

    rows: Sequence[Member]
    earlier: bool
    later: bool

    @property
    def first(self) -> int | None:
        """The id of the first one shown."""
        return self.rows[0].pk if self.rows else None

    @property
    def last(self) -> int | None:
        """The id of the last one shown."""
        return self.rows[-1].pk if self.rows else None


def searched(found: "QuerySet[Member]", text: str) -> "QuerySet[Member]":
    """Narrow to members in whose name or e-mail each of the first words of ``text`` occurs.

    Accents and capitals make no difference.
    """
    for word in text.split()[:WORDS]:
        found = found.filter(search__contains=Func(Value(word), function="directory_fold"))
    return found


def page(
    entity_id: int, state: State, filters: Filters, *, after: int | None = None, before: int | None = None
) -> Page:
    """Return the members after, or before, the member with that id; without either, the first ones.

    Three queries at most. Names are read from the index alone, so that a search through 100,000 costs 20 to 40 ms;
    only those who are shown are looked up.
    """
    found = _narrowed(members_of(entity_id).filter(state=state), filters)
    place = _place(entity_id, before if before is not None else after)
    back = place is not None and before is not None
    if place is not None:
        found = _beyond(found, *place, back=back)
    order = ("-search", "-pk") if back else ("search", "pk")
    # As an array: a sub-query would be joined, and row by row in a table just filled, which PostgreSQL takes for empty.
    ids = ArraySubquery(found.order_by(*order).values("pk")[: PAGE + 1])
    among = Func(F("pk"), ids, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())
    shown = members_of(entity_id).filter(among)
    rows = list(shown.select_related("manager").only(*_SHOWN).order_by(*order))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if back:
        rows.reverse()
    links = best_links([row.pk for row in rows])
    for row in rows:
        row.link = links.get(row.pk)  # type: ignore[attr-defined] # a view's column, not the model's
    return Page(rows=rows, earlier=more if back else place is not None, later=True if back else more)


def best_links(member_ids: Sequence[int]) -> dict[int, Link]:
    """Return each member's link; of two, the one that manages, else the younger one. One query."""
    found = Link.objects.filter(member__in=member_ids).order_by("managed", "changed_at")
    return {one.member_id: one for one in found}


def _place(entity_id: int, member_id: int | None) -> tuple[str, int] | None:
    """Return the key of the last member shown; addresses carry the id, since logs keep addresses."""
    if member_id is None:
        return None
    return members_of(entity_id).filter(pk=member_id).values_list("search", "pk").first()


def _beyond(found: "QuerySet[Member]", text: str, pk: int, *, back: bool) -> "QuerySet[Member]":
    # The first condition alone is one that an index can start from.
    if back:
        return found.filter(search__lte=text).filter(Q(search__lt=text) | Q(pk__lt=pk))
    return found.filter(search__gte=text).filter(Q(search__gt=text) | Q(pk__gt=pk))


def _narrowed(found: "QuerySet[Member]", filters: Filters) -> "QuerySet[Member]":
    found = searched(found, filters.search)
    if filters.status is not None:
        # By the member alone, who is of one entity: with it PostgreSQL may read all of its links for each member.
        links = Link.objects.filter(member_id=OuterRef("pk"))
        managed = Exists(links.filter(managed=True))
        if filters.status is HrStatus.MANAGED:
            found = found.filter(managed)
        elif filters.status is HrStatus.RELEASED:
            found = found.filter(Exists(links.filter(managed=False)), ~managed)
        else:
            found = found.filter(~Exists(links))
    if filters.role is not None:
        found = found.filter(role=filters.role)
    if filters.location:
        found = found.filter(work_location=filters.location)
    if filters.suspended:
        found = found.filter(suspended_at__isnull=False)
    if filters.bank_open:
        found = found.filter(bank_mask__isnull=False, bank_confirmed_at__isnull=True)
    return found
