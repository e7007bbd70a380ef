"""The scores of one fold, from the logits of its test recordings, in two modes.

Per-recording scoring takes each recording by itself: beats by mir_eval, dynamics weighted and macro, change points with
and without beat 1. As-published scoring repeats the published computation, so that numbers can stand beside the
published ones: weighted F1 only, a tolerance of 80 ms, and recordings padded with zeros to the longest and strung
together, where every padded frame counts as a change point (its logit reaches the threshold of 0). Source: spec
dynamics.md, sections 0, 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.dynamics.examples.labels import BeatLabels
from percepiano_core.dynamics.predictions.decoding import (
    change_point_evidence,
    decode_beats,
    decode_change_points,
    decode_levels,
)
from percepiano_core.metrics.levels_and_beats import (
    BLANK,
    EVALUATION_THRESHOLD,
    Counts,
    best_threshold,
    change_point_counts,
    event_counts,
    level_f1,
    published_event_counts,
    trimmed,
)
from percepiano_core.sound.frame_grid import event_frames


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRecording:
    """What is true of a recording, and what a network says.

    Attributes
    ----------
    beat_times : [n] seconds
    labels : of the n beats
    logits : task -> [T, outputs]; a task that the network does not have is not scored
    """

    beat_times: np.ndarray
    labels: BeatLabels
    logits: Mapping[str, np.ndarray]


def per_recording_scores(
    recordings: Sequence[ScoredRecording], threshold: float = EVALUATION_THRESHOLD
) -> dict[str, float]:
    """Scores of a fold, each in 0 to 1; `threshold` is the logit of a change point."""
    scores: dict[str, float] = {}
    tasks = recordings[0].logits
    if "dynamic" in tasks:
        target, predicted = (np.concatenate(parts) for parts in zip(*map(_levels, recordings), strict=True))
        scores |= {f"dynamic_{average}": level_f1(target, predicted, average) for average in ("weighted", "macro")}
    if "change_point" in tasks:
        scores |= _change_point_scores(recordings, threshold)
    for task in {"beat", "downbeat"} & set(tasks):
        scores |= _event_scores(task, [_events(recording, task) for recording in recordings])
    return scores


honest_scores = per_recording_scores  # name by which network/training.py still calls it


def as_published_scores(recordings: Sequence[ScoredRecording]) -> dict[str, float]:
    """Scores of a fold as the released code computes them, each in 0 to 1."""
    scores: dict[str, float] = {}
    tasks = recordings[0].logits
    if "dynamic" in tasks:
        pairs = [_levels_of_frames(recording) for recording in recordings]
        target, predicted = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        scores["dynamic_weighted"] = level_f1(target, predicted, "weighted")
    if "change_point" in tasks:
        scores["change_point"] = _strung_together(recordings).f1
    for task in {"beat", "downbeat"} & set(tasks):
        counts = (published_event_counts(*_events(recording, task)) for recording in recordings)
        scores[task] = sum(counts, Counts()).f1
    return scores


def choose_threshold(recordings: Sequence[ScoredRecording]) -> float:
    """Logit of a change point that is best on these recordings, which are the valid role's."""
    true, evidence = (np.concatenate(parts) for parts in zip(*map(_change_points, recordings), strict=True))
    return best_threshold(evidence, true)


def _levels(recording: ScoredRecording) -> tuple[np.ndarray, np.ndarray]:
    """Classes, true and predicted, at the beats whose level is known."""
    frames, level = event_frames(recording.beat_times), recording.labels.level
    return level[level != BLANK], decode_levels(recording.logits["dynamic"], frames)[level != BLANK]


def _levels_of_frames(recording: ScoredRecording) -> tuple[np.ndarray, np.ndarray]:
    """The same where beats in one frame are one, of which the last counts."""
    frames = event_frames(recording.beat_times)[recording.labels.level != BLANK]
    last = np.append(frames[1:] != frames[:-1], True)
    target, predicted = _levels(recording)
    return target[last], predicted[last]


def _events(recording: ScoredRecording, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Times of beats or downbeats, true and predicted."""
    nothing = np.zeros((len(recording.logits[task]), 1))
    logits = [recording.logits.get(name, nothing)[:, 0] for name in ("beat", "downbeat")]
    true = recording.beat_times if task == "beat" else recording.beat_times[recording.labels.downbeat]
    return true, decode_beats(*logits)[task == "downbeat"]


def _event_scores(task: str, events: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    counts = [event_counts(*pair) for pair in events]
    after_trim = [event_counts(trimmed(true), trimmed(found)) for true, found in events]
    return {
        task: float(np.mean([each.f1 for each in counts])),
        f"{task}_trimmed": float(np.mean([each.f1 for each in after_trim])),
        f"{task}_pooled": sum(counts, Counts()).f1,
    }


def _change_points(recording: ScoredRecording) -> tuple[np.ndarray, np.ndarray]:
    """Truth and evidence at the beats; beats in one frame are one, which the network cannot tell apart."""
    frames, first = np.unique(event_frames(recording.beat_times), return_index=True)
    known = np.logical_or.reduceat(recording.labels.level != BLANK, first)
    true = np.logical_or.reduceat(recording.labels.change_point, first)
    return true[known], change_point_evidence(recording.logits["change_point"][:, 0], frames)[known]


def _change_point_scores(recordings: Sequence[ScoredRecording], threshold: float) -> dict[str, float]:
    pairs = [(true, evidence >= threshold) for true, evidence in map(_change_points, recordings)]
    return {
        "change_point": sum((change_point_counts(*pair) for pair in pairs), Counts()).f1,
        "change_point_after_beat_1": sum((change_point_counts(*pair, first_beat=False) for pair in pairs), Counts()).f1,
    }


def _strung_together(recordings: Sequence[ScoredRecording]) -> Counts:
    """Change points of all recordings in one row of frames, each recording padded with logits of 0 to the longest."""
    frames_each = max(len(recording.logits["change_point"]) for recording in recordings)
    logits = np.zeros((len(recordings), frames_each))
    beats, true = np.zeros_like(logits, dtype=bool), np.zeros_like(logits, dtype=bool)
    for row, recording in enumerate(recordings):
        found = recording.logits["change_point"][:, 0]
        logits[row, : len(found)] = found
        at = event_frames(recording.beat_times)
        inside = (at >= 0) & (at < len(found))
        beats[row, at[inside]] = True
        true[row, at[inside & recording.labels.change_point]] = True
    beat_frames = np.flatnonzero(beats)
    return change_point_counts(true.ravel()[beat_frames], decode_change_points(logits.ravel(), beat_frames))
