"""PayFit's webhooks, run by Svix: made on a hosted page, signed, and only about the integration and payroll.

No event tells of people. The hosted page is played by the control action `hooks`: `url`, `secret` (made if
missing), `events`; `send` delivers an event of that name at once; `delete` takes an id away.
"""

import base64
import hashlib
import hmac
import secrets
from itertools import count

import msgspec

from rollcall.simulators.hooks import Parcel, Sender
from rollcall.simulators.payfit.records import company_id
from rollcall.simulators.tool import Hook
from rollcall.simulators.world import World

EVENTS = ("integration.activated", "integration.deactivated", "payroll.run")
_PREFIX = "whsec_"


class Hooks:
    """The addresses one partner has set."""

    def __init__(self, world: World) -> None:
        self.world, self.sender = world, Sender()
        self.hooks: dict[str, Hook] = {}
        self._numbers = count(1)
        world.access_listeners.append(self._access)

    def admin(self, body: dict[str, object]) -> object:
        """What the partner does on the hosted page."""
        if "send" in body:
            self.send(str(body["send"]))
        if "delete" in body:
            del self.hooks[str(body["delete"])]
        if "url" in body:
            secret = str(body.get("secret") or _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode())
            number = f"ep_{next(self._numbers)}"
            settings = {"events": body.get("events") or list(EVENTS)}
            self.hooks[number] = Hook(id=number, url=str(body["url"]), secret=secret, settings=settings)
        return {"hooks": list(self.hooks.values())}

    def _access(self, action: str) -> None:
        """The customer takes the integration away, or brings it back."""
        event = {"revoke": "integration.deactivated", "restore": "integration.activated"}.get(action)
        if event:
            self.tell(event)

    def tell(self, event: str) -> None:
        """Deliver an event that happened, if the option `deliver_hooks` is on."""
        if self.world.options.get("deliver_hooks"):
            self.send(event)

    def send(self, event: str) -> None:
        """Deliver an event to everybody who asked for it."""
        today = self.world.today()
        data: dict[str, object] = {"companyId": company_id(self.world), "effectiveDate": today.isoformat()}
        if event == "payroll.run":
            data["payrollMonth"] = today.strftime("%Y%m")
        body = msgspec.json.encode({"type": event, "data": data})
        number, stamp = f"msg_{secrets.token_hex(12)}", str(self.world.stamp())
        for hook in self.hooks.values():
            asked = hook.settings.get("events")
            if isinstance(asked, list) and event in asked:
                headers = {
                    "Content-Type": "application/json",
                    "svix-id": number,
                    "svix-timestamp": stamp,
                    "svix-signature": signature(hook.secret, number, stamp, body),
                }
                self.sender.send(Parcel(url=hook.url, body=body, headers=headers, log=hook.log))


def signature(secret: str, number: str, stamp: str, body: bytes) -> str:
    """`v1,` and base64 of HMAC-SHA256 over id, time and body; the key is the secret decoded from base64."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.new(key, f"{number}.{stamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed.digest()).decode()}"
