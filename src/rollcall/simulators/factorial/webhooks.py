"""Factorial's webhooks: one type a subscription, delivered when the option `deliver_hooks` is on.

There is no signature: the `challenge` given at registering comes back in a header (assumed name). The types'
spelling and the payload, the employee's record, are assumed.
"""

from itertools import count

import msgspec

from rollcall.simulators.factorial import records
from rollcall.simulators.factorial.errors import failure
from rollcall.simulators.hooks import Parcel, Sender, accepts_here
from rollcall.simulators.people import Person
from rollcall.simulators.rows import Record
from rollcall.simulators.tool import Hook
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_EMPLOYEE, _CONTRACT = "employees/employee", "contracts/contract_version"
TYPES = (
    *(f"{_EMPLOYEE}/{event}" for event in ("create", "update", "invite", "terminate", "unterminate")),
    *(f"{_CONTRACT}/{event}" for event in ("create", "update")),
)
CHALLENGE_HEADER = "x-factorial-wh-challenge"


class Hooks:
    """The subscriptions of one company."""

    def __init__(self, world: World) -> None:
        self.world, self.sender = world, Sender()
        self.hooks: dict[str, Hook] = {}
        self._numbers = count(1)
        world.listeners.append(self.tell)

    def create(self, request: Request) -> Reply:
        """Subscribe to one type."""
        try:
            body = msgspec.json.decode(request.body or b"{}", type=dict[str, object])
        except msgspec.MsgspecError:
            return failure(422)
        url, kind = str(body.get("target_url", "")), body.get("subscription_type")
        if kind not in TYPES or not accepts_here(self.world, url):
            return failure(422, "subscription_type or target_url is not valid")
        number = next(self._numbers)
        settings: Record = {"subscription_type": kind, "target_url": url, "enabled": True}
        secret = str(body.get("challenge") or "")
        self.hooks[str(number)] = Hook(id=str(number), url=url, secret=secret, settings=settings)
        return json_reply(self._shown(self.hooks[str(number)]), 201)

    def rows(self) -> list[Record]:
        """All subscriptions."""
        return [self._shown(hook) for hook in self.hooks.values()]

    def one(self, request: Request, hook_id: str) -> Reply:
        """Read or delete one."""
        hook = self.hooks.get(hook_id)
        if hook is None:
            return failure(404)
        if request.method == "DELETE":
            del self.hooks[hook_id]
        return json_reply(self._shown(hook))

    def _shown(self, hook: Hook) -> Record:
        company = int(self.world.company.number)
        return {"id": int(hook.id), "company_id": company, "challenge": hook.secret} | hook.settings

    def tell(self, what: str, person: Person, changed: list[str]) -> None:
        """Deliver a change to the subscriptions of its types; removing tells nobody."""
        if not self.world.options.get("deliver_hooks"):
            return
        kinds = _kinds(what, person, set(changed))
        for hook in self.hooks.values():
            if hook.settings["subscription_type"] in kinds:
                body = msgspec.json.encode(records.employee(self.world)(person))
                headers = {"Content-Type": "application/json", CHALLENGE_HEADER: hook.secret}
                self.sender.send(Parcel(url=hook.url, body=body, headers=headers, log=hook.log))


def _kinds(what: str, person: Person, changed: set[str]) -> set[str]:
    if what == "created":
        return {f"{_EMPLOYEE}/create", f"{_CONTRACT}/create"}
    if what != "updated":
        return set()
    kinds = {f"{_EMPLOYEE}/update"}
    if "end_date" in changed:
        kinds.add(f"{_EMPLOYEE}/{'terminate' if person.end_date else 'unterminate'}")
    if changed & {"job_title", "start_date", "end_date", "weekly_hours", "employment_type"}:
        kinds.add(f"{_CONTRACT}/update")
    return kinds
