"""Elements by path, as documents that repeat an element on the way have them."""

from xml.etree.ElementTree import Element, SubElement

from rollcall.connectors.workday.envelope import NAMESPACE
from rollcall.connectors.workday.tree import every, first


def grown(parent: Element, name: str, *inside: str) -> Element:
    made = SubElement(parent, f"{{{NAMESPACE}}}{name}")
    for each in inside:
        grown(made, each)
    return made


def test_the_first_at_a_path_may_stand_in_the_second_of_its_parents() -> None:
    root = Element("root")
    grown(root, "Worker_Job_Data", "Other")
    second = grown(root, "Worker_Job_Data", "Position_Data", "Position_Data")
    assert first(root, "Worker_Job_Data/Position_Data") is second[0]
    assert every(root, "Worker_Job_Data/Position_Data") == [second[0], second[1]]


def test_what_is_nowhere_is_none_and_nothing_is_found_in_nothing() -> None:
    root = Element("root")
    grown(root, "Worker_Job_Data")
    assert first(root, "Worker_Job_Data/Position_Data") is None
    assert first(root, "Position_Data") is None
    assert first(None, "Worker_Job_Data/Position_Data") is None
