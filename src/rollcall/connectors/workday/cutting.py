"""From a SOAP answer to the elements we want, each as the bytes that came: no tree of the whole is ever built.

Hostile documents end here (H6): any DOCTYPE is refused, so there are no entities, no external documents and
nothing to fetch; nesting has an end; the size of an answer is bounded by the HTTP client.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from rollcall.connectors.workday.envelope import escaped

DEEPEST: Final = 100
"""A worker with everything comes to about 20."""

WRAPPER: Final = "as"
_OPENING: Final = "<" + WRAPPER
_OPENING_BYTES: Final = _OPENING.encode()
_NAME: Final = re.compile(rb"[^\s/>]+")


class Refused(Exception):
    """The document is not XML in UTF-8, or not one that we are willing to read; the text is ours."""


def cut(body: bytes, wanted: Mapping[str, str]) -> dict[str, list[bytes]]:
    """Return the elements named in ``wanted`` (local name -> that of the parent), in a wrapper that binds prefixes.

    Every name of ``wanted`` is in the result. Raises ``Refused``; well-formed to the last byte, or nothing.
    """
    if b"\0" in body:
        # expat would take it for UTF-16, whatever it was told (seen), and our places are those of UTF-8 (E1, E2)
        raise Refused("not UTF-8")
    cutter = _Cutter(body, wanted)
    try:
        cutter.parser.Parse(body, True)
    except expat.ExpatError:
        raise Refused("not well-formed XML") from None
    finally:
        # it and its handlers hold each other, and with them the whole answer, until some collection of garbage
        del cutter.parser
    return cutter.found


def parsed(element: bytes | str) -> Element:
    """Return one element of ``cut`` as a tree. Raises ``Refused``."""
    wrapped = element.startswith(_OPENING) if isinstance(element, str) else element.startswith(_OPENING_BYTES)
    if not wrapped:
        # inside our wrapper no DOCTYPE can stand, nor what names another encoding than UTF-8
        raise Refused("no wrapper")
    try:
        root = fromstring(element)  # noqa: S314 - without DOCTYPE there are no entities
    except ParseError:
        raise Refused("not well-formed XML") from None
    if len(root) != 1:
        raise Refused("not one element")
    return root[0]


class _Cutter:
    def __init__(self, body: bytes, wanted: Mapping[str, str]) -> None:
        self._body, self._wanted = body, wanted
        self.found: dict[str, list[bytes]] = {name: [] for name in wanted}
        self._depth = 0
        self._path = [""]
        # where the element being cut begins, and its depth
        self._begin, self._at = -1, 0
        # prefix -> what it is bound to, innermost last
        self._bound: dict[str | None, list[str]] = {}
        self.parser = parser = expat.ParserCreate("UTF-8", " ")
        parser.ordered_attributes = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._bind
        parser.EndNamespaceDeclHandler = self._unbind
        self._look(self._start, self._end)

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
            raise Refused("not UTF-8")

    def _doctype(self, *_: Any) -> None:
        raise Refused("a DOCTYPE")

    def _bind(self, prefix: str | None, uri: str | None) -> None:
        self._bound.setdefault(prefix, []).append(uri or "")

    def _unbind(self, prefix: str | None) -> None:
        self._bound[prefix].pop()

    def _look(self, start: Callable[[str, Any], None], end: Callable[[str], None]) -> None:
        self.parser.StartElementHandler, self.parser.EndElementHandler = start, end

    def _start(self, name: str, _attributes: Any) -> None:
        self._down(name, _attributes)
        local = name.rpartition(" ")[2]
        self._path.append(local)
        if self._wanted.get(local) == self._path[-2]:
            self._begin, self._at = self.parser.CurrentByteIndex, self._depth
            self._look(self._down, self._up)

    def _end(self, _name: str) -> None:
        self._path.pop()
        self._depth -= 1

    def _down(self, _name: str, _attributes: Any) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Refused("nested too deeply")

    def _up(self, name: str) -> None:
        """Leave an element that is being cut, or one inside it, which is most of what there is."""
        if self._depth == self._at:
            self.found[self._path[-1]].append(self._wrapped(self.parser.CurrentByteIndex))
            self._look(self._start, self._end)
            self._end(name)
        else:
            self._depth -= 1

    def _wrapped(self, index: int) -> bytes:
        """Return the element whose end tag is at ``index``; if it is one empty tag, it ends just before."""
        body, begin = self._body, self._begin
        name = _NAME.match(body, begin + 1)
        ends_here = name is not None and body.startswith(b"</" + name[0], index)
        end = body.index(b">", index) + 1 if ends_here else index
        bindings = "".join(
            f' xmlns{":" + prefix if prefix else ""}="{escaped(uris[-1])}"'
            for prefix, uris in sorted(self._bound.items(), key=lambda each: each[0] or "")
            if uris
        )
        return f"{_OPENING}{bindings}>".encode() + body[begin:end] + f"</{WRAPPER}>".encode()
