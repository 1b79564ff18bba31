"""HiBob's webhooks (version 2): made by an admin on a screen, here by the control action `hooks`; signed.

Deliveries of changes need the option `deliver_hooks`; the ping on saving goes out at once. Life-cycle events
come when the simulated day turns: in truth at midnight of the site's zone.
"""

import base64
import hashlib
import hmac
import secrets
from itertools import count

import msgspec

from rollcall.simulators.hibob.fields import NAMES, company_id, person_id
from rollcall.simulators.hooks import Parcel, Sender, accepts_here
from rollcall.simulators.people import Person, status
from rollcall.simulators.tool import Hook
from rollcall.simulators.world import World

_EFFECTIVE = {
    "active": ("employee.joined", "employee.activated"),
    "inactive": ("employee.left", "employee.inactivated"),
    "on_leave": ("employee.temporaryLeave",),
}


class Hooks:
    """The webhooks of one account."""

    def __init__(self, world: World) -> None:
        self.world, self.sender = world, Sender()
        self.hooks: dict[str, Hook] = {}
        self._numbers = count(1)
        world.listeners.append(self.tell)

    def by_admin(self, body: dict[str, object]) -> object:
        """Make one (`url`, `events`: a list or null for all, `secret` or a fresh one), `delete` or `ping` one
        by id; answers all of them with their secrets. ValueError for an address that is not https.
        """
        if "delete" in body:
            del self.hooks[str(body["delete"])]
        elif "ping" in body:
            self._ping(self.hooks[str(body["ping"])])
        elif "url" in body:
            url = str(body["url"])
            if not accepts_here(self.world, url):
                raise ValueError("url must be https")
            secret = str(body.get("secret") or secrets.token_urlsafe(32))
            hook = Hook(id=str(next(self._numbers)), url=url, secret=secret, settings=body)
            self.hooks[hook.id] = hook
            self._ping(hook)
        return {
            "hooks": [
                {"id": h.id, "url": h.url, "secret": h.secret, "log": h.log} for h in self.hooks.values()
            ]
        }

    def _ping(self, hook: Hook) -> None:
        """A plain text on saving; with the option `ping_json` an object, as also seen."""
        body = b'{"text":"Ping test"}' if self.world.options.get("ping_json") else b"Ping test"
        self._send(hook, body, "text/plain" if body[:1] != b"{" else "application/json")

    def tell(self, what: str, person: Person, changed: list[str]) -> None:
        """Deliver a change: ids of fields, no values."""
        if not self.world.options.get("deliver_hooks"):
            return
        data: dict[str, object] = {"employeeId": person_id(person.id)}
        if what == "updated":
            data["fieldUpdates"] = [{"id": name} for name in dict.fromkeys(NAMES.get(n, n) for n in changed)]
        for event in self._names(what, person):
            body = msgspec.json.encode(
                {
                    "companyId": company_id(self.world),
                    "type": event,
                    "triggeredBy": None if what == "effective" else person_id(min(self.world.people)),
                    "triggeredAt": self.world.now().strftime("%Y-%m-%dT%H:%M:%S.%f"),
                    "version": "v2",
                    "data": data,
                }
            )
            for hook in self.hooks.values():
                asked = hook.settings.get("events")
                if asked is None or (isinstance(asked, list) and event in asked):
                    self._send(hook, body, "application/json")

    def _names(self, what: str, person: Person) -> tuple[str, ...]:
        if what == "effective":
            return _EFFECTIVE.get(status(person, self.world.today()), ())
        return (f"employee.{what}",)

    def _send(self, hook: Hook, body: bytes, kind: str) -> None:
        """The signature has no time in it, so nothing stops a replay (documented)."""
        digest = hmac.new(hook.secret.encode(), body, hashlib.sha512).digest()
        headers = {"Content-Type": kind, "Bob-Signature": base64.b64encode(digest).decode()}
        self.sender.send(Parcel(url=hook.url, body=body, headers=headers, log=hook.log))
