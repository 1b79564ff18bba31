"""The findings of *why?* as sentences in the reader's language; plain text, to be escaped where it is shown."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, TypeAlias

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_noop

from rollcall.connections import gallery
from rollcall.engine.change import Why
from rollcall.engine.explain import Explanation, Judged, Rule, Tie
from rollcall.engine.levers import Lever, Step, Way
from rollcall.engine.outcome import Outcome
from rollcall.engine.roster import State
from rollcall.engine.snapshot import Employee, Status
from rollcall.engine.status import Standing, last_day
from rollcall.sync.why.asking import Answer, is_gone
from rollcall.sync.words.run_notices import count_sentence
from rollcall.sync.words.sentences import day_text, field_label, loss_sentence, why_sentence

Label: TypeAlias = Callable[[str, str | None], str]

_HEADLINES: Final[Mapping[Outcome, str]] = {
    Outcome.LINK: gettext_noop("Will be managed by {tool}"),
    Outcome.CREATE: gettext_noop("Will be invited"),
    Outcome.UPDATE: gettext_noop("Managed by {tool}, and about to be updated"),
    Outcome.REACTIVATE: gettext_noop("Will come back"),
    Outcome.ARCHIVE: gettext_noop("Will be archived"),
    Outcome.RELEASE: gettext_noop("Will no longer be managed by {tool}"),
    Outcome.IN_STEP: gettext_noop("Managed by {tool}, and up to date"),
    Outcome.ARCHIVED_BY_HAND: gettext_noop("Archived by hand"),
}

_LEVERS: Final[Mapping[Lever, str]] = {
    Lever.LISTED_AGAIN: gettext_noop("{tool} lists them again."),
    Lever.READABLE: gettext_noop("The record in {tool} can be read again."),
    Lever.STAYS_MISSING: gettext_noop("Complete lists of {tool} go on missing them for 24 hours."),
    Lever.WORKS_HERE: gettext_noop(
        "{tool} says that they work here: an active status, and no last day in the past."
    ),
    Lever.LEAVES: gettext_noop(
        "{tool} says that they left, by their status or a last working day that has passed."
    ),
    Lever.IN_SCOPE: gettext_noop("The filter includes them, or you add them by name."),
    Lever.OUT_OF_SCOPE: gettext_noop("The filter leaves them out, or you keep them out by name."),
    Lever.NOT_KEPT_OUT: gettext_noop("You stop keeping them out by name."),
    Lever.EMAIL: gettext_noop("{tool} has a work e-mail for them that can be used."),
    Lever.OWN_EMAIL: gettext_noop("In {tool}, nobody else has their work e-mail."),
    Lever.FREE_EMAIL: gettext_noop(
        "The other member gives the e-mail up, or {tool} has another one for this person."
    ),
    Lever.RIGHT_EMAIL: gettext_noop("The e-mail of one of the two is corrected in {tool}."),
    Lever.STATUS: gettext_noop("Status and dates in {tool} agree that they work here."),
    Lever.ALLOW_DOMAIN: gettext_noop("The domain of their e-mail is added to the company’s in the settings."),
    Lever.START_DATE: gettext_noop("{tool} has a start date for them."),
    Lever.WAIT: gettext_noop("You wait until {day}."),
    Lever.INVITE_AT_ONCE: gettext_noop("Future hires are invited at once in the settings."),
    Lever.ARCHIVING_ON: gettext_noop("“Archive leavers automatically” is switched on in the settings."),
    Lever.PREVIEW: gettext_noop(
        "You save the settings again and confirm the preview, or archive them by hand."
    ),
    Lever.OTHER_OWNER: gettext_noop("Somebody else is made an owner of this entity."),
    Lever.DECIDE: gettext_noop("You say under “Who is who” that it is the same person, or that it is right."),
    Lever.TWO_PEOPLE: gettext_noop("You say under “Who is who” that these are two people."),
    Lever.BRING_BACK: gettext_noop("You bring them back on their member page."),
    Lever.ALLOW_AGAIN: gettext_noop("An owner allows them again, under Members > Erased."),
}

SETTINGS: Final = frozenset(
    {
        Lever.IN_SCOPE,
        Lever.OUT_OF_SCOPE,
        Lever.NOT_KEPT_OUT,
        Lever.INVITE_AT_ONCE,
        Lever.ARCHIVING_ON,
        Lever.PREVIEW,
    }
)
"""Levers that are settings of the entity."""

_STATUSES: Final[Mapping[str, str]] = {
    Status.UPCOMING: gettext_noop("Upcoming"),
    Status.ACTIVE: gettext_noop("Works here"),
    Status.ON_LEAVE: gettext_noop("On leave"),
    Status.INACTIVE: gettext_noop("Has left"),
    Status.UNKNOWN: gettext_noop("Unknown status"),
}


def status_text(status: str) -> str:
    """Return a status of the HR record in words."""
    return gettext(_STATUSES[status]) if status in _STATUSES else gettext("Not told")


def tool_of(answer: Answer) -> str:
    """Return the name of the HR tool, or words for it."""
    if answer.subscription is None:
        return gettext("the HR tool")
    return gallery.tool_name(answer.subscription.connection.tool)


def _begin(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def headline(answer: Answer) -> str:
    """Return the result in a few words."""
    tool, found = tool_of(answer), answer.explanation
    if found is None:
        return _headline_of_manual(answer, tool)
    verdict = found.verdict
    if verdict.why is Why.INVITE_LATER:
        return gettext("Will be invited on {day}").format(day=day_text(verdict.params.get("day", "")))
    if verdict.outcome in _HEADLINES:
        return _begin(gettext(_HEADLINES[verdict.outcome]).format(tool=tool))
    if answer.member is None:
        return gettext("Not invited")
    if answer.member.state == State.ARCHIVED:
        return gettext("Archived")
    if verdict.outcome is Outcome.LEFT_ALONE:
        return gettext("Left as they are")
    return gettext("A member whom {tool} does not manage").format(tool=tool)


def _headline_of_manual(answer: Answer, tool: str) -> str:
    if answer.member is not None and answer.member.state == State.ARCHIVED:
        return gettext("Archived")
    if (
        answer.link is not None
        and answer.subscription is not None
        and is_gone(answer.subscription.connection)
    ):
        return gettext("{tool} was disconnected").format(tool=_begin(tool))
    return gettext("A member by hand")


def reason(answer: Answer, label: Label | None = None) -> str:
    """Return why, in one or two sentences; ``label`` as in ``condition_sentence``."""
    tool, found = tool_of(answer), answer.explanation
    if found is None:
        return _begin(_reason_of_manual(answer, tool))
    said = _begin(_reason_of(found, answer, tool, label or as_sent))
    if found.verdict.why is Why.VANISHED_WAITS and found.absence:
        said += " " + count_sentence(found.absence)
    return said


def _reason_of_manual(answer: Answer, tool: str) -> str:
    if answer.subscription is None:
        return gettext("This entity is not connected to an HR tool. People are invited and archived by hand.")
    if is_gone(answer.subscription.connection):
        return gettext(
            "Since {tool} was disconnected, nobody is changed by it. Members stay as they are."
        ).format(tool=tool)
    if answer.link is not None:
        return gettext("{tool} no longer knows the employee they were linked to.").format(tool=tool)
    return gettext(
        "Nobody in {tool} has the e-mail {email}, so nothing there decides about this member."
    ).format(tool=tool, email=answer.member.email)


def _reason_of(found: Explanation, answer: Answer, tool: str, label: Label) -> str:
    verdict = found.verdict
    failed = [one for one in found.judged if not one.holds]
    if verdict.outcome is Outcome.OUTSIDE or verdict.why is Why.OUT_OF_SCOPE:
        return condition_sentence(failed[0], tool, label) if failed else gettext("Does not meet the filter.")
    if verdict.outcome is Outcome.KEPT_OUT or verdict.why in (Why.KEPT_OUT, Why.ADDED_BY_HAND):
        return rule_sentence(answer)
    if verdict.why is not None:
        return why_sentence(verdict.why, verdict.params, tool=tool)
    if verdict.outcome is Outcome.GONE and answer.employee is not None:
        return standing_sentence(Standing.LEFT, answer.employee, tool)
    if verdict.outcome is Outcome.VANISHED:
        said = gettext("{tool} does not list them any more. Who is not listed is not invited.")
    else:
        said = gettext("{tool} and the member page agree. There is nothing to change.")
    return said.format(tool=tool)


def standing_sentence(where: Standing, employee: Employee, tool: str) -> str:
    """Return where the person stands today, from status and dates as read."""
    end, start = last_day(employee), employee.start_date
    texts = {
        "tool": tool,
        "end": _day(end) if end else "",
        "start": _day(start) if isinstance(start, date) else "",
    }
    return _begin(_standing(where, employee, ended=bool(end), starts=bool(texts["start"])).format(**texts))


def _standing(where: Standing, employee: Employee, *, ended: bool, starts: bool) -> str:
    match where:
        case Standing.UPCOMING:
            return (
                gettext("Starts on {start}.")
                if starts
                else gettext("Has not started, and {tool} gives no start date.")
            )
        case Standing.ACTIVE:
            return gettext("Works here today.")
        case Standing.ON_LEAVE:
            return gettext("Is on leave. Being on leave is not leaving.")
        case Standing.LEAVING:
            return gettext("Works here until {end}, the last day included.")
        case Standing.LEFT:
            return (
                gettext("Left: the last day was {end}.")
                if ended
                else gettext("Has left according to {tool}.")
            )
        case Standing.DOUBTFUL if employee.status is Status.UNKNOWN:
            return gettext(
                "{tool} gives a status that Rollcall does not know, so nothing is decided from it."
            )
    return gettext("Status and dates in {tool} contradict each other, so nobody is removed on them.")


def as_sent(_: str, value: str | None) -> str:
    """Return an attribute's value as the HR tool sends it."""
    return value or gettext("(empty)")


