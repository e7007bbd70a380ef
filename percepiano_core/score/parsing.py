"""One pass over the bars of a score: a cursor a part moves through notes, backups and forwards and places every event.

Several parts become one, in ticks of one grid (divisions.py). Bars are the unit in which parts and voices meet: a bar
ends where its longest voice ends, in whatever part, and the next begins there in all (docs/score_reading.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from xml.etree.ElementTree import Element

import numpy as np

from percepiano_core.score.bar_lengths import BarExtent, bar_length, cut_at
from percepiano_core.score.bars import WrittenBar, written_bars
from percepiano_core.score.corrections import Corrections
from percepiano_core.score.divisions import common_divisions
from percepiano_core.score.events import ParsedScore, TimeSignature
from percepiano_core.score.opening_states import opening_signatures, opening_states
from percepiano_core.score.part_reader import PartReader
from percepiano_core.score.time_signatures import inferred_time


def parse_score(
    root: Element, corrections: Corrections, order: Sequence[int] | None = None, left_out: Collection[int] = ()
) -> ParsedScore:
    """Events of all parts, in the order of the file; ValueError, which names the bar, for what cannot be placed.

    order : the written bars to play, in order (repeats.py); None for each once
    left_out : places in the order that are passed over: their notes are not there and take no time, their signs hold
    """
    parts = root.findall("part")
    bars = written_bars(parts)
    score = ParsedScore(divisions=common_divisions(parts))
    readers = [
        PartReader(
            score, index, corrections, part, opening_states(part, [bar.measures[index] for bar in bars], corrections)
        )
        for index, part in enumerate(parts)
    ]
    signatures = opening_signatures(bars)
    played = range(len(bars)) if order is None else order
    passes: Counter[int] = Counter()
    repeats = len(set(played)) < len(played)
    for place, index in enumerate(played):
        passes[index] += 1
        for reader in readers:
            reader.begin_bar(index, passes[index], f"-{passes[index]}" if repeats else "")
        if corrections.bars_in_step:
            _restore_signature(score, signatures[index], readers[0].cursor)
        if place in left_out:
            _pass_over(readers, bars[index])
        else:
            _read_bar(score, readers, bars[index], len(score.measure_starts) + 1, corrections)
    score.notes = [note for reader in readers for note in reader.notes]
    score.directions = [direction for reader in readers for direction in reader.directions]
    score.end = readers[0].cursor if readers else 0.0
    if not score.time_signatures:
        lengths = np.diff([*score.measure_starts, score.end]) / score.divisions
        score.time_signatures.append(TimeSignature(0, *inferred_time(lengths.tolist())))
    return score


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
        for reader in readers:
            reader.cursor = start + length.ticks
            if length.is_cut and cut_at(reader.extent.notes, start + length.ticks):
                surplus = (length.filled - length.ticks) / score.divisions
                line = f"a voice is {surplus:g} quarters longer than the others and is cut at the end of the bar"
                score.repairs.setdefault(line, _place_of(bar, reader, readers))


def _pass_over(readers: list[PartReader], bar: WrittenBar) -> None:
    for reader, measure in zip(readers, bar.measures, strict=True):
        if measure is not None:
            reader.read_signs(measure)


def _place_of(bar: WrittenBar, reader: PartReader, readers: list[PartReader]) -> str:
    return f"bar {bar.number}" + (f" of part {reader.index + 1}" if len(readers) > 1 else "")
