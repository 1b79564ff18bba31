"""Instant changes: how the HR tool tells Rollcall that something changed, instead of waiting for the hour."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from rollcall.accounts.access import admin_required
from rollcall.connections import gallery, webhooks
from rollcall.connections.queries import subscription_of
from rollcall.sync.words.sentences import error_sentence
from rollcall.web.moments import moment
from rollcall.web.tools.integrations import of

_LONGEST = 500


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@admin_required
def instant(request: HttpRequest) -> HttpResponse:
    """Show how changes arrive; for a tool whose admin makes the webhook, its address, and an input for its secret."""
    entity, _actor = of(request)
    subscription = subscription_of(entity.pk)
    tool = gallery.TOOLS.get(subscription.connection.tool) if subscription else None
    if subscription is None or tool is None or not tool.webhooks or not subscription.connection.is_used:
        raise Http404
    connection = subscription.connection
    by_hand = tool.webhooks == "by_hand"
    if request.method == "POST" and by_hand:
        secret = request.POST.get("secret", "").strip()[:_LONGEST]
        if secret:
            webhooks.prepare(connection, now=timezone.now(), secret=secret)
            messages.success(
                request, gettext("The secret is stored. The next change in the tool starts a sync.")
            )
        return redirect("instant")
    hook = webhooks.prepare(connection, now=timezone.now()) if by_hand else webhooks.of(connection)
    shown = {
        "entity": entity,
        "tool": tool,
        "by_hand": by_hand,
        "steps": [gettext(text) for text in tool.webhook_steps],
        "address": webhooks.address(hook) if hook and by_hand else "",
        "registered": bool(hook and hook.registration),
        "error": _error(tool, hook.error) if hook else "",
        "last": moment(hook.last_at, entity.time_zone) if hook else None,
    }
    return render(request, "integrations/instant.html", shown)


def _error(tool: gallery.Tool, code: str) -> str:
    """Return why the tool could not be told where to call; which right was missing is not kept."""
    if code == "permission":
        text = gettext("The key has no right to arrange that in %(name)s. Everything else works without it.")
        return text % {"name": tool.name}
    return error_sentence(code, {"tool": tool.key})
