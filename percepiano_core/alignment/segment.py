"""All performances of one segment against its score, read once; what cannot be used is listed, the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from percepiano_core.alignment.account import departures, reason_of_failure, shares
from percepiano_core.alignment.alignment import Alignment, Thresholds
from percepiano_core.alignment.performance import align_performance
from percepiano_core.corpus.midi import PerformedMidi, read_performance, repair_line
from percepiano_core.errors import DataError
from percepiano_core.job import concerning
from percepiano_core.quality import QualityLine, from_error
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE
from percepiano_core.score.written_score import WrittenScore, read_written_score

STAGE = "alignment"
Aligned = dict[str, tuple[PerformedMidi, Alignment]]


def align_segment(
    score: Path, performances: Mapping[str, Path], thresholds: Thresholds, root: Path
) -> tuple[np.ndarray, Aligned, list[QualityLine]]:
    """Score notes as written (ALIGNED_NOTE_DTYPE), performance -> (what was played, its alignment), and quality lines.

    A performance that cannot be read is left out; under a score that cannot be read every performance stays, with no
    note matched, so that what needs no score still has it. `root` is the corpus's: lines name files below it.
    """
    written, lines = _written(score, root)
    notes = np.empty(0, dtype=ALIGNED_NOTE_DTYPE) if written is None else written.struck_notes()
    aligned: Aligned = {}
    for name, path in performances.items():
        try:
            with concerning(path):
                performed = read_performance(path)
                aligned[name] = performed, _aligned(written, notes, performed, thresholds)
        except DataError as error:
            lines.append(from_error(STAGE, name, error, "no features: models see it as missing", root))
            continue
        repaired = repair_line(STAGE, name, path.relative_to(root).as_posix(), performed)
        lines += [repaired] if repaired is not None else []
    return notes, aligned, lines + _misfits(aligned, performances, root)


def _written(score: Path, root: Path) -> tuple[WrittenScore | None, list[QualityLine]]:
    try:
        with concerning(score):
            written = read_written_score(score)
    except DataError as error:
        return None, [from_error(STAGE, score.stem, error, "no aligned features for its performances", root)]
    file = score.relative_to(root).as_posix() if score.is_relative_to(root) else str(score)
    return written, [_line(score.stem, file, repair, "read so, and used", "none needed") for repair in written.repairs]


def _aligned(
    written: WrittenScore | None, notes: np.ndarray, performed: PerformedMidi, thresholds: Thresholds
) -> Alignment:
    if written is not None:
        return align_performance(written, performed, thresholds)
    return Alignment(notes, np.ones(len(performed.notes), dtype=bool), np.empty((0, 2), dtype=np.int64), thresholds)


def _misfits(aligned: Aligned, files: Mapping[str, Path], root: Path) -> list[QualityLine]:
    """A line for each performance that fits its score badly or not at all, or departs from it."""
    lines = []
    for name, (_, alignment) in aligned.items():
        file = files[name].relative_to(root).as_posix()
        if len(alignment.score_notes) and alignment.status in ("reported", "failed"):
            lines.append(_misfit(name, file, alignment))
        if alignment.status != "failed" and (told := departures(alignment)):
            consequence = f"aligned as it was played: {shares(alignment)} compared"
            lines.append(_line(name, file, "; ".join(told), consequence, "none needed"))
    return lines


def _misfit(name: str, file: str, alignment: Alignment) -> QualityLine:
    matched = f"{len(alignment.matches)} of {len(alignment.score_notes)} score notes matched (c = {alignment.c:.2f})"
    if alignment.status == "failed":
        problem = f"{reason_of_failure(alignment)}: {matched}"
        return _line(name, file, problem, "flagged; no aligned features", "check that the file plays this segment")
    return _line(name, file, matched, "flagged; its features are used", "none needed")


def _line(subject: str, file: str, problem: str, consequence: str, remedy: str) -> QualityLine:
    return QualityLine(stage=STAGE, subject=subject, file=file, problem=problem, consequence=consequence, remedy=remedy)
