"""Align a performance with its score, whichever bars it plays, in whichever order.

First the performance is followed through the written score (score_path.py); that gives the order of bars and what was
skipped, doubled or added (playing_order.py). Then the notes are matched stretch by stretch (match.py). See
docs/alignment.md, "Method".
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from percepiano_core.alignment.alignment import Alignment, Thresholds
from percepiano_core.alignment.detours import without_detours
from percepiano_core.alignment.excursions import excursions_of, repeats_taken
from percepiano_core.alignment.match import WINDOWED_NOTES, align, match_stretches, without_doubles
from percepiano_core.alignment.ornaments import ornament_notes
from percepiano_core.alignment.playing_order import playing_order, score_grid
from percepiano_core.alignment.score_path import MIDI_PITCHES, Grid, Path, Report, cheapest, follow
from percepiano_core.alignment.way import way_through
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.score.repeats import has_repeats
from percepiano_core.score.written_score import WrittenScore

PLAIN_QUALITY = 0.95  # a score as written that fits this well is not searched for other orders,
PLAIN_RUN = 12  # unless so many notes in a row have no partner
FARTHEST_TRANSPOSITION = 24  # semitones
TRANSPOSED_SAMPLE = 240  # performed notes by which transpositions are compared
SAME_SHARE = 0.98  # of the matches of a found order, which the plain alignment must have to be preferred
FEWEST_NOTES = 12  # performed notes that can show a transposition
POOR_SHARE = 0.6  # of performed notes on the path; below it, other transpositions are tried
EXTRA_SHARE = 0.2  # by which a transposition must be better


def align_performance(
    score: WrittenScore, performed: PerformedMidi, thresholds: Thresholds | None = None, report: Report | None = None
) -> Alignment:
    """Align a performance with its score: repeats as they were played, passages skipped or doubled, transposed or not.

    Parameters
    ----------
    score : the score as written; at least one note is not a grace note
    thresholds : of the verdict
    report : called with the share of the work done, in [0, 1], now and then
    """
    thresholds = thresholds or Thresholds()
    written = score.struck_notes()
    marks = [bar.marks for bar in score.bars]
    grid = score_grid(written, marks)
    plain = _plain(written, performed) if not has_repeats(marks) else None
    if plain is not None and _fits(plain):
        found = replace(plain, order=tuple(range(len(score.bars))))
    else:
        found = _followed(score, written, grid, performed, plain, report)
    return replace(_with_ornaments(_without_unplayed_options(found), performed), thresholds=thresholds)


def _plain(written: np.ndarray, performed: PerformedMidi) -> Alignment | None:
    """The alignment with the score as written, if that is short enough to be matched at once."""
    return align(written, performed) if len(performed.notes) <= WINDOWED_NOTES else None


def _without_unplayed_options(found: Alignment) -> Alignment:
    """The alignment without the optional score notes (cue-size, hidden) that were not played."""
    kept = ~found.score_notes["is_optional"]
    kept[found.matches[:, 0]] = True
    if kept.all():
        return found
    new_row = np.concatenate([[0], np.cumsum(kept)])
    matches = np.stack([new_row[found.matches[:, 0]], found.matches[:, 1]], axis=1)
    excursions = [
        replace(each, score_rows=(int(new_row[each.score_rows[0]]), int(new_row[each.score_rows[1]])))
        for each in found.excursions
    ]
    return replace(found, score_notes=found.score_notes[kept], matches=matches, excursions=tuple(excursions))


def _with_ornaments(found: Alignment, performed: PerformedMidi) -> Alignment:
    """The alignment with the notes of trills and the like, of those that were kept and lie in no added passage."""
    free = found.insertions[(found.performed_kept & ~found.outside)[found.insertions]]
    sounding = sounding_at(performed, -found.transposition)
    return replace(found, ornament_notes=ornament_notes(found.score_notes, sounding, found.matches, free))


def _fits(alignment: Alignment) -> bool:
    """Whether nearly everything has a partner, and no passage lacks one."""
    kept = np.flatnonzero(alignment.performed_kept)
    runs = (
        _longest_run(alignment.insertions, kept),
        _longest_run(alignment.deletions, np.arange(len(alignment.score_notes))),
    )
    return alignment.c >= PLAIN_QUALITY and max(runs) < PLAIN_RUN


def _longest_run(unmatched: np.ndarray, rows: np.ndarray) -> int:
    """Length of the longest run of `rows` that are all unmatched."""
    free = np.isin(rows, unmatched)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _followed(
    score: WrittenScore,
    written: np.ndarray,
    grid: Grid,
    performed: PerformedMidi,
    plain: Alignment | None,
    report: Report | None,
) -> Alignment:
    kept = without_doubles(performed)
    rows = np.flatnonzero(kept)
    pitches = performed.notes["pitch"][rows].astype(np.int64)
    transposition, path = _transposed_path(grid, pitches, report)
    if not path.played.any():
        nothing = Alignment(written, kept, np.empty((0, 2), dtype=np.int64))
        return replace(plain or nothing, order=tuple(range(len(score.bars))))
    path = without_detours(grid, path, pitches - transposition)
    marks = [bar.marks for bar in score.bars]
    order = playing_order(grid, path, pitches, marks)
    way = way_through(score, written, grid, path, order, pitches - transposition, rows)
    matches = match_stretches(way.score_notes, sounding_at(performed, -transposition), way.runs)
    excursions = excursions_of([bar.number for bar in score.bars], way, order, performed.notes["onset_sec"], rows)
    found = Alignment(
        way.score_notes,
        kept,
        matches,
        order=order.bars,
        excursions=excursions,
        repeats=repeats_taken([bar.number for bar in score.bars], marks, order.bars),
        transposition=transposition,
    )
    return _better(plain, found, tuple(range(len(score.bars))))


def _better(plain: Alignment | None, found: Alignment, written_order: tuple[int, ...]) -> Alignment:
    """What was found, unless the score was played as written and the alignment with all of it says more.

    It says more where nothing was found, where nothing was skipped and it has more matches (what seemed extra notes are
    notes of the score), and where no excursion is left and it has hardly fewer.
    """
    if plain is None or found.order != written_order or found.transposition:
        return found
    whole = replace(plain, order=written_order)
    if found.status == "failed":
        return whole
    kinds = {each.kind for each in found.excursions}
    if "skipped" not in kinds and len(plain.matches) > len(found.matches):
        return whole
    return whole if not kinds and len(plain.matches) >= SAME_SHARE * len(found.matches) else found


def _transposed_path(grid: Grid, pitches: np.ndarray, report: Report | None) -> tuple[int, Path]:
    """The path, and the semitones by which the performance sounds above the score."""
    path = follow(grid, pitches, report)
    if path.played.mean() >= POOR_SHARE or len(pitches) < FEWEST_NOTES:
        return 0, path
    start = max(0, (len(pitches) - TRANSPOSED_SAMPLE) // 2)
    sample = pitches[start : start + TRANSPOSED_SAMPLE]
    shifts = [s for s in range(-FARTHEST_TRANSPOSITION, FARTHEST_TRANSPOSITION + 1) if _in_range(sample - s)]
    best = min(shifts, key=lambda shift: (cheapest(grid, sample - shift), abs(shift)))
    if best == 0 or not _in_range(pitches - best):
        return 0, path
    other = follow(grid, pitches - best, report)
    return (best, other) if other.played.mean() >= path.played.mean() + EXTRA_SHARE else (0, path)


def _in_range(pitches: np.ndarray) -> bool:
    return bool((pitches >= 0).all() and (pitches < MIDI_PITCHES).all())


def sounding_at(performed: PerformedMidi, semitones: int) -> PerformedMidi:
    """The performance, sounding so many semitones higher."""
    if not semitones:
        return performed
    notes = performed.notes.copy()
    notes["pitch"] += semitones
    return replace(performed, notes=notes)
