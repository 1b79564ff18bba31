"""Whether there is anything to choose from."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext

from rollcall.connections.models import State, Subscription
from rollcall.connections.queries import subscription_of
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.web.session import entity_of


def ready(request: HttpRequest) -> Subscription | None:
    """Return the entity's subscription if its tool has been read at least once, else say why not."""
    subscription = subscription_of(entity_of(request).pk)
    if subscription is None or subscription.connection.state == State.DISCONNECTED:
        messages.info(request, gettext("Connect an HR tool first."))
        return None
    if subscription.connection.last_good_at is None:
        messages.info(request, refusal_sentence("not_read_yet", {}))
        return None
    return subscription
