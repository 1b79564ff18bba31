"""The whole story over real HTTP: connect, configure, preview, approve, changes in HR, sync, disconnect, reconnect.

It talks to Rollcall's REST API as an integrator would, and to the stand-in of the HR tool as an HR manager's clicks
would. Each act says what it counted, how long it took, and whether that is what should have happened.
"""

import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from msgspec import Struct

from rollcall.simulators.loopback import LOOPBACK, NO_AUTHORITIES
from rollcall.simulators.people import Person
from rollcall.simulators.server import Running
from rollcall.simulators.world import World

TOOL: Final = "bamboohr"
OFFICES: Final = ("Paris", "Lyon")
_PATIENCE: Final = 120.0  # seconds for one act
_LOOK: Final = 0.1
COUNTS: Final = ("linked", "invited", "updated", "archived", "skipped", "held", "unchanged", "member_rows")


class WentWrong(Exception):
    """The story cannot go on."""


class Act(Struct, kw_only=True):
    """One act: what was counted, and each thing that should have been so and was not."""

    act: str
    seconds: float = 0.0
    linked: int = 0
    invited: int = 0
    updated: int = 0
    archived: int = 0
    skipped: int = 0
    held: int = 0
    unchanged: int = 0
    member_rows: int = 0
    wrong: list[str] = []

    def expect(self, said: str, seen: object, wanted: object) -> None:
        """Note a difference."""
        if seen != wanted:
            self.wrong.append(f"{said}: {seen!r} instead of {wanted!r}")


def play(origin: str, made: Mapping[str, str], running: Running) -> dict[str, Any]:
    """Run the story; return ``{"ok": ..., "seconds": ..., "acts": [...]}``."""
    with httpx.Client(
        base_url=f"{origin}/api/v1",
        headers={"Authorization": f"Bearer {made['token']}"},
        trust_env=False,
        verify=NO_AUTHORITIES,
        timeout=60,
    ) as client:
        teller = _Teller(client, made, running)
        started = time.monotonic()
        try:
            for act in teller.acts():
                teller.tell(act)
        except WentWrong as error:
            teller.told[-1].wrong.append(str(error))
    return {
        "ok": len(teller.told) == len(teller.acts()) and not any(one.wrong for one in teller.told),
        "seconds": round(time.monotonic() - started, 2),
        "acts": [
            {
                "act": one.act,
                **{name: getattr(one, name) for name in COUNTS},
                "seconds": one.seconds,
                "wrong": one.wrong,
            }
            for one in teller.told
        ],
    }


def in_words(told: Mapping[str, Any]) -> str:
    """Return the story as a table."""
    head = f"{'act':<34}" + "".join(f"{name.replace('_', ' '):>13}" for name in COUNTS) + f"{'seconds':>9}"
    lines = [head]
    for one in told["acts"]:
        lines.append(
            f"{one['act']:<34}" + "".join(f"{one[name]:>13}" for name in COUNTS) + f"{one['seconds']:>9.2f}"
        )
        lines += [f"    WRONG {wrong}" for wrong in one["wrong"]]
    lines.append("Everything did what it should." if told["ok"] else "Something did not do what it should.")
    return "\n".join(lines)