def condition_sentence(one: Judged, tool: str, label: Label = as_sent) -> str:
    """Return one condition with the person's value; ``label`` says an attribute's value in words."""
    attribute = one.condition.attribute
    texts = {
        "attribute": field_label(attribute),
        "value": label(attribute, one.value),
        "values": ", ".join(label(attribute, each) for each in one.condition.values),
        "tool": tool,
    }
    shown = (
        gettext("{attribute} is empty in {tool}.") if not one.value else gettext("{attribute} is “{value}”.")
    )
    asks = (
        gettext("The filter leaves out: {values}.")
        if one.condition.test == "none_of"
        else gettext("The filter asks for: {values}.")
    )
    return f"{shown.format(**texts)} {asks.format(**texts)}"


def rule_sentence(answer: Answer) -> str:
    """Return what decided whether the person belongs to the entity."""
    found = answer.explanation
    if found is None:
        return ""
    texts = {
        "people": ", ".join(one.name for one in answer.reports),
        "reason": found.named.reason if found.named else "",
        "by": (found.named.by if found.named else "") or gettext("somebody"),
        "day": _day(found.named.at.date()) if found.named and found.named.at else "",
    }
    return _rule(found.rule, dated=bool(texts["day"]), named=bool(texts["people"])).format(**texts)


