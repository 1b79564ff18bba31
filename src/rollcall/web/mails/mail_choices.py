"""Which mails a person gets: their own page, and the link at the end of a mail, which needs no sign-in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from rollcall.accounts.access import member_required
from rollcall.accounts.models import User
from rollcall.notify.choices import set_weekly, user_of, wants_weekly
from rollcall.web.session import is_admin
from rollcall.web.session import user_of as person_of


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_mails(request: HttpRequest) -> HttpResponse:
    """Show and change whether the signed-in person gets the weekly summary."""
    person = person_of(request)
    if request.method == "POST":
        wanted = request.POST.get("weekly") == "on"
        set_weekly(person.pk, wanted=wanted)
        messages.success(
            request,
            _("The weekly summary comes again from next Monday.")
            if wanted
            else _("The weekly summary is off."),
        )
        return redirect("my_mails")
    context = {"weekly": wants_weekly(person.pk), "is_admin": is_admin(request)}
    return render(request, "mail/mine.html", context)


# The signature in the address is the permission, and mail programs post without our cookie (RFC 8058).
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mails_off(request: HttpRequest, token: str) -> HttpResponse:
    """Switch the weekly summary off, or on again, for whom the link was made.

    Opening the link changes nothing: programs that look through mails open every link.
    """
    user_id = user_of(token)
    if user_id is None:
        return render(request, "mail/broken.html", status=404)
    if request.method == "POST":
        set_weekly(user_id, wanted=request.POST.get("weekly") == "on")
    person = User.objects.get(pk=user_id)
    context = {"person": person, "weekly": wants_weekly(user_id), "done": request.method == "POST"}
    return render(request, "mail/off.html", context)
