"""A MusicXML file as the events of its score, padding cut and tremolos played out: what every reader begins with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from percepiano_core.errors import DataError
from percepiano_core.score.bars import written_bars
from percepiano_core.score.corrections import Corrections
from percepiano_core.score.events import ParsedScore
from percepiano_core.score.parsing import parse_score
from percepiano_core.score.pickups import cut_padded_pickup
from percepiano_core.score.released_order import released_order
from percepiano_core.score.repeat_signs import RepeatMarks, repeat_marks
from percepiano_core.score.repeats import full_order
from percepiano_core.score.tremolos import expand_tremolos

REMEDY = "correct it in a notation program and save it again"


def read_events(
    path: Path | str,
    root: Element,
    corrections: Corrections,
    order: Sequence[int] | None = None,
    left_out: Collection[int] = (),
) -> ParsedScore:
    """Events of a score (root element from `read_musicxml`) with its bars played in an order.

    order : indices of written bars; () for each bar once; None for all repeats, as a pianist takes them, or as the
        released code does where nothing is corrected
    left_out : places in the order that are passed over

    Raises
    ------
    DataError
        the notes cannot be placed; the line names the bar
    """
    try:
        chosen = default_order(root, corrections) if order is None else order
        score = parse_score(root, corrections, chosen or None, left_out)
        if corrections.cut_padded_pickups:
            cut_padded_pickup(score)
        if corrections.expand_tremolos:
            score.notes = expand_tremolos(score.notes, score.divisions)
    except (ValueError, ArithmeticError) as error:
        raise DataError(path, f"its notes cannot be placed ({error})", REMEDY) from None
    return score


def default_order(root: Element, corrections: Corrections) -> list[int]:
    """Bars with all repeats played."""
    if corrections.all_repeat_signs:
        return full_order(marks_of(root))
    first = root.find("part")
    return released_order(first.findall("measure") if first is not None else [])


def marks_of(root: Element) -> list[RepeatMarks]:
    """Repeat signs of each written bar."""
    bars = written_bars(root.findall("part"))
    return repeat_marks([[measure for measure in bar.measures if measure is not None] for bar in bars])
