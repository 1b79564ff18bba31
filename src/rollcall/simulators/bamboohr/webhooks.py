"""BambooHR's webhooks: registering, and signed deliveries when the option `deliver_hooks` is on."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from rollcall.simulators.hooks import Parcel, Sender, accepts
from rollcall.simulators.people import Person
from rollcall.simulators.tool import Hook
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_EVENTS = {"created": "created", "updated": "updated", "effective": "updated", "deleted": "deleted"}


class Hooks:
    """The registered webhooks of one account."""

    def __init__(self, world: World) -> None:
        self.world, self.sender = world, Sender()
        self.hooks: dict[str, Hook] = {}
        self.canonical: Callable[[str], str] = lambda field: field
        world.listeners.append(self.tell)

    def answer(self, world: World, request: Request, hook_id: str | None, log: str | None) -> Reply:
        """Create, list, read, change, delete; the private key is shown once only."""
        if hook_id is None:
            return self._create(request) if request.method == "POST" else self._list()
        if hook_id in ("monitor_fields", "post-fields"):
            names = [{"id": 15, "name": "Work Email", "alias": "workEmail"}]
            return json_reply({"fields": [*names, {"id": 4, "name": "Department", "alias": "department"}]})
        hook = self.hooks.get(hook_id)
        if hook is None:
            return json_reply({"errors": [{"error": "Webhook not found"}]}, 404)
        if log:
            return json_reply(hook.log[-200:])
        if request.method == "DELETE":
            del self.hooks[hook_id]
            return json_reply({})
        if request.method == "PUT":
            hook.settings |= msgspec.json.decode(request.body, type=dict[str, object])
            hook.url = str(hook.settings.get("url", hook.url))
        return json_reply(_shown(hook))

    def _list(self) -> Reply:
        return json_reply({"webhooks": [_shown(hook) for hook in self.hooks.values()]})

    def _create(self, request: Request) -> Reply:
        settings = msgspec.json.decode(request.body or b"{}", type=dict[str, object])
        url = str(settings.get("url", ""))
        if not accepts(self.world, url):
            return json_reply({"errors": [{"error": "url must be https"}]}, 400)
        number = str(31 + len(self.hooks))
        hook = Hook(id=number, url=url, secret=secrets.token_hex(16), settings=settings)
        self.hooks[number] = hook
        return json_reply(_shown(hook) | {"privateKey": hook.secret}, 201)

    def tell(self, what: str, person: Person, changed: list[str]) -> None:
        """Deliver a change to everyone who asked for its event."""
        if not self.world.options.get("deliver_hooks"):
            return
        event = f"employee.{_EVENTS[what]}"
        for hook in self.hooks.values():
            asked = hook.settings.get("events")
            if asked is None or (isinstance(asked, list) and event in asked):
                self._send(hook, event, person, [self.canonical(name) for name in changed])

    def _send(self, hook: Hook, event: str, person: Person, changed: list[str]) -> None:
        at = self.world.now().astimezone(UTC)
        body = msgspec.json.encode(
            _payload(
                hook, event, at, company=self.world.company.number, person_id=str(person.id), changed=changed
            )
        )
        stamp = str(int(at.timestamp()))
        signature = hmac.new(hook.secret.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "BambooHR-WebHooks/1.0 (simulator)",
            "X-BambooHR-Timestamp": stamp,
            "X-BambooHR-Signature": signature,
        }
        if hook.settings.get("includeCompanyDomain"):
            headers["company-domain"] = self.world.company.domain
        self.sender.send(Parcel(url=hook.url, body=body, headers=headers, log=hook.log))


def _payload(
    hook: Hook, event: str, at: datetime, *, company: str, person_id: str, changed: list[str]
) -> dict[str, object]:
    """The new payload, or the legacy one for webhooks made without `events`."""
    when = at.strftime("%Y-%m-%dT%H:%M:%S+0000")
    if hook.settings.get("events"):
        data = {"companyId": company, "employeeId": person_id, "changedFields": changed}
        return {"type": event, "timestamp": when, "data": data}
    row = {"id": person_id, "action": event.split(".")[1].capitalize(), "timestamp": when}
    return {"employees": [row | {"changedFields": changed, "fields": {}}]}


def _shown(hook: Hook) -> dict[str, object]:
    return {"id": hook.id, "created": "2026-11-22 09:00:00", "lastSent": None} | hook.settings
