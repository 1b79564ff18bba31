"""Deel's webhooks: registering, and signed deliveries when the option `deliver_hooks` is on.

The signature is over the text POST and the body (documented). After ten failures in a row the subscription is
switched off; nothing is sent again here, so each delivery counts as one attempt.
"""

import hashlib
import hmac
import secrets
from itertools import count

import msgspec

from rollcall.simulators.deel.errors import failure, invalid
from rollcall.simulators.deel.lists import organization_id
from rollcall.simulators.deel.records import hiring_type, person_uuid, unit_id
from rollcall.simulators.hooks import Parcel, Sender, accepts_here
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.tool import Hook
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

EVENTS = (
    *("employee.created.direct", "employee.created.contractor", "employee.created.eor"),
    *("employee.updated.direct", "worker.v2.created", "worker.v2.updated", "worker.v2.deleted"),
    *("contract.created", "contract.amended", "contract.status.updated", "contract.terminated"),
    "contract.archived",
)
_ATTEMPTS = 10


class Hooks:
    """The registered webhooks of one organisation."""

    def __init__(self, world: World) -> None:
        self.world, self.sender = world, Sender()
        self.hooks: dict[str, Hook] = {}
        self._sent = count(1)
        world.listeners.append(self.tell)

    def answer(self, world: World, request: Request, hook_id: str | None, action: str | None) -> Reply:
        """Create, list, read, change, delete; `test` plays the test button of Deel's screens (assumed)."""
        if hook_id is None:
            if request.method not in ("GET", "POST"):
                return failure(request, 405)
            return self._create(request) if request.method == "POST" else self._list()
        hook = self.hooks.get(hook_id)
        if hook is None:
            return failure(request, 404, "Webhook not found")
        match request.method, action:
            case "POST", "test":
                asked = hook.settings.get("events")
                event = str(asked[0]) if isinstance(asked, list) and asked else EVENTS[0]
                self._send(hook, event, {"id": unit_id("test", 1)}, simulated=True)
            case "DELETE", None:
                del self.hooks[hook_id]
            case "PATCH", None:
                hook.settings |= _settings(request)
                hook.url = str(hook.settings["url"])
                hook.secret = str(hook.settings.pop("signing_key", hook.secret))
            case "GET", None:
                pass
            case _:
                return failure(request, 405)
        return json_reply({"data": _shown(hook)})

    def types(self, world: World, request: Request) -> Reply:
        """The catalogue of events."""
        return json_reply(
            {
                "data": [
                    {"id": unit_id("event", i), "module_name": name.split(".")[0]}
                    | {"module_label": name.split(".")[0].capitalize(), "name": name, "description": ""}
                    | {"payload_example": {}}
                    for i, name in enumerate(EVENTS)
                ]
            }
        )

    def _list(self) -> Reply:
        return json_reply({"data": [_shown(hook) for hook in self.hooks.values()]})

    def _create(self, request: Request) -> Reply:
        settings = _settings(request)
        url, events = str(settings.get("url", "")), settings.get("events")
        if not accepts_here(self.world, url):
            return invalid("url", "must be https")
        if not isinstance(events, list) or not events or any(name not in EVENTS for name in events):
            return invalid("events", "unknown event")
        secret = str(settings.pop("signing_key", "") or secrets.token_hex(16))
        hook = Hook(id=unit_id("hook", next(self._sent)), url=url, secret=secret, settings=settings)
        hook.settings.setdefault("status", "enabled")
        self.hooks[hook.id] = hook
        return json_reply({"data": _shown(hook) | {"signing_key": secret}}, 201)

    def tell(self, what: str, person: Person, changed: list[str]) -> None:
        """Deliver a change to everyone who asked for its events: some carry an object, some a list."""
        if not self.world.options.get("deliver_hooks"):
            return
        for event in _names(what, person, changed):
            one: Record = {"id": person_uuid(person.id)}
            for hook in self.hooks.values():
                asked = hook.settings.get("events")
                if isinstance(asked, list) and event in asked:
                    self._send(hook, event, one if event.startswith("worker") else [one])

    def _send(self, hook: Hook, event: str, resource: object, *, simulated: bool = False) -> None:
        last = [str(line.get("status")) for line in hook.log[-_ATTEMPTS:]]
        if len(last) == _ATTEMPTS and not any(status.startswith("2") for status in last):
            hook.settings["status"] = "disabled"
        if hook.settings.get("status") != "enabled":
            return
        meta: Record = {"event_type": event, "event_type_id": unit_id("event", EVENTS.index(event))}
        meta |= {"organization_id": organization_id(self.world), "organization_name": self.world.company.name}
        meta["tracking_id"] = unit_id("tracking", next(self._sent))
        if simulated:
            meta["is_simulation"] = True
        when = self.world.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        body = msgspec.json.encode({"data": {"meta": meta, "resource": resource}, "timestamp": when})
        headers = {
            "Content-Type": "application/json",
            "x-deel-signature": hmac.new(hook.secret.encode(), b"POST" + body, hashlib.sha256).hexdigest(),
            "x-deel-hmac-label": str(hook.settings.get("hmac_label", "default")),
            "x-deel-webhook-version": str(hook.settings.get("api_version", "v2")),
        }
        self.sender.send(Parcel(url=hook.url, body=body, headers=headers, log=hook.log))


def _names(what: str, person: Person, changed: list[str]) -> list[str]:
    kind = {"contractor": "contractor", "eor": "eor"}.get(hiring_type(person), "direct")
    match what:
        case "created":
            return ["worker.v2.created", f"employee.created.{kind}", "contract.created"]
        case "deleted":
            return ["worker.v2.deleted"]
        case "effective":
            return ["worker.v2.updated", "contract.status.updated"]
    events = ["worker.v2.updated"] + (["employee.updated.direct"] if kind == "direct" else [])
    if "end_date" in changed and person.end_date is not None:
        return [*events, "contract.terminated"]
    return [*events, "contract.amended"] if "job_title" in changed else events


def _settings(request: Request) -> dict[str, object]:
    try:
        return msgspec.json.decode(request.body or b"{}", type=dict[str, object])
    except msgspec.MsgspecError:
        return {}


def _shown(hook: Hook) -> Record:
    return {"id": hook.id} | hook.settings
