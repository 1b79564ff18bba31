"""Where faults meet requests: what is answered instead of, or done to, the tool's own reply."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec

from rollcall.simulators.faults import Fault, strikes
from rollcall.simulators.tool import OwnBodies, Tool
from rollcall.simulators.wire import Reply, Request
from rollcall.simulators.world import World

_SIGN_IN = b"<!doctype html><title>Sign in</title><form><input name=user><input name=password></form>"
_DEEP = 100_000
_ODD_JSON = {
    "nan": b"NaN",
    "infinity": b"-Infinity",
    "digits": b"9" * 5_000,
    "nesting": b"[" * _DEEP + b"]" * _DEEP,
}


def answer(tool: Tool, request: Request) -> Reply:
    """The reply of the tool, with every fault that is on and strikes this request."""
    world = tool.world
    if not world.faults:
        return tool.answer(request)
    page = tool.page_of(request)
    struck = [fault for fault in world.faults if strikes(fault, request.path, page)]
    for fault in struck:
        fault.struck += 1
        _before(world, fault)
    reply = next((made for fault in struck if (made := _instead(tool, fault))), None)
    if reply is None:
        reply = tool.answer(request)
    for fault in struck:
        own = tool.spoiled(reply, fault) if isinstance(tool, OwnBodies) else None
        reply = own or _after(reply, fault)
        world.spend(fault)
    return reply


def _before(world: World, fault: Fault) -> None:
    """Faults that happen in the account, not on the wire."""
    if fault.id == "A2":
        world.expire_tokens()
    elif fault.id == "P3":
        fault.times = 1  # it happens once
        first = world.people[min(world.people)]
        if fault.mode == "removed":
            world.remove(first.id)
            return
        newcomer = msgspec.structs.replace(
            first, id=first.id - 1, work_email=f"new.{first.id - 1}@acme.example"
        )
        newcomer.created_at = newcomer.updated_at = world.stamp()
        world.add(newcomer)


def _instead(tool: Tool, fault: Fault) -> Reply | None:
    """Faults that answer in the tool's place."""
    own = tool.instead_of(fault) if isinstance(tool, OwnBodies) else None
    if own is not None:
        return own
    match fault.id, fault.mode:
        case "T5", _:
            return tool.refusal(fault.status or 503)
        case "T6", _:
            return _without_retry_after(tool.refusal(429))
        case "T7", mode:
            reply = _without_retry_after(tool.refusal(fault.status or 429))
            reply.headers["Retry-After"] = _retry_after(mode, fault.seconds)
            return reply
        case "T10", _:
            return Reply(body=_SIGN_IN, headers={"Content-Type": "text/html; charset=utf-8"})
        case "T11", mode:
            body = {"null": b"null", "object": b"{}"}.get(mode, b"")
            return Reply(
                status=204 if mode == "204" else 200, body=body, headers={"Content-Type": "application/json"}
            )
        case "T12", _:
            return tool.failed_200()
        case "T13", mode:
            return Reply(status=fault.status or 302, headers={"Location": _elsewhere(mode)})
        case ("A1", mode) | ("A7", mode):
            return tool.refusal(int(mode))
        case "P2", "error":
            return tool.refusal(fault.status or 500)
        case "P5", "expired":
            return tool.refusal(400)
    return None


def _without_retry_after(reply: Reply) -> Reply:
    reply.headers = {name: value for name, value in reply.headers.items() if name.lower() != "retry-after"}
    return reply


def _retry_after(mode: str, seconds: float) -> str:
    now = datetime.now(UTC)  # the reader's clock, not the simulated one
    match mode:
        case "seconds":
            return str(int(seconds))
        case "date":
            return format_datetime(now + timedelta(seconds=seconds), usegmt=True)
        case "past":
            return format_datetime(now - timedelta(days=1), usegmt=True)
        case "year":
            return str(365 * 86_400)
    return "soon"


def _elsewhere(mode: str) -> str:
    return {
        "host": "https://elsewhere.example/api",
        "http": "http://elsewhere.example/api",
        "internal": "http://169.254.169.254/latest/meta-data",
    }.get(mode, "?again=1")


def _after(reply: Reply, fault: Fault) -> Reply:
    """Faults that spoil the bytes."""
    match fault.id, fault.mode:
        case ("T2", mode) | ("T3", mode):
            reply.broken = mode
        case "T4", mode:
            reply.broken, reply.seconds = mode, fault.seconds
        case "T8", _:
            reply.broken, reply.megabytes = "bomb", fault.amount or 200
        case "E1", "latin1":
            reply.body = _with_text(reply.body, "Zoé Müßig".encode("latin-1"))
        case "E1", _:
            reply.body = _with_text(reply.body, b"\xff\xc3(")
        case "E8", mode:
            reply.body = reply.body.replace(b'[{"', b'[{"score":' + _ODD_JSON[mode] + b',"', 1)
    return reply


def _with_text(body: bytes, text: bytes) -> bytes:
    """Put bytes at the beginning of the first text value inside a list: in the first record."""
    start = max(body.find(b"[{"), 0)
    place = body.find(b'":"', start)
    return body if place < 0 else body[: place + 3] + text + body[place + 3 :]
