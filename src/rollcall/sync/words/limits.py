"""Limits as people read them: what each is about, its values, and what one of them became."""

from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_noop
from msgspec import Struct

from rollcall.engine.limits import RANGES, Breach, Limits


class Words(Struct, frozen=True, kw_only=True):
    """One limit: its title and rule, the values in it, and the counts that it is about."""

    key: str
    title: str
    rule: str
    names: tuple[str, ...]
    counts: tuple[Breach, ...] = ()


ALL: Final = (
    Words(
        key="removed",
        title=gettext_noop("Archived, or no longer managed"),
        rule=gettext_noop(
            "At most {removed_share} of the managed members, or {removed_floor} if that is more; never"
            " more than {removed_share_always} of them, and never more than {removed_heads} people."
        ),
        names=("removed_share", "removed_floor", "removed_share_always", "removed_heads"),
        counts=(Breach.ARCHIVED, Breach.RELEASED),
    ),
    Words(
        key="vanished",
        title=gettext_noop("Archived because they are missing from the list"),
        rule=gettext_noop("At most {vanished_heads} people."),
        names=("vanished_heads",),
        counts=(Breach.VANISHED,),
    ),
    Words(
        key="group",
        title=gettext_noop("One location, department or legal entity"),
        rule=gettext_noop("At most {group_share} of its people, or {group_floor} if that is more."),
        names=("group_share", "group_floor"),
    ),
    Words(
        key="email",
        title=gettext_noop("E-mail changed"),
        rule=gettext_noop("At most {email_share} of the managed members, or {email_floor} if that is more."),
        names=("email_share", "email_floor"),
        counts=(Breach.EMAILS,),
    ),
    Words(
        key="bank",
        title=gettext_noop("Bank account changed"),
        rule=gettext_noop(
            "At most {bank_share} of the managed members, or {bank_floor} if that is more; never more than"
            " {bank_heads} people, or 0.25 % of all where that is more."
        ),
        names=("bank_share", "bank_floor", "bank_heads"),
        counts=(Breach.BANKS,),
    ),
    Words(
        key="manager",
        title=gettext_noop("Line manager changed"),
        rule=gettext_noop(
            "At most {manager_share} of the managed members, or {manager_floor} if that is more."
        ),
        names=("manager_share", "manager_floor"),
        counts=(Breach.MANAGERS,),
    ),
    Words(
        key="cleared",
        title=gettext_noop("One field emptied"),
        rule=gettext_noop(
            "At most {cleared_share} of the members who have a value there, or {cleared_floor} if that is more."
        ),
        names=("cleared_share", "cleared_floor"),
    ),
    Words(
        key="created",
        title=gettext_noop("Invited"),
        rule=gettext_noop(
            "At most {created_share} of the managed members, or {created_floor} if that is more."
        ),
        names=("created_share", "created_floor"),
        counts=(Breach.CREATED,),
    ),
    Words(
        key="reactivated",
        title=gettext_noop("Brought back from the archive"),
        rule=gettext_noop(
            "At most {reactivated_share} of the managed members, or {reactivated_floor} if that is more."
        ),
        names=("reactivated_share", "reactivated_floor"),
        counts=(Breach.REACTIVATED,),
    ),
    Words(
        key="week",
        title=gettext_noop("In 7 days"),
        rule=gettext_noop("At most {week_factor} times as much as in 24 hours."),
        names=("week_factor",),
    ),
)


def rule_text(words: Words, limits: Limits) -> str:
    """Return the rule with the values of these limits."""
    return gettext(words.rule).format_map(
        {name: value_text(name, getattr(limits, name)) for name in words.names}
    )


def label(name: str) -> str:
    """Return what one value of a limit says, beside the title of its limit."""
    if name == "removed_share_always":
        return gettext("Never more than, in per cent")
    if name == "week_factor":
        return gettext("Times as much as in 24 hours")
    if is_share(name):
        return gettext("Share, in per cent")
    if name.endswith("_floor"):
        return gettext("Or people, if that is more")
    return gettext("Never more than, in people")


def is_share(name: str) -> bool:
    """Tell whether a value is a part of one, shown in per cent."""
    return "_share" in name


def number_text(name: str, value: float) -> str:
    """Return a value as the number that people type: per cent for shares, with one decimal if it needs one."""
    shown = round(value * 100, 1) if is_share(name) else round(value, 1)
    return str(number_format(shown, decimal_pos=0 if shown == int(shown) else 1))


def value_text(name: str, value: float) -> str:
    """Return a value as people read it: “10%”, “3”."""
    number = number_text(name, value)
    return gettext("{number}%").format(number=number) if is_share(name) else number


def change_text(name: str, before: float | str, after: float | str) -> str:
    """Return what one value of a limit became, in a sentence; numbers may be texts, as the audit log has them."""
    title = next((gettext(words.title) for words in ALL if name in words.names), name)
    text = gettext("{title} – {label}: {before} became {after}.")
    return text.format(
        title=title,
        label=label(name) if name in RANGES else name,
        before=value_text(name, float(before)),
        after=value_text(name, float(after)),
    )
