"""One pass over the bars of a score: a cursor a part moves through notes, backups and forwards and places every event.

Several parts become one, in ticks of one grid (divisions.py). Bars are the unit in which parts and voices meet: a bar
ends where its longest voice ends, in whatever part, and the next begins there in all (docs/score_reading.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

import numpy as np

from percepiano_core.score.bar_lengths import BarExtent, bar_length, cut_at, staves_agree
from percepiano_core.score.bars import WrittenBar, written_bars
from percepiano_core.score.corrections import Corrections
from percepiano_core.score.divisions import common_divisions
from percepiano_core.score.events import ParsedScore, TimeSignature
from percepiano_core.score.metre import ROUNDING_TOLERANCE
from percepiano_core.score.misstated_lengths import MeantLengths
from percepiano_core.score.opening_states import PartState, opening_signatures, opening_states
from percepiano_core.score.part_reader import PartReader
from percepiano_core.score.time_signatures import inferred_time
from percepiano_core.score.unmeasured import has_small_notes, unmeasured

SHORTEST_BAR = 1e-3  # quarters; a bound against divisions that do not go with the durations


def parse_score(
    root: Element, corrections: Corrections, order: Sequence[int] | None = None, left_out: Collection[int] = ()
) -> ParsedScore:
    """Events of all parts, in the order of the file; ValueError, which names the bar, for what cannot be placed.

    order : the written bars to play, in order (repeats.py); None for each once
    left_out : places in the order that are passed over: their notes are not there and take no time, their signs hold
    """
    parts = root.findall("part")
    bars = written_bars(parts)
    signatures = opening_signatures(bars)
    states = [
        opening_states(part, [bar.measures[index] for bar in bars], corrections) for index, part in enumerate(parts)
    ]
    meant = meant_lengths(bars, states) if corrections.bars_in_step else MeantLengths()
    score = ParsedScore(divisions=common_divisions(parts, meant.quarters.values()))
    readers = [PartReader(score, index, corrections, part, states[index], meant) for index, part in enumerate(parts)]
    is_free = unmeasured(bars)
    played = range(len(bars)) if order is None else order
    passes: Counter[int] = Counter()
    repeats = len(set(played)) < len(played)
    for place, index in enumerate(played):
        passes[index] += 1
        for reader in readers:
            reader.begin_bar(index, passes[index], f"-{passes[index]}" if repeats else "")
        start = readers[0].cursor if readers else 0.0
        if corrections.bars_in_step:
            _restore_signature(score, signatures[index], start)
        if place in left_out:
            _pass_over(readers, bars[index])
        else:
            _read_bar(score, readers, bars[index], len(score.measure_starts) + 1, corrections)
            if index and corrections.bars_in_step and not is_free[index]:
                _tell_if_overfull(score, readers, bars[index], start)
    score.notes = [note for reader in readers for note in reader.notes]
    score.directions = [direction for reader in readers for direction in reader.directions]
    score.end = readers[0].cursor if readers else 0.0
    if not score.time_signatures:
        lengths = np.diff([*score.measure_starts, score.end]) / score.divisions
        score.time_signatures.append(TimeSignature(0, *inferred_time(lengths.tolist())))
    return score


def meant_lengths(bars: Sequence[WrittenBar], states: Sequence[Sequence[PartState]]) -> MeantLengths:
    """What is meant in place of durations, in all bars of all parts (states : by part and bar)."""
    meant = MeantLengths()
    held = opening_signatures([*bars, WrittenBar("", ())])[1:]  # that of the bar itself
    for bar, signature, of_parts in zip(bars, held, zip(*states, strict=True), strict=True):
        quarters = Fraction(4 * signature[0], signature[1]) if signature else Fraction(0)
        for measure, state in zip(bar.measures, of_parts, strict=True):
            if measure is not None:
                meant.add_bar(measure, state.unit, quarters)
    return meant


def _restore_signature(score: ParsedScore, signature: tuple[int, int] | None, position: float) -> None:
    """After a jump the signature of the page holds, not the last one that was passed."""
    latest = score.time_signatures[-1] if score.time_signatures else None
    if signature is not None and (latest is None or (latest.numerator, latest.denominator) != signature):
        score.time_signatures.append(TimeSignature(position, *signature))


def _read_bar(
    score: ParsedScore, readers: list[PartReader], bar: WrittenBar, number: int, corrections: Corrections
) -> None:
    """Read a bar of every part; corrected, all parts begin it and end it together."""
    start = readers[0].cursor
    score.measure_starts.append(start)
    score.measure_is_implicit.append(bar.measures[0] is not None and "implicit" in bar.measures[0].attrib)
    for reader, measure in zip(readers, bar.measures, strict=True):
        if corrections.bars_in_step:
            reader.cursor, reader.extent = start, BarExtent(start, start)
        if measure is not None:
            try:
                reader.read_measure(measure, number)
            except (ValueError, ArithmeticError) as error:
                raise ValueError(f"{_place_of(bar, reader, readers)}: {error}") from None
            for repair in dict.fromkeys(reader.repairs):
                score.repairs.setdefault(repair, _place_of(bar, reader, readers))
            reader.repairs.clear()
    if corrections.bars_in_step:
        length = bar_length(score, [reader.extent for reader in readers], start)
        _refuse_tiny(readers, length.ticks / score.divisions, _place_of(bar, readers[0], readers))
        for reader in readers:
            reader.cursor = start + length.ticks
            if length.is_cut and cut_at(reader.extent.notes, start + length.ticks):
                surplus = (length.filled - length.ticks) / score.divisions
                line = f"a voice is {surplus:g} quarters longer than the others and is cut at the end of the bar"
                score.repairs.setdefault(line, _place_of(bar, reader, readers))


def _refuse_tiny(readers: list[PartReader], quarters: float, place: str) -> None:
    """ValueError for a bar with notes that no metre could have made so short."""
    has_notes = any(not note.is_rest and not note.is_grace for reader in readers for note in reader.extent.notes)
    if has_notes and quarters < SHORTEST_BAR:
        raise ValueError(f"{place}: by its <divisions> it is only {quarters:.2g} quarters long")


def _tell_if_overfull(score: ParsedScore, readers: list[PartReader], bar: WrittenBar, start: float) -> None:
    """Note a bar that is longer than its metre, unless small notes or staves of one length show that it is meant so."""
    metre = score.time_signatures[-1].quarters if score.time_signatures else 0.0
    quarters = (readers[0].cursor - start) / score.divisions
    is_longer = 0 < metre * (1 + ROUNDING_TOLERANCE) < quarters
    if is_longer and not has_small_notes(bar) and not staves_agree([reader.extent for reader in readers], score):
        told = f"bar {bar.number} is {quarters:g} quarters long, its metre says {metre:g}"
        score.overfull.setdefault(bar.number, told)


def _pass_over(readers: list[PartReader], bar: WrittenBar) -> None:
    for reader, measure in zip(readers, bar.measures, strict=True):
        if measure is not None:
            reader.read_signs(measure)


def _place_of(bar: WrittenBar, reader: PartReader, readers: list[PartReader]) -> str:
    return f"bar {bar.number}" + (f" of part {reader.index + 1}" if len(readers) > 1 else "")
