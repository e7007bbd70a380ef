"""Scores of what is said about recordings: dynamic levels, change points, beats and downbeats.

There are two ways of scoring. PER_RECORDING scores each recording by itself: beats by mir_eval, levels weighted and
macro, change points with and without beat 1. AS_PUBLISHED repeats the released code, so that numbers can stand beside
the published ones: weighted levels only, a tolerance of 80 ms, and recordings strung together, each padded to the
longest with evidence of 0, which counts as a change point. Beats of unknown level are scored in neither.

A recording gives sums, which add up over recordings; scores follow from the totals. So the validation role in training,
a fold's test role, and pieces drawn again for an interval are scored by the same functions. All scores are in 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.metrics.levels_and_beats import (
    BLANK,
    EVALUATION_THRESHOLD,
    EVENT_TASKS,
    Counts,
    change_point_counts,
    confusion,
    event_counts,
    f1_of_confusion,
    f1_of_counts,
    published_event_counts,
    trimmed,
)
from percepiano_core.sound.frame_grid import event_frames, nearest

PER_RECORDING, AS_PUBLISHED = "per recording", "as published"
Score = tuple[str, str]  # way of scoring, name of the score
SUM_OF: dict[Score, str] = {  # score -> the sum it follows from
    (PER_RECORDING, "dynamic_weighted"): "confusion",
    (PER_RECORDING, "dynamic_macro"): "confusion",
    (PER_RECORDING, "change_point"): "change_point",
    (PER_RECORDING, "change_point_after_beat_1"): "change_point_after_beat_1",
    **{(PER_RECORDING, task): f"{task}_f1" for task in EVENT_TASKS},
    **{(PER_RECORDING, f"{task}_trimmed"): f"{task}_trimmed_f1" for task in EVENT_TASKS},
    **{(PER_RECORDING, f"{task}_pooled"): task for task in EVENT_TASKS},
    (AS_PUBLISHED, "dynamic_weighted"): "published_confusion",
    (AS_PUBLISHED, "change_point"): "published_change_point",
    **{(AS_PUBLISHED, task): f"published_{task}" for task in EVENT_TASKS},
}
MACRO, MEAN_OF_F1 = "macro", "_f1"  # endings of a score and of a sum that tell how the score follows from it


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRecording:
    """What is true of a recording at its n beats, and what is said; None or absent is a task that nobody did.

    Attributes
    ----------
    times : [n] seconds, increasing
    level : [n] classes of CLASSES, 0 where unknown
    downbeat, change_point : [n] bool
    frames : of the whole recording
    predicted_level : [n] classes, 0 for none
    evidence : [n] log-odds of a change point; -inf for a beat in the frame of the one before it
    predicted_change_point : [n] bool
    events : "beat" and "downbeat" -> seconds, increasing
    """

    times: np.ndarray
    level: np.ndarray
    downbeat: np.ndarray
    change_point: np.ndarray
    frames: int
    predicted_level: np.ndarray | None
    evidence: np.ndarray | None
    predicted_change_point: np.ndarray | None
    events: Mapping[str, np.ndarray]


def sums_of(recordings: Sequence[JudgedRecording]) -> list[dict[str, np.ndarray]]:
    """The sums of each recording, by name: counts [3], confusion [5, 6], or [2] a mean's numerator and denominator.

    The order of the recordings matters for AS_PUBLISHED, where padding reaches the next one's first beat.
    """
    longest = max(recording.frames for recording in recordings)
    before = [None, *recordings[:-1]]
    return [dict(_sums(each, previous, longest)) for each, previous in zip(recordings, before, strict=True)]


def totals(rows: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Sums over recordings."""
    return {name: _contiguous([row[name] for row in rows]).sum(axis=-1) for name in rows[0]}


def scores_of_sums(sums: Mapping[str, np.ndarray]) -> dict[Score, np.ndarray]:
    """Scores [...] from sums [..., 3], [..., 5, 6] or [..., 2], in the order of SUM_OF; a task not done has none."""
    return {score: _score(score, sums[name]) for score, name in SUM_OF.items() if name in sums}


