"""The order in which the released code plays bars (docs/score_reading.md, "Repeats"): first endings, da capo, fine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element


@dataclass(frozen=True, slots=True)
class _Jumps:
    """What one bar says about where to go on."""

    repeat: str  # "forward", "backward" or ""
    opens_first_ending: bool
    closes_first_ending: bool
    discontinues_first_ending: bool  # closed later, by the stop of a printed bracket
    stops_bracket: bool
    has_dacapo: bool
    has_fine: bool


def released_order(measures: Sequence[Element]) -> list[int]:
    """Indices of a part's bars in playing order; a repeat is taken once, a first ending left out the second time."""
    jumps = [_jumps(measure) for measure in measures]
    played: list[int] = []
    repeat_starts: list[int] = []
    taken_repeats: set[int] = set()
    first_endings: list[int] = []
    ending_stops: list[int] = []
    is_ending_open = went_back = False
    index = 0
    while index < len(measures):
        here = jumps[index]
        if here.opens_first_ending and index in first_endings:
            index = ending_stops[first_endings.index(index)] + 1
            continue
        if here.opens_first_ending:
            first_endings.append(index)
        played.append(index)
        is_ending_open = is_ending_open or here.discontinues_first_ending
        if here.closes_first_ending or (is_ending_open and here.stops_bracket):
            ending_stops.append(index)
            is_ending_open = is_ending_open and not here.stops_bracket
        if here.repeat == "forward":
            repeat_starts.append(index)
            index += 1
        elif here.repeat == "backward" and index not in taken_repeats:
            taken_repeats.add(index)
            if len(first_endings) != len(ending_stops):
                ending_stops.append(index)
            index = repeat_starts.pop() if repeat_starts else 0
        elif here.has_dacapo and not went_back:
            index, went_back = 0, True
        elif here.has_fine and went_back:
            break
        else:
            index += 1
    return played


def _jumps(measure: Element) -> _Jumps:
    repeats = [repeat.get("direction", "") for repeat in measure.iterfind("barline/repeat")]
    endings = {ending.get("type") for ending in measure.iterfind("barline/ending") if ending.get("number") == "1"}
    sounds = [sound for sound in measure.iterfind("direction/sound") if sound.get("tempo") is None]
    return _Jumps(
        repeat=repeats[-1] if repeats else "",
        opens_first_ending="start" in endings,
        closes_first_ending="stop" in endings,
        discontinues_first_ending="discontinue" in endings,
        stops_bracket=any(b.get("type") == "stop" for b in measure.iterfind("direction/direction-type/bracket")),
        has_dacapo=any(sound.get("dacapo") is not None for sound in sounds),
        has_fine=any(sound.get("fine") is not None and sound.get("dacapo") is None for sound in sounds),
    )
