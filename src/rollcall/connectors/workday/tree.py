"""Elements of Workday's namespace by path.

Step by step: ElementTree's own paths are worked out in Python for every search, at several times the price.
"""

from functools import cache
from typing import Final
from xml.etree.ElementTree import Element

from rollcall.connectors.workday.envelope import NAMESPACE

TYPE: Final = f"{{{NAMESPACE}}}type"
DESCRIPTOR: Final = f"{{{NAMESPACE}}}Descriptor"
PRIMARY: Final = f"{{{NAMESPACE}}}Primary"
PRIMARY_JOB: Final = f"{{{NAMESPACE}}}Primary_Job"

_ID: Final = f"{{{NAMESPACE}}}ID"


@cache
def _steps(path: str) -> tuple[str, ...]:
    """Return the names of a path; only those that stand in the code come here."""
    return tuple(f"{{{NAMESPACE}}}{name}" for name in path.split("/"))


def every(element: Element, path: str) -> list[Element]:
    """Return all elements at ``path``, such as ``Usage_Data/Type_Data``, in the order of the document."""
    found = [element]
    for name in _steps(path):
        found = [child for each in found for child in each.findall(name)]
    return found


def first(element: Element | None, path: str) -> Element | None:
    """Return the first element at ``path``; None where there is none, or nothing to look in."""
    found = element
    for name in _steps(path):
        if found is None:
            break
        found = found.find(name)
    if found is None and element is not None and "/" in path:
        # the first on the way has no such child, another may have
        return next(iter(every(element, path)), None)
    return found


def text(element: Element, path: str) -> str | None:
    """Return the text of the first element at ``path``, "" for an empty one; None where there is none."""
    found = first(element, path)
    return None if found is None else found.text or ""


def reference(element: Element | None) -> dict[str, str]:
    """Return the ids of a reference by type; their order means nothing."""
    if element is None:
        return {}
    return {each.get(TYPE, ""): (each.text or "").strip() for each in element.findall(_ID)}
