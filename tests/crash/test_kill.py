"""Killed at every point of a company's story: what was begun is finished by the next worker, once, and by itself.

Three acts: the first read; the first preview confirmed, with everybody's invitation; an hour later a hire, a change of
title and a leaver. Each act is walked once undisturbed, which lists the places it comes by. Then, for each place, in a
fresh copy of the database: a worker that kills itself there, and an ordinary one that finds what is left.

CRASH_PLACES: "spread" (every kind of place once), "all", a number of random ones, or a part of the wanted ones' names.
"""

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rollcall.simulators.loopback import LOOPBACK
from rollcall.simulators.server import Running
from tests.crash.ground import Ground, Place, ground, tool

pytestmark = [pytest.mark.journey, pytest.mark.thorough]

PLACES = os.environ.get("CRASH_PLACES", "spread")
AT_ONCE = 2
MOST_MINUTES = 2
FEWEST_PLACES = 40


class Act(msgspec.Struct):
    """One part of the story: the database it begins with, and what an undisturbed worker makes of it."""

    name: str
    template: str
    tool: Running
    places: list[str]
    wanted: dict[str, Any]
    sent: dict[str, int]


@pytest.fixture(scope="module")
def acts() -> Iterator[tuple[Ground, list[Act]]]:
    with ground() as made, tool() as calm, tool() as busy:
        a_day_of_changes(busy)
        acts = []
        template = "rollcall"
        for name, stand_in, begin in (
            ("read", calm, ("connect", {"credentials": calm.credentials("bamboohr")})),
            ("confirmed", calm, ("confirm", {})),
            ("changes", busy, ("sync_now", {})),
        ):
            ready = f"ready_{name}"
            made.copy(template, ready)
            Place(made, ready, stand_in.url("bamboohr")).call(begin[0], **begin[1])
            template = f"after_{name}"
            made.copy(ready, template)
            acts.append(undisturbed(made, Act(name, ready, stand_in, [], {}, {}), template))
        yield made, acts


def a_day_of_changes(stand_in: Running) -> None:
    """Somebody comes, somebody gets a title, somebody has left."""
    leads = [one["id"] for one in LOOPBACK.get(f"{stand_in.control('bamboohr')}/people").json()["people"]]
    for action, body in (
        ("hire", {"n": 1}),
        ("change", {"id": leads[2], "fields": {"job_title": "Cook"}}),
        ("terminate", {"id": leads[-1]}),
    ):
        answer = LOOPBACK.post(f"{stand_in.control('bamboohr')}/{action}", json=body)
        assert answer.status_code == 200, answer.text


def undisturbed(made: Ground, act: Act, name: str) -> Act:
    """Walk the act without a kill; its database is what the next act begins with."""
    place = Place(made, name, act.tool.url("bamboohr"))
    notes = made.home / f"places-{act.name}"
    worker = place.work(note=str(notes))
    place.settle()
    assert worker.stop() == 0
    act.places = [line for line in notes.read_text(encoding="utf-8").splitlines() if "tick" not in line]
    act.wanted, act.sent = place.call("look"), place.sent()
    return act


def chosen(acts: list[Act]) -> list[tuple[Act, str]]:
    """The places to be killed at."""
    every = [(act, place) for act in acts for place in act.places]
    if PLACES == "all":
        return every
    if PLACES.isdecimal():
        return random.choices(every, k=int(PLACES))
    if PLACES != "spread":
        return [(act, place) for act, place in every if PLACES in f"{act.name}, {place}"]
    kinds: dict[tuple[str, str], tuple[Act, str]] = {}
    for act, place in reversed(every):
        kind, _, when = place.rpartition(" ")
        kinds[kind.rpartition(" ")[0], when] = (act, place)
    return list(kinds.values())