class _Teller:
    """Keeps what one act hands to the next."""

    def __init__(self, client: httpx.Client, made: Mapping[str, str], running: Running) -> None:
        self.client = client
        self.entity = f"/entities/{made['france']}"
        self.entity_id = int(made["france"])
        self.running = running
        self.world: World = running.world(TOOL)
        self.mails = Path(made["mails"])
        self.connection = 0
        self.plan: dict[str, Any] = {}
        self.told: list[Act] = []
        self.settings: dict[str, Any] = {
            "scope": {
                "type": "filter",
                "conditions": [{"attribute": "work_location", "test": "one_of", "values": list(OFFICES)}],
                "include_managers": True,
            }
        }

    def acts(self) -> list[tuple[str, Callable[[Act], None]]]:
        return [
            ("connect and first read", self._connect),
            ("preview for Paris and Lyon", self._preview),
            ("confirm", self._confirm),
            ("preview with archiving on", self._archiving),
            ("confirm archiving", self._confirm),
            ("HR changes, sync", self._follow),
            ("sync again", self._quiet),
            ("disconnect", self._disconnect),
            ("connect again", self._connect),
            ("preview after reconnecting", self._preview_again),
            ("confirm after reconnecting", self._confirm_again),
        ]

    def tell(self, act: tuple[str, Callable[[Act], None]]) -> None:
        name, play_it = act
        one = Act(act=name, wrong=[])
        self.told.append(one)
        started = time.monotonic()
        try:
            play_it(one)
        finally:
            one.seconds = round(time.monotonic() - started, 2)

    # --- the acts ------------------------------------------------------------------------------------

    def _connect(self, act: Act) -> None:
        before = self._members()
        body = {"entity_id": self.entity_id, "tool": TOOL, "credentials": self.running.credentials(TOOL)}
        self.connection = int(self._call("POST", "/connections", body)["id"])
        self._until(lambda: self._state() == "action_required", "the first read to end")
        after = self._members()
        # S25: the first read changes no member.
        act.expect("members", after, before)
        act.unchanged = len(after)

    def _preview(self, act: Act) -> None:
        before = self._members()
        self.plan = self._call("PUT", f"{self.entity}/settings", self.settings)
        self._count(act, self.plan["counts"])
        inside = self._inside()
        by_hand = {one["email"].lower() for one in before}
        act.expect("people by hand who are in HR, now managed", act.linked, self._matching(inside, by_hand))
        act.expect("members before confirming", self._members(), before)
        act.expect("nobody is archived while archiving is off", act.archived, 0)
        if act.invited == 0:
            act.wrong.append("nobody would be invited")

    def _confirm(self, act: Act) -> None:
        promised = self.plan["counts"]
        before = self._counts()
        applied = self._approve()
        self._count(act, promised)
        act.member_rows = applied["outcome"]["member_rows"]
        after = self._counts()
        act.expect("changes done", applied["outcome"]["done"], promised["acting"])
        act.expect("changes left", applied["outcome"]["stale"], 0)
        act.expect("invited members", after["invited"] - before["invited"], promised["create"])
        act.expect("archived members", after["archived"] - before["archived"], promised["archive"])
        act.unchanged = promised["managed"] - promised["update"] - promised["archive"] - promised["release"]
        act.expect("state", self._state(), "connected")
        self._mailed(act, after["invited"])

    def _mailed(self, act: Act, invited: int) -> None:
        """Everybody invited so far has one mail, and nobody two (O1)."""
        self._until(lambda: len(self._addressed()) >= invited, f"{invited} invitations to be mailed")
        addressed = self._addressed()
        act.expect("mails", len(addressed), invited)
        act.expect("people with two mails", len(addressed) - len(set(addressed)), 0)

    def _addressed(self) -> list[str]:
        """The addresses on the invitations mailed so far: files of mails, one after the other."""
        texts = (file.read_text(errors="replace") for file in self.mails.glob("*.log"))
        mails = (mail for text in texts for mail in text.split("-" * 79) if "/join/" in mail)
        return [
            found[1].lower() for mail in mails if (found := re.search(r"^To: (\S+)$", mail, re.MULTILINE))
        ]

    def _archiving(self, act: Act) -> None:
        self.settings["archive_inactive"] = True
        self.plan = self._call("PUT", f"{self.entity}/settings", self.settings)
        self._count(act, self.plan["counts"])
        act.expect("nobody is invited again", act.invited, 0)

    def _follow(self, act: Act) -> None:
        managed = self._counts()["managed"]
        leavers = self._change_hr()
        run = self._sync()
        plans = [one for one in run["plans"] if one["entity_id"] == self.entity_id]
        if len(plans) != 1:
            raise WentWrong(f"the run made {len(plans)} plans")
        self._count(act, plans[0]["counts"])
        act.held = int(plans[0]["state"] == "held")
        act.member_rows = plans[0]["outcome"].get("member_rows", 0)
        act.unchanged = managed - act.updated - act.archived
        act.expect("invited", act.invited, 3)
        act.expect("updated", act.updated, 3)
        act.expect("archived", act.archived, 2)
        act.expect("held", act.held, 0)
        gone = {one["email"].lower() for one in self._members() if one["state"] == "archived"}
        act.expect("the two who left are archived", leavers <= gone, True)

    def _quiet(self, act: Act) -> None:
        before = self._members()
        run = self._sync()
        act.expect(
            "new or changed employees", (run["run"]["seen"]["new"], run["run"]["seen"]["changed"]), (0, 0)
        )
        for one in run["plans"]:
            act.member_rows += one["outcome"].get("member_rows", 0)
            act.skipped += one["counts"]["skip"]
            act.expect("changes", one["counts"]["acting"], 0)
        after = self._members()
        act.expect("members", after, before)
        act.expect("member rows", act.member_rows, 0)
        act.unchanged = self._counts()["managed"]

    def _disconnect(self, act: Act) -> None:
        managed = self._counts()["managed"]
        before = self._members()
        released = self._call("DELETE", f"/connections/{self.connection}")["released"]
        act.expect("no longer managed", released, managed)
        after = self._members()
        same = ("id", "state", "email", "first_name", "last_name", "role")
        # S48: members stay as they are.
        act.expect("members", [[m[k] for k in same] for m in after], [[m[k] for k in same] for m in before])
        act.expect("state", self._state(), "disconnected")
        act.unchanged = len(after)

    def _preview_again(self, act: Act) -> None:
        self.plan = self._call("PUT", f"{self.entity}/settings", self.settings)
        self._count(act, self.plan["counts"])
        act.expect("invited", act.invited, 0)

    def _confirm_again(self, act: Act) -> None:
        members = len(self._members())
        self._confirm(act)
        # S49: recognised, nothing is duplicated.
        act.expect("members", len(self._members()), members)

    # --- HR ------------------------------------------------------------------------------------------

    def _inside(self) -> list[Person]:
        company = self.world.company
        return [
            one
            for one in self.world.people.values()
            if company.offices[one.office_id].name in OFFICES and self.world.status(one) == "active"
        ]

    def _matching(self, inside: list[Person], by_hand: set[str]) -> int:
        """How many people made by hand are in HR and in scope, or above somebody who is."""
        wanted = {one.id for one in inside}
        rising = list(wanted)
        while rising:
            above = self.world.people[rising.pop()].manager_id
            if above is not None and above not in wanted and above in self.world.people:
                wanted.add(above)
                rising.append(above)
        emails = [(self.world.people[one].work_email or "").lower() for one in wanted]
        return sum(1 for email in emails if email in by_hand and emails.count(email) == 1)

    def _change_hr(self) -> set[str]:
        """Hire 3, rename 1, change 1 e-mail and 1 manager, terminate 2; return the leavers' addresses."""
        control = self.running.control(TOOL)
        chosen = [one for one in self._inside() if one.id not in self.world.managers() and one.work_email][:5]
        if len(chosen) < 5:
            raise WentWrong("too few people in the offices")
        renamed, moved, reporting, *leaving = chosen
        other = next(
            one
            for one in self._inside()
            if one.id in self.world.managers() and one.id not in (reporting.manager_id, reporting.id)
        )
        yesterday = (self.world.today() - timedelta(days=1)).isoformat()
        orders: list[tuple[str, dict[str, Any]]] = [
            ("hire", {"n": 3, "work_location": OFFICES[0], "manager_id": renamed.manager_id}),
            ("rename", {"id": renamed.id, "last_name": "Newname"}),
            ("change", {"id": moved.id, "fields": {"work_email": f"moved.{moved.id}@acme.example"}}),
            ("change", {"id": reporting.id, "fields": {"manager_id": other.id}}),
            ("terminate", {"ids": [one.id for one in leaving], "date": yesterday}),
        ]
        for action, body in orders:
            answer = LOOPBACK.post(f"{control}/{action}", json=body, timeout=30)
            if answer.status_code != httpx.codes.OK:
                raise WentWrong(f"the HR tool refused {action}: {answer.text}")
        return {(one.work_email or "").lower() for one in leaving}

    # --- Rollcall ------------------------------------------------------------------------------------

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = self.client.request(method, path, json=body)
        if answer.is_error:
            raise WentWrong(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found

    def _until(self, reached: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + _PATIENCE
        while not reached():
            if time.monotonic() > until:
                raise WentWrong(f"waited {_PATIENCE:.0f} s for {what}; state {self._state()}")
            time.sleep(_LOOK)

    def _state(self) -> str:
        return str(self._call("GET", f"/connections/{self.connection}")["state"])

    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = self._call("GET", self.entity)["members"]
        return counts

    def _members(self) -> list[dict[str, Any]]:
        """Every member of the entity in every state, by id."""
        found: list[dict[str, Any]] = []
        for state in ("invited", "active", "archived"):
            cursor = ""
            while cursor is not None:
                page = self._call("GET", f"{self.entity}/members?state={state}&limit=100&cursor={cursor}")
                found += page["items"]
                cursor = page["next"]
        return sorted(found, key=lambda one: one["id"])

    def _approve(self) -> dict[str, Any]:
        plan = f"{self.entity}/plans/{self.plan['id']}"
        self._call("POST", f"{plan}/approve", {"digest": self.plan["digest"], "override": "the demo's story"})
        self._until(lambda: self._call("GET", plan)["state"] == "applied", "the plan to be applied")
        self._until(lambda: self._state() == "connected", "the connection to rest")
        return self._call("GET", plan)

    def _sync(self) -> dict[str, Any]:
        runs = f"/connections/{self.connection}/runs"
        before = self._call("GET", f"{runs}?limit=1")["items"][0]["id"]
        self._call("POST", f"/connections/{self.connection}/sync")

        def over() -> bool:
            latest = self._call("GET", f"{runs}?limit=1")["items"][0]
            return latest["id"] > before and latest["finished_at"] is not None

        self._until(over, "the run to end")
        run = self._call("GET", f"{runs}/{self._call('GET', f'{runs}?limit=1')['items'][0]['id']}")
        if run["run"]["state"] != "succeeded":
            raise WentWrong(f"the run {run['run']['state']}: {run['run']['error']}")
        return run

    def _count(self, act: Act, counts: Mapping[str, int]) -> None:
        act.linked, act.invited, act.updated = counts["link"], counts["create"], counts["update"]
        act.archived, act.skipped = counts["archive"], counts["skip"]
        # A run's plan that is far from every limit does not say how many are managed.
        act.unchanged = counts.get("managed", 0) - counts["update"] - counts["archive"] - counts["release"]
