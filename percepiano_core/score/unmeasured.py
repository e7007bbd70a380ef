"""Bars that the metre does not judge, by what the file says of them (docs/score_reading.md, "Bars and parts")."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from percepiano_core.score.bars import WrittenBar


def unmeasured(bars: Sequence[WrittenBar]) -> list[bool]:
    """Whether the metre cannot judge a bar: unmeasured music, and bars that are no full ones by what the file says."""
    is_free = False
    found = []
    for bar in bars:
        measures = [measure for measure in bar.measures if measure is not None]
        for time in (time for measure in measures for time in measure.iterfind("attributes/time")):
            is_free = time.find("senza-misura") is not None
        found.append(is_free or any(map(_is_irregular, measures)))
    return found


def _is_irregular(measure: Element) -> bool:
    says = (measure.get("implicit"), measure.get("non-controlling"))
    return "yes" in says or (measure.get("number") or "").upper().startswith("X")


def has_small_notes(bar: WrittenBar) -> bool:
    """Whether a bar has notes in small print, as written-out cadenzas do."""
    measures = [measure for measure in bar.measures if measure is not None]
    cues = any(measure.find("note/cue") is not None for measure in measures)
    return cues or any(kind.get("size") == "cue" for measure in measures for kind in measure.iterfind("note/type"))