def killed(made: Ground, number: int, act: Act, at: str) -> str:
    """Kill a worker at the place and let another find what is left; return what is wrong, if anything."""
    place = Place(made, f"killed_{number}", act.tool.url("bamboohr"))
    made.copy(act.template, place.name)
    try:
        return told(act, place, at)
    except AssertionError as error:
        return f"{act.name}, {at}: {error}"
    finally:
        place.end()


def told(act: Act, place: Place, at: str) -> str:
    first = place.work(kill=at)
    rounds = 0
    while not first.ended.wait(0.02) and rounds < MOST_MINUTES:
        left = place.open()
        if "jobs" not in left:
            # Some places come only with the clock.
            rounds += 1
            place.round()
            first.ended.wait(2)
    if not first.ended.is_set():
        first.stop()
        return "" if "tally" in at else f"{act.name}, {at}: never came by"
    assert first.status == -9, f"ended with {first.status}"
    place.later()
    second = place.work()
    place.round()
    # Each round stands for a minute, so a busy machine may take half of one.
    minutes = 1 + place.settle(rounds=6, each=30)
    assert second.stop() == 0
    wrong = differences(act, place)
    if minutes > MOST_MINUTES:
        wrong.append(f"took {minutes} rounds of the clock")
    return f"{act.name}, {at}: {'; '.join(wrong)}" if wrong else ""


def differences(act: Act, place: Place) -> list[str]:
    """What is not as in the twin that nobody disturbed (invariants 4, 5, 7, 10-15, 17)."""
    seen, wrong = place.call("look"), []
    wrong += [
        f"{name} is {seen[name]}, not {value}" for name, value in act.wanted.items() if seen[name] != value
    ]
    states = dict(place.rows("SELECT state, count(*) FROM notify_mail GROUP BY 1"))
    if set(states) - {"sent", "unconfirmed"} or states.get("unconfirmed", 0) > 1:
        wrong.append(f"mails are {states}")
    sent = place.sent()
    # Earlier acts have sent theirs into another folder.
    if any(count > act.sent.get(to, 0) for to, count in sent.items()):
        wrong.append("somebody got a mail twice")
    missing = sum(act.sent.values()) - sum(sent.values())
    if missing > states.get("unconfirmed", 0):
        wrong.append(f"{missing} mails are missing")
    if place.rows("SELECT 1 FROM procrastinate_jobs WHERE status IN ('doing', 'todo')"):
        wrong.append("a job is left")
    return wrong


def test_c1_o1_inv4_inv5_inv7_inv12_inv13_inv15_inv17_killed_at_every_point_the_story_ends_as_if_undisturbed(
    acts: tuple[Ground, list[Act]], tmp_path: Path
) -> None:
    made, story = acts
    places = chosen(story)
    assert len(places) >= (FEWEST_PLACES if PLACES in ("spread", "all") else 1)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [
            one for one in pool.map(lambda given: killed(made, given[0], *given[1]), enumerate(places)) if one
        ]
    assert wrong == [], f"{len(wrong)} of {len(places)} places:\n" + "\n".join(wrong)


def test_what_an_undisturbed_worker_does_is_worth_killing_it_for(acts: tuple[Ground, list[Act]]) -> None:
    """The story has what it is for: people invited, changed and archived, their mails sent, every kind of edge."""
    _, (read, confirmed, changes) = acts
    assert read.wanted["members"] == [] and read.wanted["connection"][0][0] == "action_required"
    assert len(confirmed.wanted["members"]) >= 6 and len(confirmed.sent) == len(confirmed.wanted["members"])
    states = [one[3] for one in changes.wanted["members"]]
    assert "archived" in states and len(states) == len(confirmed.wanted["members"]) + 1
    assert ["member.updated", 1] in [[kind, count] for kind, _, count in changes.wanted["changes"]]
    assert changes.wanted["connection"][0][:2] == ["connected", ""]
    edges = {place.rpartition(": ")[2].split(" ")[0] for act in acts[1] for place in act.places}
    assert edges == {"commit", "request", "job", "mail"}
