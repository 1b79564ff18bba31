"""Personio's webhooks (v2): registering, and deliveries of ids only when the option `deliver_hooks` is on."""

from itertools import count

import msgspec

from rollcall.simulators.hooks import Parcel, Sender, accepts
from rollcall.simulators.people import Person, status
from rollcall.simulators.personio.records import employment_id
from rollcall.simulators.tool import Hook
from rollcall.simulators.wire import Reply, Request, json_reply
from rollcall.simulators.world import World

_PERSON_FIELDS = {
    "first_name",
    "last_name",
    "preferred_name",
    "work_email",
    "personal_email",
    "iban",
    "bic",
    "language",
}


class Hooks:
    """The registered webhooks of one account."""

    def __init__(self, world: World) -> None:
        self.world, self.sender = world, Sender()
        self.hooks: dict[str, Hook] = {}
        self._events = count(1)
        world.listeners.append(self.tell)

    def answer(self, world: World, request: Request, hook_id: str | None, action: str | None) -> Reply:
        """Create, list, change, delete, ping; https only."""
        if hook_id is None:
            return self._create(request) if request.method == "POST" else self._list()
        hook = self.hooks.get(hook_id)
        if hook is None:
            return json_reply({"errors": [{"title": "Not Found", "detail": "no such webhook"}]}, 404)
        if action in ("ping", "test-event"):
            self._send(hook, "ping", {})
        elif action in ("events", "activity"):
            return json_reply({"_data": hook.log})
        elif request.method == "DELETE":
            del self.hooks[hook_id]
            return Reply(status=204)
        elif request.method == "PATCH":
            hook.settings |= msgspec.json.decode(request.body, type=dict[str, object])
            hook.url = str(hook.settings.get("url", hook.url))
        return json_reply(_shown(hook))

    def _list(self) -> Reply:
        return json_reply({"_data": [_shown(hook) for hook in self.hooks.values()], "_meta": {"links": {}}})

    def _create(self, request: Request) -> Reply:
        settings = msgspec.json.decode(request.body or b"{}", type=dict[str, object])
        url = str(settings.get("url", ""))
        if not accepts(self.world, url):
            return json_reply({"errors": [{"title": "Bad Request", "detail": "url must be https"}]}, 400)
        hook = Hook(id=f"wh-{len(self.hooks) + 1}", url=url, secret="", settings=settings)
        self.hooks[hook.id] = hook
        return json_reply(_shown(hook), 201)

    def tell(self, what: str, person: Person, changed: list[str]) -> None:
        """Deliver what a change means as events of persons and employments; a change of job fires nothing
        (reported).
        """
        if not self.world.options.get("deliver_hooks"):
            return
        payload = {"person_id": str(person.id), "employment_id": employment_id(person)}
        for event in self._names(what, person, set(changed)):
            for hook in self.hooks.values():
                asked = hook.settings.get("enabled_events")
                if isinstance(asked, list) and event in asked:
                    self._send(hook, event, payload)

    def _names(self, what: str, person: Person, changed: set[str]) -> list[str]:
        if what == "effective":
            now = status(person, self.world.today())
            return {"inactive": ["employment.terminated"], "active": ["employment.started"]}.get(now, [])
        if what != "updated":
            return [f"person.{what}", f"employment.{what}"]
        events = ["person.updated"] if changed & _PERSON_FIELDS else []
        return events + (["employment.updated"] if changed - _PERSON_FIELDS - {"job_title"} else [])

    def _send(self, hook: Hook, event: str, payload: dict[str, str]) -> None:
        body = {
            "company_id": self.world.company.number,
            "event_name": event,
            "occurred_at": self.world.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "payload": payload,
            "meta": {"event_id": f"e-{next(self._events)}"},
        }
        headers = {"Content-Type": "application/json"}
        # Authenticity is a header the subscriber chose; the name of the setting is assumed.
        chosen = hook.settings.get("header")
        if isinstance(chosen, dict):
            headers[str(chosen.get("name"))] = str(chosen.get("value"))
        self.sender.send(Parcel(url=hook.url, body=msgspec.json.encode(body), headers=headers, log=hook.log))


def _shown(hook: Hook) -> dict[str, object]:
    return {"id": hook.id, "status": "ENABLED"} | hook.settings
