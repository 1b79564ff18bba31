"""Faults on XML: what happens to one worker's element, and to a body on its way out."""

import re

import msgspec

from rollcall.simulators.faults import Fault
from rollcall.simulators.people import Person
from rollcall.simulators.wire import Reply
from rollcall.simulators.workday.parts import NAMES
from rollcall.simulators.workday.soap import BSVC, ENVELOPE, Node, read_fragment, written
from rollcall.simulators.workday.workers import Workers
from rollcall.simulators.world import World

_DEEP = 200_000
_NAME = re.compile(rb"<wd:\w*Name>(?=[^<])")
_NUMBER = re.compile(rb"(<wd:(?:Scheduled_Weekly_Hours|Total_Results)>)\d+")
_XML_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
_DOCTYPES = {
    "doctype": b"<!DOCTYPE Envelope>",
    "entities": b'<!DOCTYPE Envelope [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]>",
    "external": b'<!DOCTYPE Envelope [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    "dtd": b'<!DOCTYPE Envelope SYSTEM "http://169.254.169.254/evil.dtd">',
}


def worker(world: World, workers: Workers, person: Person) -> tuple[bytes, ...]:
    """A worker with the faults and raw values that strike them, in parts."""
    parts = workers.worker(person)
    raw = world.raw.get(person.id, {})
    struck = [
        f for f in world.faults if f.id == "E9" or (person.id in f.people and f.id in ("E6", "E7", "I1"))
    ]
    if not raw and not struck:
        return parts
    node = read_fragment(b"".join(parts))
    for field, value in raw.items():
        _put(node, field, value)
    for fault in struck:
        _spoil(node, fault)
    return (written(node).encode(),)


def _spoil(node: Node, fault: Fault) -> None:
    data = node.child("Worker_Data")
    if fault.id == "E9":
        _put(node, (fault.fields or ["id"])[0], msgspec.UNSET)
    elif fault.id == "I1":
        _put(node, "id", msgspec.UNSET)
    elif fault.id == "E6":
        _put(node, "first_name", {"de": "Ada"})
        _put(node, "job_title", ["Buyer"])
        _put(node, "start_date", 42)
    elif fault.mode == "status":
        _put(node, "status", "sabbatical-2027")
    elif data:
        data.children.append(_made("Pronouns", "they"))
        data.children.append(_made("Badge", {"Colour": "blue"}))


def _put(node: Node, field: str, value: object) -> None:
    """Set every element that stands for the field, or take it away (UNSET)."""
    name = NAMES.get(field, field)
    usage = {"Work_Email": "WORK", "Home_Email": "HOME"}.get(name)
    for parent, child in list(_found(node, "Email_Address_Data" if usage else name)):
        if usage and usage not in written(child):
            continue
        place = parent.children.index(child)
        if value is msgspec.UNSET:
            del parent.children[place]
        elif usage:
            child.children[0] = _made("Email_Address", value)
        else:
            parent.children[place] = _made(name, value)


def _found(node: Node, name: str) -> list[tuple[Node, Node]]:
    found = [(node, child) for child in node.children if child.local == name]
    return found + [pair for child in node.children for pair in _found(child, name)]


def _made(name: str, value: object) -> Node:
    """An element with any JSON value inside: an object as children, a list as items."""
    if isinstance(value, dict):
        return Node(name, {}, [_made(str(key), inner) for key, inner in value.items()])
    if isinstance(value, list):
        return Node(name, {}, [_made("Item", inner) for inner in value])
    return Node(name, {}, [], "" if value is None else str(value))


def instead(fault: Fault) -> Reply | None:
    """T11 in XML: no body, 204, an empty response, an empty SOAP body."""
    if fault.id != "T11":
        return None
    inside = f'<wd:Get_Workers_Response xmlns:wd="{BSVC}"/>' if fault.mode == "null" else ""
    text = f'<env:Envelope xmlns:env="{ENVELOPE}"><env:Body>{inside}</env:Body></env:Envelope>'
    body = text.encode() if fault.mode in ("null", "object") else b""
    status = 204 if fault.mode == "204" else 200
    return Reply(status=status, body=body, headers={"Content-Type": "text/xml;charset=UTF-8"})


def after(reply: Reply, fault: Fault) -> Reply:
    """E1, E8 and H6 in XML."""
    if not reply.headers.get("Content-Type", "").startswith("text/xml"):
        return reply
    body = reply.body
    match fault.id, fault.mode:
        case "E1", mode:
            odd = "Zoé Müßig".encode("latin-1") if mode == "latin1" else b"\xff\xc3("
            reply.body = _NAME.sub(lambda found: found[0] + odd, body, count=1)
        case ("E8", "nesting") | ("H6", "nesting"):
            deep = b"<wd:a>" * _DEEP + b"</wd:a>" * _DEEP
            reply.body = body.replace(b"<wd:Worker>", b"<wd:Worker>" + deep, 1)
        case "E8", mode:
            odd = {"nan": b"NaN", "infinity": b"-INF"}.get(mode, b"9" * 5_000)
            reply.body = _NUMBER.sub(lambda found: found[1] + odd, body, count=1)
        case "H6", mode:
            reply.body = body.replace(_XML_HEAD, _XML_HEAD + _DOCTYPES[mode], 1)
            if mode in ("entities", "external"):
                used = b"&j;" if mode == "entities" else b"&a;"
                reply.body = _NAME.sub(lambda found: found[0] + used, reply.body, count=1)
    return reply


def doubled(person: Person) -> Person:
    """Somebody once more under another name (P8)."""
    return msgspec.structs.replace(person, first_name="Somebody", last_name="Else")