def _rule(rule: Rule, *, dated: bool, named: bool) -> str:
    match rule:
        case Rule.EVERYBODY:
            return gettext("All employees are chosen for this entity.")
        case Rule.MEETS_ALL:
            return gettext("Meets every condition of the filter.")
        case Rule.AS_MANAGER if named:
            return gettext("Is outside the filter, and brought in as line manager of: {people}.")
        case Rule.AS_MANAGER:
            return gettext("Is outside the filter, and brought in as a line manager further up.")
        case Rule.ADDED if dated:
            return gettext("Is outside the filter, and was added by name on {day} by {by}: “{reason}”.")
        case Rule.ADDED:
            return gettext("Is outside the filter, and was added by name by {by}: “{reason}”.")
        case Rule.KEPT_OUT if dated:
            return gettext("Is kept out by name since {day}, by {by}: “{reason}”.")
        case Rule.KEPT_OUT:
            return gettext("Is kept out by name, by {by}: “{reason}”.")
    return gettext("Does not meet the filter.")


def tie_sentence(answer: Answer) -> str:
    """Return which member the person is, and how that is known."""
    found, tool = answer.explanation, tool_of(answer)
    if found is None or answer.employee is None:
        return ""
    texts = {
        "tool": tool,
        "number": answer.employee.id,
        "email": (answer.employee.work_email or "").strip(),
        "people": ", ".join(one.name for one in answer.rivals) or gettext("somebody else"),
    }
    return _begin(_tie(found.tie).format(**texts))


