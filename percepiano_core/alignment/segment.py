"""All performances of one segment against its score, read once; what cannot be used is listed, the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from percepiano_core.alignment.alignment import ALIGNED_NOTE_DTYPE, Alignment, Thresholds
from percepiano_core.alignment.match import align
from percepiano_core.alignment.score_notes import read_score_notes
from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.errors import DataError
from percepiano_core.quality import QualityLine, from_error

STAGE = "alignment"
Aligned = dict[str, tuple[PerformedMidi, Alignment]]


def align_segment(
    score: Path | str, performances: Mapping[str, Path | str], thresholds: Thresholds
) -> tuple[np.ndarray, Aligned, list[QualityLine]]:
    """Score notes (ALIGNED_NOTE_DTYPE), performance -> (what was played, its alignment), and quality lines.

    A performance that cannot be read is left out; under a score that cannot be read every performance stays, with no
    note matched, so that what needs no score still has it.
    """
    notes, lines = _score_notes(score)
    aligned: Aligned = {}
    for name, path in performances.items():
        try:
            performed = read_performance(path)
        except DataError as error:
            lines.append(from_error(STAGE, name, error, "no features: models see it as missing"))
            continue
        aligned[name] = performed, align(notes, performed) if len(notes) else _unmatched(notes, performed)
    return notes, aligned, lines + _misfits(aligned, performances, thresholds)


def _score_notes(score: Path | str) -> tuple[np.ndarray, list[QualityLine]]:
    try:
        return read_score_notes(score), []
    except DataError as error:
        consequence = "no aligned features for its performances"
        return np.empty(0, dtype=ALIGNED_NOTE_DTYPE), [from_error(STAGE, Path(score).stem, error, consequence)]


def _unmatched(notes: np.ndarray, performed: PerformedMidi) -> Alignment:
    return Alignment(notes, np.ones(len(performed.notes), dtype=bool), np.empty((0, 2), dtype=np.int64))


def _misfits(aligned: Aligned, files: Mapping[str, Path | str], thresholds: Thresholds) -> list[QualityLine]:
    """A line for each performance that fits its score badly, or not at all."""
    return [
        _misfit(name, files[name], alignment, thresholds)
        for name, (_, alignment) in aligned.items()
        if len(alignment.score_notes) and alignment.c < thresholds.usable
    ]


def _misfit(name: str, path: Path | str, alignment: Alignment, thresholds: Thresholds) -> QualityLine:
    failed = alignment.c < thresholds.reported
    return QualityLine(
        stage=STAGE,
        subject=name,
        file=str(path),
        problem=f"{len(alignment.matches)} of {len(alignment.score_notes)} score notes matched (c = {alignment.c:.2f})",
        consequence="flagged; no aligned features" if failed else "flagged; its features are used",
        remedy="check that the file plays this segment" if failed else "none needed",
    )
