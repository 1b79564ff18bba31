"""What to know before confirming a plan: each in a sentence, with a way to the people it is about."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from rollcall.directory import undoing
from rollcall.engine.change import Kind, Why
from rollcall.sync.models import Line, Plan, PlanState
from rollcall.sync.plans import remarks
from rollcall.sync.plans.preview import Group
from rollcall.sync.plans.remarks import ADMINS_GO
from rollcall.sync.words.sentences import loss_sentence

_NAMED: Final = 5


class Warn(msgspec.Struct, frozen=True, kw_only=True):
    """One warning; ``address`` and ``link`` lead on, if they are not empty."""

    text: str
    address: str = ""
    link: str = ""


def warnings(made: Plan, tool: str, *, paused_too: str = "") -> list[Warn]:
    """Return the warnings of a plan; ``paused_too`` names other entities that an undo pauses with this one."""
    return (
        [*_of_undo(made, paused_too)]
        if made.undoes is not None
        else [*_of_scope(made), *of_losses(made), *_of_people(made, tool)]
    )


def _of_scope(made: Plan) -> Iterator[Warn]:
    if made.for_settings and not made.counts.get("in_scope"):
        yield Warn(
            text=gettext("Nobody belongs to this entity with these settings: no member would be managed."),
            address=reverse("configure"),
            link=gettext("Change the settings"),
        )


def of_losses(made: Plan) -> Iterator[Warn]:
    """Yield the fields that the HR tool seems to have lost: also of a plan that is decided."""
    for one in remarks.kept_of(made.counts):
        said = loss_sentence(one.kind, one.field, one.count, one.of, asked=made.for_settings)
        yield Warn(text=said)


def _of_people(made: Plan, tool: str) -> Iterator[Warn]:
    counts = made.counts
    if counts.get(ADMINS_GO):
        yield _admins(made)
    if n := remarks.conflicts(counts):
        said = ngettext(
            "%(n)s conflict: it is not sure who is meant. Rollcall does not guess; it waits until somebody decides.",
            "%(n)s conflicts: it is not sure who is meant. Rollcall does not guess; they wait until somebody decides.",
            n,
        )
        # What a preview shows only is decided once its settings are confirmed.
        shown = made.for_settings and made.state == PlanState.PREVIEW
        yield (
            _see(said, n, Group.CONFLICT)
            if shown
            else Warn(text=said % {"n": n}, address=reverse("who"), link=gettext("Decide"))
        )
    if n := remarks.of(counts, Why.NO_EMAIL):
        said = ngettext(
            "%(n)s person has no work e-mail in %(tool)s. Without one nobody is invited or found again.",
            "%(n)s people have no work e-mail in %(tool)s. Without one nobody is invited or found again.",
            n,
        )
        yield _see(said, n, _place(counts, Why.NO_EMAIL), Why.NO_EMAIL, tool=tool)
    if n := remarks.of(counts, Why.UNUSUAL_LETTERS):
        said = ngettext(
            "%(n)s address has unusual letters and may be made to look like another.",
            "%(n)s addresses have unusual letters and may be made to look like others.",
            n,
        )
        yield _see(said, n, _place(counts, Why.UNUSUAL_LETTERS), Why.UNUSUAL_LETTERS)


def _place(counts: Mapping[str, int], why: Why) -> Group:
    return Group.SKIP if counts.get(f"skip.{why}") else Group.NOTE


def _see(said: str, n: int, group: Group, why: str = "", **more: str) -> Warn:
    address = f"?kind={group}" + (f"&why={why}" if why else "") + "#groups"
    return Warn(text=said % {"n": n, **more}, address=address, link=gettext("See them"))


def _admins(made: Plan) -> Warn:
    gone = Line.objects.filter(plan=made, kind=Kind.ARCHIVE).values("member_id")
    names = undoing.admins_among(made.entity_id, gone)
    n = made.counts[ADMINS_GO]
    said = ngettext(
        "%(n)s owner or admin would be archived: %(names)s.",
        "%(n)s owners and admins would be archived: %(names)s.",
        n,
    ) % {"n": n, "names": ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")}
    return Warn(text=said, address=f"?kind={Group.ARCHIVE}#groups", link=gettext("See them"))


def _of_undo(made: Plan, paused_too: str) -> Iterator[Warn]:
    counts = made.counts
    original = made.undoes
    if original is not None and (n := int(original.counts.get(Kind.CREATE, 0))):
        said = ngettext(
            "The invitation is cancelled, but the mail that was sent cannot be called back.",
            "Invitations are cancelled, but the mails that were sent cannot be called back.",
            n,
        )
        yield Warn(text=said)
    for why, said in (
        (
            Why.SIGNED_UP_SINCE,
            ngettext(
                "%(n)s person has signed up since; their access ends.",
                "%(n)s people have signed up since; their access ends.",
                remarks.of(counts, Why.SIGNED_UP_SINCE),
            ),
        ),
        (
            Why.INVITED_AGAIN,
            ngettext(
                "%(n)s person had not signed up; the invitation they have works again.",
                "%(n)s people had not signed up; the invitations they have work again.",
                remarks.of(counts, Why.INVITED_AGAIN),
            ),
        ),
        (
            Why.BANK_STAYS,
            ngettext(
                "%(n)s bank account stays the new one: the number of the one before is not kept.",
                "%(n)s bank accounts stay the new ones: the numbers of the ones before are not kept.",
                remarks.of(counts, Why.BANK_STAYS),
            ),
        ),
        (
            Why.CHANGED_SINCE,
            ngettext(
                "%(n)s person has changed since; what was changed is left as it is.",
                "%(n)s people have changed since; what was changed is left as it is.",
                remarks.of(counts, Why.CHANGED_SINCE),
            ),
        ),
    ):
        if n := remarks.of(counts, why):
            yield _see(said, n, _place(counts, why), why)
    if original is not None and original.for_settings:
        yield Warn(
            text=gettext("The settings stay as they were confirmed. Change them before you resume."),
            address=reverse("configure"),
            link=gettext("Open the settings"),
        )
    if paused_too:
        yield Warn(
            text=gettext("%(entities)s use the same connection, which is paused for them too.")
            % {"entities": paused_too}
        )
