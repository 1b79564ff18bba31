"""Humaans' webhooks: registering, and signed deliveries when the option `deliver_hooks` is on.

Assumed: the header's name, that the secret comes with the registration, and the payload. The option
`signature_prefix` puts `sha256=` before the signature. After five days of failures a webhook is disabled.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from itertools import count

import msgspec

from rollcall.simulators.hooks import Parcel, Sender, accepts_here
from rollcall.simulators.humaans.errors import failure
from rollcall.simulators.humaans.records import shown_id
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.tool import Hook
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_EVENTS = {"created": "person.created", "deleted": "person.deleted"}
_PATIENCE = timedelta(days=5)


class Hooks:
    """The registered webhooks of one account."""

    def __init__(self, world: World) -> None:
        self.world, self.sender = world, Sender()
        self.hooks: dict[str, Hook] = {}
        self._failing: dict[str, datetime] = {}  # since when
        self._numbers = count(1)
        world.listeners.append(self.tell)

    def answer(self, request: Request, hook_id: str | None = None) -> Reply:
        """Create, list, read, change, delete."""
        if hook_id is None:
            if request.method == "POST":
                return self._create(request)
            rows = [_shown(hook) for hook in self.hooks.values()]
            return json_reply({"total": len(rows), "limit": 100, "skip": 0, "data": rows})
        hook = self.hooks.get(hook_id)
        if hook is None:
            return failure(404)
        if request.method == "DELETE":
            del self.hooks[hook_id]
        elif request.method == "PATCH":
            hook.settings |= _body(request)
            hook.url = str(hook.settings["url"])
        return json_reply(_shown(hook))

    def _create(self, request: Request) -> Reply:
        body = _body(request)
        url, events = str(body.get("url", "")), body.get("events")
        if not accepts_here(self.world, url) or not isinstance(events, list) or not events:
            return failure(400, "url must be https and events a list")
        hook_id = shown_id("hook", next(self._numbers))
        settings: Record = {"url": url, "events": events, "status": "enabled"}
        hook = Hook(id=hook_id, url=url, secret=secrets.token_hex(16), settings=settings)
        self.hooks[hook.id] = hook
        return json_reply(_shown(hook) | {"secret": hook.secret}, 201)

    def tell(self, what: str, person: Person, changed: list[str]) -> None:
        """Deliver a change to everyone who asked for its event."""
        if not self.world.options.get("deliver_hooks") or what == "effective":
            return
        event = _EVENTS.get(what, "person.updated")
        for hook in self.hooks.values():
            asked = hook.settings["events"]
            if isinstance(asked, list) and event in asked and hook.settings["status"] == "enabled":
                self._send(hook, event, person)

    def _send(self, hook: Hook, event: str, person: Person) -> None:
        since = self._failing.get(hook.id)
        if since is not None and self.world.now() - since >= _PATIENCE:
            hook.settings["status"] = "disabled"
            return
        body = msgspec.json.encode(
            {
                "id": shown_id("event", next(self._numbers)),
                "type": event,
                "createdAt": self.world.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "data": {"id": shown_id("person", person.id)},
            }
        )
        signature = hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()
        prefix = "sha256=" if self.world.options.get("signature_prefix") else ""
        headers = {"Content-Type": "application/json", "X-Humaans-Signature": prefix + signature}
        at = self.world.now()

        def done(status: int, answer: bytes) -> None:
            if 200 <= status < 300:
                self._failing.pop(hook.id, None)
            else:
                self._failing.setdefault(hook.id, at)

        self.sender.send(Parcel(url=hook.url, body=body, headers=headers, log=hook.log, done=done))


def _body(request: Request) -> Record:
    try:
        return msgspec.json.decode(request.body or b"{}", type=dict[str, object])
    except msgspec.MsgspecError:
        return {}


def _shown(hook: Hook) -> Record:
    return {"id": hook.id} | hook.settings