def _tie(tie: Tie) -> str:
    match tie:
        case Tie.MANAGED:
            return gettext(
                "Linked to this member by their number in {tool} ({number}), whatever their e-mail is."
            )
        case Tie.REMEMBERED:
            return gettext(
                "The link to this member is kept ({number}), but {tool} does not manage them at present."
            )
        case Tie.SAME_EMAIL:
            return gettext("There is a member with exactly the e-mail {email}: the same person.")
        case Tie.SHARED_EMAIL:
            return gettext(
                "The e-mail {email} is also that of {people} in {tool}. Rollcall does not guess who is who."
            )
        case Tie.TIED_TO_ANOTHER:
            return gettext("The member with the e-mail {email} is linked to another employee already.")
        case Tie.NO_EMAIL:
            return gettext(
                "Without a work e-mail that can be used, no member can be found and nobody invited."
            )
    return gettext("No member here has the e-mail {email}.")


def step_sentence(step: Step, tool: str) -> str:
    """Return one thing that would have to be different."""
    texts = {"tool": tool, "day": day_text(step.params.get("day", ""))}
    return _begin(gettext(_LEVERS[step.lever]).format(**texts))


def way_sentence(way: Way, tool: str, *, member: bool) -> str:
    """Return what happens then; ``member``: whether there is a member already."""
    match way.leads_to:
        case Outcome.CREATE:
            said = gettext("Then they are invited.")
        case Outcome.LINK:
            said = gettext("Then {tool} manages the existing member.")
        case Outcome.REACTIVATE:
            said = gettext("Then the same member comes back.")
        case Outcome.UPDATE | Outcome.IN_STEP:
            said = gettext("Then {tool} goes on managing them.")
        case Outcome.ARCHIVE:
            said = gettext("Then they are archived.")
        case Outcome.RELEASE:
            said = gettext("Then they stay a member, and {tool} no longer manages them.")
        case Outcome.LEFT_ALONE if way.why is Why.ARCHIVING_IS_OFF:
            said = gettext(
                "Then they stay a member all the same: leavers are not archived automatically here."
            )
        case Outcome.LEFT_ALONE if way.why is Why.LAST_OWNER:
            said = gettext("Then they stay a member all the same: the last owner is never archived.")
        case _:
            said = gettext("Then they stay as they are.") if member else gettext("Then they are not invited.")
    return _begin(said.format(tool=tool))


def remark_sentences(answer: Answer) -> list[str]:
    """Return the remarks of the plan about the person, such as a line manager who cannot be set."""
    found, tool = answer.explanation, tool_of(answer)
    if found is None:
        return []
    said = found.verdict.why
    told = [why_sentence(line.why, line.params, tool=tool) for line in found.lines if line.why is not said]
    return told + [loss_sentence(one.kind, one.field, one.count, one.of) for one in answer.kept]
