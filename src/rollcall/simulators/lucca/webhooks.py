"""Lucca's webhooks: registering through the new API, the challenge, signed deliveries, suspension.

Deliveries go out when the option `deliver_hooks` is on, the challenge always. Nothing is sent again by itself.
The control action `hooks` plays the admin: `challenge` or `test` with an endpoint's id, `retry`: true.

Facts: Lucca's developer documentation and public code that talks to it, as known on 2026-11-22.
"""

import base64
import hashlib
import hmac
import secrets
from functools import partial
from itertools import count
from urllib.parse import quote, urlsplit

import msgspec

from rollcall.simulators.hooks import Parcel, Sender, accepts
from rollcall.simulators.lucca.facts import VERSION, state
from rollcall.simulators.lucca.latest import problem
from rollcall.simulators.lucca.latest_records import record_id
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.tool import Hook
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_KINDS = ("employee", "employee-personal-record", "employment", "job-position")
_ORGANISATION = ("department", "legal-entity", "business-establishment")
TOPICS = frozenset(
    {f"{kind}.{what}" for kind in (*_KINDS, *_ORGANISATION) for what in ("created", "updated", "deleted")}
    - {"employee-personal-record.deleted"}
    | {"test.created"}
)
_CHANGED = {  # what a field of a person belongs to; everything else to the job position
    "employee": {"first_name", "last_name", "preferred_name", "work_email", "employee_number", "status"},
    "employee-personal-record": {"personal_email", "iban", "bic", "account_number", "sort_code"},
    "employment": {"start_date", "end_date", "legal_entity", "legal_entity_id", "employment_type", "status"},
}