def scores(recordings: Sequence[JudgedRecording], scoring: str) -> dict[str, float]:
    """Score -> value over all the recordings, in one way of scoring."""
    found = scores_of_sums(totals(sums_of(recordings)))
    return {score: float(value) for (way, score), value in found.items() if way == scoring}


def change_points_by_frame(recording: JudgedRecording, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Truth [m] and what is `said` [n] -> [m] at the frames with a beat of known level.

    Beats in one frame are one, which a network cannot tell apart: the largest of what is said counts.
    """
    first, known = _frames_with_beats(recording)
    true = np.logical_or.reduceat(recording.change_point, first)
    return true[known], np.maximum.reduceat(said, first)[known]


def _contiguous(parts: Sequence[np.ndarray]) -> np.ndarray:
    """[..., recordings], so that NumPy adds them pairwise, as `np.mean` does."""
    return np.ascontiguousarray(np.moveaxis(np.stack(parts), 0, -1))


def _score(score: Score, sums: np.ndarray) -> np.ndarray:
    if "confusion" in SUM_OF[score]:
        return f1_of_confusion(sums, MACRO if score[1].endswith(MACRO) else "weighted")
    if SUM_OF[score].endswith(MEAN_OF_F1):
        return sums[..., 0] / np.maximum(sums[..., 1], 1)
    return f1_of_counts(sums)


def _sums(
    recording: JudgedRecording, previous: JudgedRecording | None, longest: int
) -> Iterator[tuple[str, np.ndarray]]:
    if recording.predicted_level is not None:
        known, frames = recording.level != BLANK, event_frames(recording.times)
        last = np.append(frames[1:] != frames[:-1], True)  # of beats in one frame, the one that counts as published
        yield "confusion", confusion(recording.level[known], recording.predicted_level[known])
        counted = known & last
        yield "published_confusion", confusion(recording.level[counted], recording.predicted_level[counted])
    if recording.predicted_change_point is not None:
        yield from _change_points(recording, recording.predicted_change_point)
        if recording.evidence is not None:
            yield "published_change_point", _published_change_points(recording, previous, longest)
    for task, found in recording.events.items():
        yield from _events(recording, task, found)


def _frames_with_beats(recording: JudgedRecording) -> tuple[np.ndarray, np.ndarray]:
    """Place of the first beat in each frame that has one [m], and whether a level is known there [m]."""
    _, first = np.unique(event_frames(recording.times), return_index=True)
    return first, np.logical_or.reduceat(recording.level != BLANK, first)


def _change_points(recording: JudgedRecording, said: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    yield "change_point", _counts(change_point_counts(*change_points_by_frame(recording, said)))
    first, known = _frames_with_beats(recording)
    true, flag = (np.logical_or.reduceat(each, first) for each in (recording.change_point, said))
    known[0] = False
    yield "change_point_after_beat_1", _counts(change_point_counts(true[known], flag[known]))


def _published_change_points(recording: JudgedRecording, previous: JudgedRecording | None, longest: int) -> np.ndarray:
    """Counts where padded frames, of this recording or of the one before it in the row, reach the threshold too."""
    first, known = _frames_with_beats(recording)
    frames = event_frames(recording.times)[first]
    flag = np.maximum.reduceat(np.asarray(recording.evidence), first) >= EVALUATION_THRESHOLD
    flag[-1] |= recording.frames < longest
    if previous is not None and previous.frames < longest:
        after_last_beat = longest - 1 - int(event_frames(previous.times)[-1])
        flag[0] |= nearest(np.array([-1]), np.array([-1 - after_last_beat, frames[0]]))[0] == 1
    true = np.logical_or.reduceat(recording.change_point, first)
    return _counts(change_point_counts(true[known], flag[known]))


def _events(recording: JudgedRecording, task: str, found: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    true = recording.times if task == "beat" else recording.times[recording.downbeat]
    counts = event_counts(true, found)
    yield task, _counts(counts)
    yield f"{task}_f1", np.array([counts.f1, 1.0])
    yield f"{task}_trimmed_f1", np.array([event_counts(trimmed(true), trimmed(found)).f1, 1.0])
    yield f"published_{task}", _counts(published_event_counts(true, found))


def _counts(counts: Counts) -> np.ndarray:
    return np.array([counts.hits, counts.false, counts.missed])
