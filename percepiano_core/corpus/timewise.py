"""Time-wise MusicXML (bars that hold parts) as part-wise (parts that hold bars); both say the same."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement


def as_partwise(timewise: Element) -> Element:
    """`score-partwise` with the content of a `score-timewise`; parts in the order in which they first occur."""
    partwise = Element("score-partwise", timewise.attrib)
    partwise.extend(child for child in timewise if child.tag != "measure")
    measures = timewise.findall("measure")
    for name in dict.fromkeys(part.get("id", "") for measure in measures for part in measure.iterfind("part")):
        part = SubElement(partwise, "part", {"id": name})
        for measure in measures:
            bar = SubElement(part, "measure", measure.attrib)
            bar.extend(child for own in measure.iterfind("part") if own.get("id", "") == name for child in own)
    return partwise
