"""How long a bar is (docs/score_reading.md, "Bars and parts")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from percepiano_core.score.events import ParsedScore, ScoreNote
from percepiano_core.score.metre import ROUNDING_TOLERANCE


@dataclass(slots=True)
class BarExtent:
    """How far one part reaches in a bar; positions in ticks."""

    furthest: float = 0.0  # latest position reached by anything but whole-bar rests
    rest_end: float = 0.0  # where the longest whole-bar rest ends
    notes: list[ScoreNote] = field(default_factory=list)  # and rests but those of a whole bar


@dataclass(frozen=True, slots=True)
class BarLength:
    """Ticks of a bar; what its longest voice fills; whether a printed voice is longer than the bar."""

    ticks: float
    filled: float
    is_cut: bool = False


def bar_length(score: ParsedScore, extents: Sequence[BarExtent], start: float) -> BarLength:
    """Length of the bar that begins at `start`: what its longest voice fills.

    It is the time signature's where only whole-bar rests stand in the bar, where rounding alone misses that, where
    nothing but moves, hidden notes and hidden rests reaches further, and where some voice has that length and no
    note begins after it: then the last note of a longer voice is written too long.
    """
    signature = score.time_signatures[-1] if score.time_signatures else None
    nominal = signature.quarters * score.divisions if signature else 0.0
    filled = max(extent.furthest for extent in extents) - start
    if filled <= 0:
        rested = max(extent.rest_end for extent in extents) - start
        before = start - score.measure_starts[-2] if len(score.measure_starts) > 1 else 0.0
        length = nominal or rested or before
        return BarLength(length, length)
    tolerance = ROUNDING_TOLERANCE * nominal
    if abs(filled - nominal) <= tolerance:
        return BarLength(nominal, filled)
    if filled < nominal or not nominal:
        return BarLength(filled, filled)
    voices = _voices_with_notes(extents)
    longest = max((note.end for voice in voices for note in voice), default=0.0) - start
    printed = [[note for note in voice if note.is_printed] for voice in voices]
    ends = [max(note.end for note in voice) - start for voice in printed]
    if max(ends, default=0.0) <= nominal + tolerance:
        return BarLength(nominal, nominal)
    last_onset = max(note.onset for voice in printed for note in voice) - start
    if last_onset < nominal - tolerance and any(abs(end - nominal) <= tolerance for end in ends):
        return BarLength(nominal, max(ends), is_cut=True)
    return BarLength(longest, longest)


def staves_agree(extents: Sequence[BarExtent], score: ParsedScore) -> bool:
    """Whether each of several staves has a voice that lasts as long as the longest of the bar, but for rounding."""
    ends: dict[tuple[int, int], float] = defaultdict(float)
    for note in (note for extent in extents for note in extent.notes):
        ends[note.part, note.staff] = max(ends[note.part, note.staff], note.end)
    tolerance = ROUNDING_TOLERANCE * score.time_signatures[-1].quarters * score.divisions
    return len(ends) > 1 and max(ends.values()) - min(ends.values()) <= tolerance


def cut_at(notes: Iterable[ScoreNote], end: float) -> bool:
    """End at `end` those notes that sound there; whether there are any that are printed."""
    longer = [note for note in notes if note.onset < end < note.end]
    for note in longer:
        note.duration = end - note.onset
    return any(note.is_printed for note in longer)


def _voices_with_notes(extents: Iterable[BarExtent]) -> list[list[ScoreNote]]:
    """Notes and rests of each voice that has any printed note."""
    voices: dict[int, list[ScoreNote]] = defaultdict(list)
    for extent in extents:
        for note in extent.notes:
            voices[note.voice].append(note)
    return [voice for voice in voices.values() if any(not note.is_rest and note.is_printed for note in voice)]
