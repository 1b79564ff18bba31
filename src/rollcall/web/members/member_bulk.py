"""One action on the members chosen in the list: a page that names them and says what will happen, then the deed."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from rollcall.accounts.access import admin_required
from rollcall.directory import bulk
from rollcall.directory.actions import Refused
from rollcall.directory.bulk import Action, Judged
from rollcall.directory.listing import PAGE
from rollcall.engine.roster import State
from rollcall.web.members.member_forms import refusal
from rollcall.web.members.member_words import full_name
from rollcall.web.members.members import LONGEST_ID, action_label, list_of, one_of
from rollcall.web.session import actor_of, entity_of

NAMED: Final = 20  # how many names the page and the message spell out


@admin_required
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Show who would be acted on, and who not and why. Nothing is changed."""
    action, ids, state = _asked(request)
    if not ids:
        messages.info(request, _("Choose members in the list first."))
        return redirect(list_of(state))
    judged = bulk.judge(entity_of(request), ids, action, actor=actor_of(request), now=timezone.now())
    able = [one.member for one in judged if not one.code]
    context = {
        "action": action.value,
        "button": action_label(action),
        "question": _question(action, len(able)),
        "consequences": _consequences(action),
        "able": [_line(one, "") for one in able[:NAMED]],
        "unnamed": max(0, len(able) - NAMED),
        "left": [_line(one.member, _why(one)) for one in judged if one.code],
        "ids": [one.pk for one in able],
        "state": state,
        "danger": action in (Action.SUSPEND, Action.ARCHIVE, Action.CANCEL),
    }
    return render(request, "members/bulk.html", context)


@admin_required
@require_POST
def do(request: HttpRequest) -> HttpResponse:
    """Act on the members of the page before; whoever was acted on meanwhile is left."""
    action, ids, state = _asked(request)
    reason = request.POST.get("reason", "").replace("\0", "")
    outcome = bulk.do(
        entity_of(request), ids, action, actor=actor_of(request), now=timezone.now(), reason=reason
    )
    if outcome.done:
        messages.success(request, _done(action, len(outcome.done)))
    if outcome.left:
        said = "; ".join(f"{full_name(one.member)}: {_why(one)}" for one in outcome.left[:3])
        left = ngettext(
            "%(n)s member was left as they were. %(why)s",
            "%(n)s members were left as they were. %(why)s",
            len(outcome.left),
        )
        messages.warning(request, left % {"n": len(outcome.left), "why": said})
    return redirect(list_of(state))


def _asked(request: HttpRequest) -> tuple[Action, list[int], State]:
    action = one_of(Action, request.POST.get("action"))
    if action is None:
        raise Http404
    given = [one for one in request.POST.getlist("member") if one.isascii() and one.isdigit()]
    # No more than a page at once: people must be able to read whom they act on.
    ids = [int(one) for one in given if len(one) <= LONGEST_ID][:PAGE]
    return action, ids, one_of(State, request.POST.get("state")) or State.ACTIVE


def _line(member: Any, why: str) -> dict[str, str]:
    return {"name": full_name(member), "email": member.email, "why": why}


def _why(one: Judged) -> str:
    return refusal(Refused(one.code, email=one.member.email))


def _question(action: Action, n: int) -> str:
    questions = {
        Action.RESEND: ngettext("Send %(n)s invitation again?", "Send %(n)s invitations again?", n),
        Action.CANCEL: ngettext("Take %(n)s invitation back?", "Take %(n)s invitations back?", n),
        Action.SUSPEND: ngettext("Suspend %(n)s member?", "Suspend %(n)s members?", n),
        Action.LIFT: ngettext("Lift %(n)s suspension?", "Lift %(n)s suspensions?", n),
        Action.ARCHIVE: ngettext("Archive %(n)s member?", "Archive %(n)s members?", n),
        Action.BRING_BACK: ngettext("Bring %(n)s member back?", "Bring %(n)s members back?", n),
    }
    return questions[action] % {"n": n}


def _done(action: Action, n: int) -> str:
    done = {
        Action.RESEND: ngettext("%(n)s invitation sent again.", "%(n)s invitations sent again.", n),
        Action.CANCEL: ngettext("%(n)s invitation taken back.", "%(n)s invitations taken back.", n),
        Action.SUSPEND: ngettext("%(n)s member suspended.", "%(n)s members suspended.", n),
        Action.LIFT: ngettext("%(n)s suspension lifted.", "%(n)s suspensions lifted.", n),
        Action.ARCHIVE: ngettext("%(n)s member archived.", "%(n)s members archived.", n),
        Action.BRING_BACK: ngettext("%(n)s member brought back.", "%(n)s members brought back.", n),
    }
    return done[action] % {"n": n}


def _consequences(action: Action) -> list[str]:
    match action:
        case Action.RESEND:
            return [_("Each receives a new mail. The link in the former one stops working.")]
        case Action.CANCEL:
            return [
                _("The links in their mails stop working."),
                _("They move to Archived; you can bring them back later."),
            ]
        case Action.SUSPEND:
            return suspension_consequences()
        case Action.LIFT:
            return [
                _("Members who had signed up can sign in again at once, with the same role."),
                _("The others can use the link of their invitation again."),
            ]
        case Action.ARCHIVE:
            return [
                _("They lose access to this entity at once; other entities stay as they are."),
                _("Their records are kept, and you can bring them back."),
            ]
        case _:
            return [
                _(
                    "Members who had signed up can sign in again at once; the others receive a new invitation."
                ),
                _("They come back as a requester, whatever their role was."),
            ]


def suspension_consequences() -> list[str]:
    """Return what a suspension does, in sentences."""
    return [
        _("Access to this entity ends at once, on every device; other entities stay as they are."),
        _("No sync gives it back. Details go on being updated, and leavers are still archived."),
        _("Lift the suspension whenever you like: role and details are kept."),
    ]
