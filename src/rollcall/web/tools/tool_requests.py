"""The form for an HR tool that isn't in the gallery, and what becomes of it (S64)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import URLValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from rollcall.accounts.access import admin_required
from rollcall.connections import gallery, tool_requests
from rollcall.connections.tool_requests import Wish
from rollcall.web.tools.integrations import of

_LONGEST_NAME = 80


class WishForm(forms.Form):
    """Which tool, and what helps whoever decides about it."""

    name = forms.CharField(
        label=_("Name of the HR tool"),
        max_length=_LONGEST_NAME,
        error_messages={
            "required": _("Write the name of the tool."),
            "max_length": _("Write the name in at most 80 letters."),
        },
    )
    website = forms.CharField(
        label=_("Its website (optional)"),
        required=False,
        max_length=300,
        help_text=_("For example: www.tool.com"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )
    people = forms.IntegerField(
        label=_("How many people you have there (optional)"),
        required=False,
        min_value=1,
        max_value=10_000_000,
        error_messages={
            name: _("Write a whole number, such as 250.") for name in ("invalid", "min_value", "max_value")
        },
    )
    note = forms.CharField(
        label=_("Anything else (optional)"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
    )

    def clean_name(self) -> str:
        """Return the name, blanks folded; it must have a letter or a digit."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not tool_requests.key_of(name):
            raise forms.ValidationError(_("Write the name of the tool."))
        return name

    def clean_website(self) -> str:
        """Return the address with its scheme; only web pages are taken."""
        website = str(self.cleaned_data["website"]).strip()
        if not website:
            return ""
        whole = website if "://" in website else f"https://{website}"
        try:
            URLValidator(schemes=["http", "https"])(whole)
        except forms.ValidationError:
            raise forms.ValidationError(
                _("Write an address such as www.tool.com, or leave it empty.")
            ) from None
        return whole


def _offered(name: str) -> gallery.Tool | None:
    """Return the tool of the gallery that is called like this."""
    key = tool_requests.key_of(name)
    tools = gallery.TOOLS.values()
    return next((one for one in tools if key in (one.key, tool_requests.key_of(one.name))), None)


@require_http_methods(["GET", "POST"])
@admin_required
def request_tool(request: HttpRequest) -> HttpResponse:
    """Ask for a tool; one that can be connected already is pointed at instead."""
    entity, actor = of(request)
    if request.method != "POST":
        name = request.GET.get("name", "").strip()[:_LONGEST_NAME]
        return _page(request, WishForm(initial={"name": name}))
    form = WishForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    asked: dict[str, Any] = form.cleaned_data
    offered = _offered(asked["name"])
    if offered is not None:
        address = reverse("csv_upload") if offered.kind == "file" else reverse("connect", args=[offered.key])
        said = gettext("{name} can be connected already: {link}")
        link = format_html(
            '<a href="{}">{}</a>', address, gettext("Connect {name}").format(name=offered.name)
        )
        messages.info(request, format_html(said, name=offered.name, link=link))
        return redirect("integrations")
    wish = Wish(name=asked["name"], website=asked["website"], people=asked["people"], note=asked["note"])
    voices = tool_requests.ask(entity, wish, actor=actor, now=timezone.now())
    said = ngettext(
        "Noted: you asked for %(name)s. What happens next is said below.",
        "Noted: %(name)s, asked for by %(voices)s admins of your company. What happens next is said below.",
        voices,
    )
    messages.success(request, said % {"name": wish.name, "voices": voices})
    return redirect(f"{reverse('integrations')}#asked")


def _page(request: HttpRequest, form: WishForm, status: int = 200) -> HttpResponse:
    return render(request, "integrations/request.html", {"form": form}, status=status)
