"""SOAP 1.1 as Workday speaks it: requests read without risk, answers and faults written.

Read with expat because a request needs no more: any DOCTYPE is refused, depth and size are capped, nothing is
fetched.
"""

import re
from typing import NoReturn
from xml.parsers import expat

import msgspec

from rollcall.simulators.wire import Reply

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
BSVC = "urn:com.workday/bsvc"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_MOST_BYTES, _DEEPEST = 5_000_000, 60
_XML = {"Content-Type": "text/xml;charset=UTF-8"}
_UNFIT = re.compile("[&<>\x00-\x08\x0b\x0c\x0e-\x1f]")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Node(msgspec.Struct):
    """One element: names as "namespace local" (expat's way), text without what stands between children."""

    name: str
    attributes: dict[str, str]
    children: list["Node"]
    text: str = ""

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(" ")[2]

    def child(self, *path: str) -> "Node | None":
        """The first child of that local name, and so on down."""
        node: Node | None = self
        for name in path:
            node = next((found for found in node.children if found.local == name), None) if node else None
        return node

    def all(self, name: str) -> list["Node"]:
        """Every child of that local name."""
        return [found for found in self.children if found.local == name]

    def value(self, *path: str) -> str:
        """The text of a child, without blanks around it; "" if there is none."""
        found = self.child(*path)
        return found.text.strip() if found else ""


class Unreadable(Exception):
    """The bytes are no XML that anybody should take."""


class Refused(Exception):
    """Ends a request with the reply it carries."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


def parse(body: bytes) -> Node:
    """The root element. Raises `Unreadable` for anything ill-formed, with a DOCTYPE, too deep or too big."""
    if len(body) > _MOST_BYTES:
        raise Unreadable("too large")
    parser = expat.ParserCreate(namespace_separator=" ")
    root = Node("", {}, [])
    open_nodes = [root]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_nodes) > _DEEPEST:
            raise Unreadable("too deep")
        node = Node(name, attributes, [])
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(name: str) -> None:
        open_nodes.pop()

    def text(data: str) -> None:
        open_nodes[-1].text += data

    def doctype(*_: object) -> NoReturn:
        raise Unreadable("a DOCTYPE is not allowed")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(str(error)) from error
    return root.children[0]


def escaped(value: str) -> str:
    """Text for an element. What XML cannot carry comes as a character reference, which readers refuse: the
    true tool never sends it, the fault E2 does.
    """
    if not _UNFIT.search(value):
        return value
    return _UNFIT.sub(lambda found: _MARKUP.get(found[0], f"&#{ord(found[0])};"), value)


def attribute(value: str) -> str:
    """Text for an attribute in double quotes."""
    return escaped(value).replace('"', "&quot;").replace("\n", "&#xa;")


def written(node: Node) -> str:
    """A fragment that `parse` read from our own answers, with the prefix `wd` for everything again."""
    name = node.local
    attributes = "".join(
        f' wd:{key.rpartition(" ")[2]}="{attribute(v)}"' for key, v in node.attributes.items()
    )
    inside = "".join(map(written, node.children)) or escaped(node.text)
    return f"<wd:{name}{attributes}>{inside}</wd:{name}>"


def read_fragment(data: bytes) -> Node:
    """One element of ours that uses the prefix `wd` without declaring it."""
    return parse(b'<wd:r xmlns:wd="%s">%s</wd:r>' % (BSVC.encode(), data)).children[0]


def envelope(operation: str, version: str, inside: bytes) -> Reply:
    """A 200 with the response of that operation."""
    name = operation.replace("_Request", "_Response")
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="{ENVELOPE}"><env:Body>'
        f'<wd:{name} xmlns:wd="{BSVC}" wd:version="{version}">'
    )
    tail = f"</wd:{name}></env:Body></env:Envelope>"
    return Reply(body=b"".join((head.encode(), inside, tail.encode())), headers=dict(_XML))


def fault(code: str, text: str, detail: str = "", status: int = 500) -> Reply:
    """A SOAP fault; `detail` is XML with the prefix `wd`."""
    inside = f'<detail xmlns:wd="{BSVC}">{detail}</detail>' if detail else ""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{ENVELOPE}"><SOAP-ENV:Body><SOAP-ENV:Fault>'
        f"<faultcode>SOAP-ENV:{code}</faultcode><faultstring>{escaped(text)}</faultstring>"
        f"{inside}</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
    return Reply(status=status, body=body.encode(), headers=dict(_XML))


def not_let_in(status: int = 500) -> Reply:
    """Bad user, password or tenant, a locked or expired user: one fault for all of them (documented)."""
    return fault("Client.authenticationError", "invalid username or password", status=status)


def not_granted() -> Reply:
    """The operation's right is missing (seen)."""
    text = "Processing error occurred. The task submitted is not authorized."
    detail = f"<wd:Processing_Fault><wd:Detail_Message>{text}</wd:Detail_Message></wd:Processing_Fault>"
    return fault("Client", text, detail)


def invalid(message: str, xpath: str = "") -> Reply:
    """The request's content is wrong (seen; types documented)."""
    detail = (
        "<wd:Validation_Fault><wd:Validation_Error>"
        f"<wd:Message>{escaped(message)}</wd:Message><wd:Detail_Message>{escaped(message)}</wd:Detail_Message>"
        f"<wd:Xpath>{escaped(xpath)}</wd:Xpath></wd:Validation_Error></wd:Validation_Fault>"
    )
    return fault("Client.validationError", f"Validation error occurred. {message}", detail)


def page_of_html(status: int, text: str) -> Reply:
    """What gateways and the weekly maintenance answer (assumed)."""
    body = f"<!DOCTYPE html><html><head><title>Workday</title></head><body><h1>{text}</h1></body></html>"
    return Reply(status=status, body=body.encode(), headers={"Content-Type": "text/html;charset=UTF-8"})
