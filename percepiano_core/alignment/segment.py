"""All performances of one segment against its score, read once; what cannot be used is listed, the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from percepiano_core.alignment.alignment import Alignment, Thresholds
from percepiano_core.alignment.match import align
from percepiano_core.alignment.score_notes import read_score_notes
from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.errors import DataError
from percepiano_core.quality import QualityLine, from_error
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE

STAGE = "alignment"
Aligned = dict[str, tuple[PerformedMidi, Alignment]]


def align_segment(
    score: Path, performances: Mapping[str, Path], thresholds: Thresholds, root: Path
) -> tuple[np.ndarray, Aligned, list[QualityLine]]:
    """Score notes (ALIGNED_NOTE_DTYPE), performance -> (what was played, its alignment), and quality lines.

    A performance that cannot be read is left out; under a score that cannot be read every performance stays, with no
    note matched, so that what needs no score still has it. `root` is the corpus's: lines name files below it.
    """
    notes, lines = _score_notes(score, root)
    aligned: Aligned = {}
    for name, path in performances.items():
        try:
            performed = read_performance(path)
        except DataError as error:
            lines.append(from_error(STAGE, name, error, "no features: models see it as missing", root))
            continue
        aligned[name] = performed, _aligned(notes, performed, thresholds)
    return notes, aligned, lines + _misfits(aligned, performances, root)


def _score_notes(score: Path, root: Path) -> tuple[np.ndarray, list[QualityLine]]:
    try:
        return read_score_notes(score), []
    except DataError as error:
        consequence = "no aligned features for its performances"
        return np.empty(0, dtype=ALIGNED_NOTE_DTYPE), [from_error(STAGE, score.stem, error, consequence, root)]


def _aligned(notes: np.ndarray, performed: PerformedMidi, thresholds: Thresholds) -> Alignment:
    if len(notes):
        return replace(align(notes, performed), thresholds=thresholds)
    return Alignment(notes, np.ones(len(performed.notes), dtype=bool), np.empty((0, 2), dtype=np.int64), thresholds)


def _misfits(aligned: Aligned, files: Mapping[str, Path], root: Path) -> list[QualityLine]:
    """A line for each performance that fits its score badly, or not at all."""
    return [
        _misfit(name, files[name].relative_to(root).as_posix(), alignment)
        for name, (_, alignment) in aligned.items()
        if len(alignment.score_notes) and alignment.status in ("reported", "failed")
    ]


def _misfit(name: str, file: str, alignment: Alignment) -> QualityLine:
    failed = alignment.status == "failed"
    return QualityLine(
        stage=STAGE,
        subject=name,
        file=file,
        problem=f"{len(alignment.matches)} of {len(alignment.score_notes)} score notes matched (c = {alignment.c:.2f})",
        consequence="flagged; no aligned features" if failed else "flagged; its features are used",
        remedy="check that the file plays this segment" if failed else "none needed",
    )
