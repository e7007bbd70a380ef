"""Scores of recordings from the logits of a network, by the metrics that the tables use (metrics/recording_scores)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.dynamics.examples.labels import BeatLabels
from percepiano_core.dynamics.predictions.decoding import change_point_evidence, decode_beats, decode_levels
from percepiano_core.metrics.levels_and_beats import EVALUATION_THRESHOLD, EVENT_TASKS, best_threshold
from percepiano_core.metrics.recording_scores import (
    AS_PUBLISHED,
    PER_RECORDING,
    JudgedRecording,
    change_points_by_frame,
    scores,
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
    """Scores of a role, each in 0 to 1; `threshold` is the logit of a change point."""
    return scores([_judged(each, threshold) for each in recordings], PER_RECORDING)


def as_published_scores(recordings: Sequence[ScoredRecording]) -> dict[str, float]:
    """Scores of a role as the released code computes them, each in 0 to 1."""
    return scores([_judged(each, EVALUATION_THRESHOLD) for each in recordings], AS_PUBLISHED)


def choose_threshold(recordings: Sequence[ScoredRecording]) -> float:
    """Logit of a change point that is best on these recordings, which are the validation role's."""
    judged = [_judged(each, EVALUATION_THRESHOLD) for each in recordings]
    pairs = [change_points_by_frame(each, each.evidence) for each in judged if each.evidence is not None]
    true, evidence = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return best_threshold(evidence, true)


def beat_evidence(logits: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Evidence of a change point at each beat [n] from logits [T]; of beats in one frame the first has it all."""
    once, first = np.unique(frames, return_index=True)
    evidence = np.full(len(frames), -np.inf)
    evidence[first] = change_point_evidence(logits, once)
    return evidence


def _judged(recording: ScoredRecording, threshold: float) -> JudgedRecording:
    logits, labels = recording.logits, recording.labels
    frames = event_frames(recording.beat_times)
    evidence = beat_evidence(logits["change_point"][:, 0], frames) if "change_point" in logits else None
    return JudgedRecording(
        times=recording.beat_times,
        level=labels.level,
        downbeat=labels.downbeat,
        change_point=labels.change_point,
        frames=len(next(iter(logits.values()))),
        predicted_level=decode_levels(logits["dynamic"], frames) if "dynamic" in logits else None,
        evidence=evidence,
        predicted_change_point=None if evidence is None else evidence >= threshold,
        events=events_of(logits),
    )


def events_of(logits: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Times of the beats and downbeats that logits [T, 1] by task say, for the tasks that are there."""
    nothing = np.zeros((len(next(iter(logits.values()))), 1))
    found = decode_beats(*(logits.get(task, nothing)[:, 0] for task in EVENT_TASKS))
    return {task: times for task, times in zip(EVENT_TASKS, found, strict=True) if task in logits}
