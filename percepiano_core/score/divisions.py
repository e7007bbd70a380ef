"""The time grid of a score: ticks a quarter in which every length of every part is a whole number.

MusicXML counts lengths in `<divisions>` of a quarter, which may differ from part to part and change inside a bar, and
both may be decimals. Where a part has no divisions at all, they are found from the notes' written values.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from xml.etree.ElementTree import Element

from percepiano_core.score.numbers import decimal, number_in, unrounded
from percepiano_core.score.time_signatures import read_time

TYPE_QUARTERS = {
    **{"maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8), "whole": Fraction(4), "half": Fraction(2)},
    **{"quarter": Fraction(1), "eighth": Fraction(1, 2), "16th": Fraction(1, 4), "32nd": Fraction(1, 8)},
    **{f"{n}th": Fraction(4, n) for n in (64, 128, 256, 512)},
    "1024th": Fraction(4, 1024),
}
LARGEST_GRID = 10**9  # ticks a quarter; finer ones than any score needs are not counted out exactly
UNKNOWN = "the unit of its durations is unknown (no <divisions>, nor a <type> of notes or a <time> to find it by)"


def face_quarters(note: Element) -> Fraction | None:
    """Length of a note by its value and dots, as if in no tuplet; None where it has no known `<type>`."""
    base = TYPE_QUARTERS.get((note.findtext("type") or "").strip())
    return base and base * (2 - Fraction(1, 2 ** min(len(note.findall("dot")), 4)))


def written_quarters(note: Element) -> Fraction | None:
    """Length of a note by its value, dots and tuplet; None where it has no known `<type>`."""
    length = face_quarters(note)
    if length is None:
        return None
    actual, normal = (decimal(note.findtext(f"time-modification/{name}-notes")) for name in ("actual", "normal"))
    return length * normal / actual if actual and normal and actual > 0 and normal > 0 else length


def common_divisions(parts: list[Element], lengths: Iterable[Fraction] = ()) -> int:
    """Ticks a quarter that hold all lengths of all parts; ValueError for divisions that are not positive.

    lengths : further ones, in quarters
    """
    denominators = {1, *(length.denominator for length in lengths)}
    for part in parts:
        for divisions, texts in _stretches(part):
            denominators.add(divisions.numerator)
            decimals = {text for text in texts if not text.strip().isdecimal() and decimal(text) is not None}
            denominators |= {unrounded(text, 1 / divisions).denominator for text in decimals}
    grid = math.lcm(*denominators)
    return grid if grid <= LARGEST_GRID else max(denominators)


def _stretches(part: Element) -> Iterator[tuple[Fraction, list[str]]]:
    """Each value of divisions of a part, and the durations (texts) that count in it."""
    divisions = opening_divisions(part)
    texts: list[str] = []
    for element in part.iterfind("measure/*"):
        if element.tag == "attributes" and element.find("divisions") is not None:
            yield divisions, texts
            divisions, texts = divisions_in(element), []
        else:
            texts.append(element.findtext("duration") or "0")
    yield divisions, texts


def divisions_in(attributes: Element) -> Fraction:
    """The divisions that an `<attributes>` sets; ValueError unless they are positive."""
    divisions = number_in(attributes, "divisions")
    if divisions <= 0:
        raise ValueError(f"<divisions> of {float(divisions):g} are not positive")
    return divisions


def opening_divisions(part: Element) -> Fraction:
    """Divisions that hold from the first bar: those it sets before any duration, else what the notes' values imply."""
    lengths: Counter[Fraction] = Counter()
    has_durations = False
    for element in part.iterfind("measure/*"):
        if element.tag == "attributes" and element.find("divisions") is not None:
            if not has_durations:
                return divisions_in(element)
            break
        duration = decimal(element.findtext("duration"))
        has_durations = has_durations or duration is not None
        written = written_quarters(element) if element.tag == "note" else None
        if duration and duration > 0 and written:
            lengths[duration / written] += 1
    if not has_durations:
        return Fraction(1)
    return lengths.most_common(1)[0][0] if lengths else _divisions_of_full_bars(part)


def _divisions_of_full_bars(part: Element) -> Fraction:
    """Divisions in which the commonest bar is as long as its time signature says."""
    time = part.find("measure/attributes/time")
    signature = read_time(time) if time is not None else None
    lengths = Counter(_first_voice_length(measure) for measure in part.iterfind("measure"))
    del lengths[Fraction(0)]
    if signature is None or not lengths:
        raise ValueError(UNKNOWN)
    return lengths.most_common(1)[0][0] / Fraction(4 * signature[0], signature[1])


def _first_voice_length(measure: Element) -> Fraction:
    """Durations of a bar up to the first backup, chord notes left out."""
    total = Fraction(0)
    for element in measure:
        if element.tag == "backup":
            break
        if element.tag in ("note", "forward") and element.find("chord") is None:
            total += decimal(element.findtext("duration")) or 0
    return total
