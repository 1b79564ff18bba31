"""Every kind of mail in every language, as it would look: pages of a demonstration, else 404."""

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollcall.accounts.models import Language
from rollcall.web.headers import CONTENT_SECURITY_POLICY
from rollcall.web.mails.mail_specimens import SPECIMENS, Specimen, made
from rollcall.web.session import present_language

# A mail brings its styles with it, as mail programs want it. Nothing else may load, run or be sent from it. Not in a
# sandbox: the page around it measures it, and nothing may run in it as it is.
_OF_A_MAIL: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)


@require_safe
def previews(request: HttpRequest) -> HttpResponse:
    """Show one mail, subject, HTML and text, beside the list of all: ?mail= is its key, ?language= the language."""
    chosen = _specimen(request.GET.get("mail", SPECIMENS[0].key))
    language = _language(request.GET.get("language", present_language()))
    context = {
        "specimens": SPECIMENS,
        "languages": Language.choices,
        "chosen": chosen,
        "language": language,
        "built": made(chosen, language),
    }
    answer = render(request, "mail/previews.html", context)
    answer.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return answer


@require_safe
def preview(request: HttpRequest, mail: str, language: str) -> HttpResponse:
    """Answer with the HTML of one mail and nothing around it."""
    built = made(_specimen(mail), _language(language))
    answer = HttpResponse(str(built.alternatives[0][0]))
    answer.headers["Content-Security-Policy"] = _OF_A_MAIL
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _specimen(key: str) -> Specimen:
    found = next((one for one in SPECIMENS if one.key == key), None)
    if not settings.ROLLCALL_DEMO or found is None:
        raise Http404
    return found


def _language(asked: str) -> str:
    if asked not in Language.values:
        raise Http404
    return asked
