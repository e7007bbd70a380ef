"""A MusicXML document with its repeats written out: each bar as often as it is played, in the order of playing."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from xml.etree.ElementTree import Element

from percepiano_core.score.bars import written_bars

# what holds until it changes, in the order in which the schema wants it; a clef and a transposition hold for a staff
HELD = ("divisions", "key", "time", "staves", "clef", "transpose")
SIGNS = {"direction-type": ("segno", "coda"), "barline": ("repeat", "ending", "segno", "coda")}
JUMPS = ("dacapo", "dalsegno", "tocoda", "fine", "segno", "coda", "forward-repeat")


def unfolded_document(root: Element, order: Sequence[int]) -> Element:
    """A `score-partwise` with its bars (indices) in an order, without repeat signs, numbered from 1."""
    parts = root.findall("part")
    bars = written_bars(parts)
    unfolded = Element(root.tag, root.attrib)
    unfolded.extend(child for child in root if child.tag != "part")
    for index, part in enumerate(parts):
        measures = [bar.measures[index] for bar in bars]
        copy = Element("part", part.attrib)
        copy.extend(_in_order(measures, order))
        unfolded.append(copy)
    return unfolded


def _in_order(measures: Sequence[Element | None], order: Sequence[int]) -> list[Element]:
    held = _held_at(measures)
    played = []
    for place, index in enumerate(order):
        written = measures[index]
        measure = Element("measure") if written is None else deepcopy(written)
        measure.set("number", str(place + 1))
        _drop_signs(measure)
        if place and index != order[place - 1] + 1 and len(held[index]):
            measure.insert(0, deepcopy(held[index]))
        played.append(measure)
    return played


def _held_at(measures: Sequence[Element | None]) -> list[Element]:
    """`<attributes>` with all that holds at the beginning of each bar."""
    latest: dict[tuple[str, str], Element] = {}
    held = []
    for measure in measures:
        attributes = Element("attributes")
        attributes.extend(latest[key] for key in sorted(latest, key=lambda key: (HELD.index(key[0]), key[1])))
        held.append(attributes)
        for child in measure.iterfind("attributes/*") if measure is not None else ():
            if child.tag in HELD:
                latest[child.tag, child.get("number", "")] = child
    return held


def _drop_signs(measure: Element) -> None:
    for parent in list(measure.iter()):
        for child in [child for child in parent if child.tag in SIGNS.get(parent.tag, ())]:
            parent.remove(child)
        if parent.tag == "sound":
            for jump in JUMPS:
                parent.attrib.pop(jump, None)
    for direction in measure.findall("direction"):
        for kind in direction.findall("direction-type"):
            if not len(kind):
                direction.remove(kind)
        if direction.find("direction-type") is None:
            measure.remove(direction)
