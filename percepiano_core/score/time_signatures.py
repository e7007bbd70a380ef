"""Time signatures: as written, additive ones added up, and inferred where the score has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from xml.etree.ElementTree import Element

from percepiano_core.score.numbers import decimal
from percepiano_core.wording import shown

TIME_SYMBOLS = {"cut": (2, 2), "common": (4, 4)}
LONGEST_BAR_BEATS = 400  # bounds against broken files, far above any written bar
SHORTEST_BEAT = 256
COMMON_TIME = (4, 4)


def read_time(time: Element, symbol_decides: bool = False) -> tuple[int, int] | None:
    """Beats of a bar and what divides a whole note into one; None for unmeasured music (`<senza-misura>`).

    symbol_decides : the sign for alla breve or common time counts before the numbers, as in the released code

    "3+2" eighths are five, 3/8 + 1/4 are five eighths; of an interchangeable signature the first counts. ValueError for
    what is no time signature.
    """
    symbol = TIME_SYMBOLS.get(time.get("symbol", ""))
    if symbol and symbol_decides:
        return symbol
    beats, types = ([child.text or "" for child in time.findall(tag)] for tag in ("beats", "beat-type"))
    if not beats and not types:
        return None if time.find("senza-misura") is not None else symbol
    if len(beats) != len(types):
        raise ValueError("a time signature has <beats> and <beat-type> that do not pair")
    return _sum([(_beats(above), _beat_type(below)) for above, below in zip(beats, types, strict=True)])


def inferred_time(bar_quarters: Sequence[float]) -> tuple[int, int]:
    """A signature for bars of given lengths in quarters, by the commonest: quarters, else eighths."""
    lengths = Counter(round(length, 3) for length in bar_quarters if length > 0)
    if not lengths:
        return COMMON_TIME
    commonest = lengths.most_common(1)[0][0]
    for beat_type in (4, 8, 16, 32):
        beats = commonest * beat_type / 4
        if abs(beats - round(beats)) < 1e-2 and 0 < round(beats) <= LONGEST_BAR_BEATS:
            return round(beats), beat_type
    return COMMON_TIME


def _sum(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    unit = lcm(*(below for _, below in pairs))
    return sum(above * unit // below for above, below in pairs), unit


def _beats(text: str) -> int:
    """Beats such as "4" or "3+2"."""
    parts = [decimal(part) for part in text.split("+")]
    beats = sum((part for part in parts if part is not None), Fraction(0))
    if None in parts or beats.denominator != 1 or not 0 < beats <= LONGEST_BAR_BEATS:
        raise ValueError(f"a time signature has {shown(text)!r} in its <beats>")
    return int(beats)


def _beat_type(text: str) -> int:
    value = decimal(text)
    if value is None or value.denominator != 1 or not 0 < value <= SHORTEST_BEAT:
        raise ValueError(f"a time signature has {shown(text)!r} in its <beat-type>")
    return int(value)