class Hooks:
    """The endpoints of one account and what was sent to them."""

    def __init__(self, world: World) -> None:
        self.world, self.sender = world, Sender()
        self.hooks: dict[str, Hook] = {}
        self.deliveries: list[Record] = []
        self._parcels: list[tuple[Hook, Record, Parcel]] = []
        self._numbers = count(900_001)
        world.listeners.append(self.tell)

    # --- the API ----------------------------------------------------------------------------------

    def answer(self, request: Request, instance: str) -> Reply:
        """Endpoints: create, list, read, delete. Deliveries and attempts: list."""
        kind, _, number = request.path.removeprefix("/lucca-api/").rstrip("/").partition("/")
        if kind in ("webhook-deliveries", "webhook-delivery-attempts"):
            rows = self.deliveries if kind == "webhook-deliveries" else self._attempts()
            return json_reply({"type": kind, "url": instance, "items": rows})
        if kind != "webhook-endpoints":
            return problem(404, instance)
        if not number:
            if request.method == "POST":
                return self._create(request, instance)
            items = [_shown(hook) for hook in self.hooks.values()]
            return json_reply({"type": kind, "url": instance, "items": items})
        hook = self.hooks.get(number)
        if hook is None:
            return problem(404, instance)
        if request.method == "DELETE":
            del self.hooks[number]
            return Reply(status=204)
        return json_reply(_shown(hook)) if request.method == "GET" else problem(405, instance)

    def _create(self, request: Request, instance: str) -> Reply:
        """The secret is in this answer only; the endpoint gets its challenge right away (assumed)."""
        try:
            given = msgspec.json.decode(request.body, type=dict[str, object])
        except msgspec.MsgspecError:
            return problem(400, instance, {"": ["is not an object"]})
        url, topics = str(given.get("webhookUrl", "")), given.get("topics")
        loopback = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")  # in reality https only
        if not (loopback or accepts(self.world, url)):
            return problem(400, instance, {"webhookUrl": ["must be an https address"]})
        if not isinstance(topics, list) or not topics or not TOPICS.issuperset(map(str, topics)):
            return problem(400, instance, {"topics": ["are not all known"]})
        if given.get("apiVersion", VERSION) != VERSION:
            return problem(400, instance, {"apiVersion": ["is not known"]})
        number = str(next(self._numbers))
        settings = given | {"status": "inactive"}
        hook = Hook(id=number, url=url, secret=secrets.token_urlsafe(32), settings=settings)
        self.hooks[number] = hook
        self._challenge(hook)
        return json_reply(_shown(hook) | {"secret": hook.secret}, 201)

    def _attempts(self) -> list[Record]:
        return [
            {"id": f"{hook.id}-{place}", "type": "webhook-delivery-attempt", **attempt}
            for hook in self.hooks.values()
            for place, attempt in enumerate(hook.log)
        ]

    def admin(self, body: dict[str, object]) -> object:
        """What the admin does on the screen of webhooks."""
        if "challenge" in body:
            self._challenge(self.hooks[str(body["challenge"])])
        if "test" in body:
            hook = self.hooks[str(body["test"])]
            self._send(hook, "test.created", {"id": "1", "type": "test"})
        if body.get("retry"):
            failed, self._parcels = self._parcels, []
            for hook, delivery, parcel in failed:
                if delivery["status"] == "failed" and hook.settings["status"] == "active":
                    self.sender.send(parcel)
        return {"hooks": list(self.hooks.values()), "deliveries": self.deliveries}

    # --- the challenge ----------------------------------------------------------------------------

    def _challenge(self, hook: Hook) -> None:
        """GET with `echo`: the same text back makes the endpoint active."""
        text = secrets.token_urlsafe(16)
        url = f"{hook.url}{'&' if urlsplit(hook.url).query else '?'}echo={quote(text)}"
        done = partial(self._challenged, hook, text.encode())
        self.sender.send(Parcel(url=url, body=b"", headers={}, log=hook.log, method="GET", done=done))

    def _challenged(self, hook: Hook, text: bytes, status: int, body: bytes) -> None:
        with self.world.lock:
            hook.settings["status"] = "active" if status == 200 and body == text else "inactive"

    # --- deliveries -------------------------------------------------------------------------------

    def tell(self, what: str, person: Person, changed: list[str]) -> None:
        """Deliver what a change means to every active endpoint that asked for it."""
        if not self.world.options.get("deliver_hooks"):
            return
        for topic in _topics(what, set(changed)):
            data = self._data(topic.split(".")[0], person)
            for hook in list(self.hooks.values()):
                if topic in _texts(hook, "topics") and self._covers(hook, person):
                    self._send(hook, topic, data)

    def _covers(self, hook: Hook, person: Person) -> bool:
        only = _texts(hook, "businessEstablishments")
        return not only or str(person.office_id) in only

    def _data(self, kind: str, person: Person) -> Record:
        if kind == "employee":
            seen = self.world.view(person)
            return {
                "id": str(person.id),
                "type": kind,
                "givenName": seen.first_name,
                "familyName": seen.last_name,
                "status": state(seen, self.world.today()),
            }
        number = record_id(person.id) if kind == "employee-personal-record" else person.id * 10
        return {"id": str(number), "type": kind, "employee": {"id": str(person.id)}}

    def _send(self, hook: Hook, topic: str, data: Record) -> None:
        if hook.settings["status"] != "active":
            return
        stamp = self.world.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        event = {"id": str(next(self._numbers)), "type": "event", "topic": topic, "createdAt": stamp}
        body = msgspec.json.encode(event | {"data": data})
        headers = {
            "Content-Type": "application/json",
            "Lucca-Timestamp": stamp,
            "Lucca-Signature": signature(hook.secret, stamp, body),
        }
        delivery: Record = {
            "id": event["id"],
            "type": "webhook-delivery",
            "topic": topic,
            "status": "pending",
        }
        delivery["webhookEndpoint"] = {"id": hook.id}
        self.deliveries.append(delivery)
        parcel = Parcel(url=hook.url, body=body, headers=headers, log=hook.log)
        parcel.done = partial(self._sent, hook, delivery, parcel)
        self.sender.send(parcel)

    def _sent(self, hook: Hook, delivery: Record, parcel: Parcel, status: int, body: bytes) -> None:
        """404 and 410 suspend at once: then the challenge must be passed again (documented)."""
        with self.world.lock:
            delivery["status"] = "succeeded" if 200 <= status < 300 else "failed"
            if delivery["status"] == "failed":
                self._parcels.append((hook, delivery, parcel))
            if status in (404, 410):
                hook.settings["status"] = "suspended"


def _topics(what: str, changed: set[str]) -> list[str]:
    """The topics of a change; what a day that comes (a start, an end) sends is assumed."""
    if what == "effective":
        return ["employee.updated", "employment.updated"]
    if what != "updated":
        return [f"{kind}.{what}" for kind in _KINDS if f"{kind}.{what}" in TOPICS]
    known = set().union(*_CHANGED.values())
    kinds = [kind for kind, names in _CHANGED.items() if names & changed]
    return [f"{kind}.updated" for kind in (*kinds, *(["job-position"] if changed - known else []))]


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over time, a dot, and the body as sent."""
    return base64.b64encode(
        hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).digest()
    ).decode()


def _texts(hook: Hook, name: str) -> list[str]:
    """A list among the settings; establishments are given as ids or as objects with one."""
    value = hook.settings.get(name)
    items = value if isinstance(value, list) else []
    return [str(item["id"] if isinstance(item, dict) else item) for item in items]


def _shown(hook: Hook) -> Record:
    return {"id": hook.id, "type": "webhook-endpoint"} | hook.settings
