"""Metrics of beats, dynamic levels and change points.

Conventions: times in seconds and frames, increasing; an F1 is in 0 to 1, and 0 where nothing is right or nothing is
there. See docs/dynamics_results.md; beats: mir_eval (Raffel et al., ISMIR 2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.corpus.mazurkabl import LEVELS
from percepiano_core.sound.frame_grid import FPS, event_frames

BLANK = 0  # class of frames outside the beats, and of beats whose level is unknown
CLASSES = {level: code for code, level in enumerate(LEVELS, start=1)}  # pp 1, p 2, mf 3, f 4, ff 5
EVALUATION_THRESHOLD = 0.0  # logit of a change point in the published evaluation (probability 0.5)
BEAT_TOLERANCE = 0.07  # s
PUBLISHED_TOLERANCE_FRAMES = round(BEAT_TOLERANCE * FPS)  # round(3.5) is 4 frames: 80 ms, where the paper says 70
EVENT_TASKS = ("beat", "downbeat")
TRIMMED_SECONDS = 5.0  # that mir_eval's own evaluation leaves out at the beginning


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, false positives and false negatives; they add up over recordings."""

    hits: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false + other.false, self.missed + other.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else 0.0


def event_counts(reference: np.ndarray, estimated: np.ndarray) -> Counts:
    """Events (s) matched one to one within 70 ms, as many as can be; its F1 is `mir_eval.beat.f_measure`."""
    from mir_eval.util import match_events  # here: most of a second that importing a model need not wait for

    hits = len(match_events(reference, estimated, BEAT_TOLERANCE)) if len(estimated) else 0
    return Counts(hits, len(estimated) - hits, len(reference) - hits)


def trimmed(times: np.ndarray) -> np.ndarray:
    """Times without the first five seconds of the recording."""
    from mir_eval.beat import trim_beats

    return trim_beats(times, TRIMMED_SECONDS)


def published_event_counts(reference: np.ndarray, estimated: np.ndarray) -> Counts:
    """Events (s) matched as the released code does, on frames: each reference takes the first free estimate in reach.

    As both are in order and the reach is the same for all, that gives the most matches too. References in one frame are
    one.
    """
    references, estimates = np.unique(event_frames(reference)), event_frames(estimated)
    free = np.ones(len(estimates), dtype=bool)
    for frame in references:
        in_reach = np.flatnonzero(free & (np.abs(estimates - frame) <= PUBLISHED_TOLERANCE_FRAMES))
        free[in_reach[:1]] = False
    hits = len(estimates) - int(free.sum())
    return Counts(hits, int(free.sum()), len(references) - hits)


def level_f1(target: np.ndarray, predicted: np.ndarray, average: str) -> float:
    """F1 of dynamic classes at beats [n]; `average` is "weighted" (the published one) or "macro" (over all five)."""
    return float(f1_of_confusion(confusion(target, predicted), average))


def confusion(target: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """How often each class [5] was called each class or none [6], from classes at beats [n]; "none" is the last."""
    called = np.where(predicted > BLANK, predicted - 1, len(CLASSES))
    columns = len(CLASSES) + 1
    cells = np.bincount((target - 1) * columns + called, minlength=len(CLASSES) * columns)
    return cells.reshape(len(CLASSES), columns)


def f1_of_confusion(counts: np.ndarray, average: str) -> np.ndarray:
    """F1 [...] over the five classes, as scikit-learn's `f1_score`, from confusions [..., 5, 6].

    A predicted "none" is wrong and weighs nothing; a class that is neither there nor predicted has F1 0.
    """
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    support = counts.sum(axis=-1)
    total = support + counts[..., : len(CLASSES)].sum(axis=-2)
    f1 = 2 * hits / np.maximum(total, 1)
    if average == "macro":
        return f1.mean(axis=-1)
    return (f1 * support).sum(axis=-1) / np.maximum(support.sum(axis=-1), 1)


def f1_of_counts(counts: np.ndarray) -> np.ndarray:
    """F1 [...] from hits, false and missed [..., 3]; 0 where there are none."""
    hits, false, missed = np.moveaxis(counts, -1, 0)
    return 2 * hits / np.maximum(2 * hits + false + missed, 1)


def change_point_counts(target: np.ndarray, predicted: np.ndarray, first_beat: bool = True) -> Counts:
    """Change points at beats [n] bool, no tolerance; without `first_beat` the first beat is neither here nor there.

    Most mazurkas have a change point at beat 1 only because their first mark is not mf.
    """
    target, predicted = target[not first_beat :], predicted[not first_beat :]
    hits = int((target & predicted).sum())
    return Counts(hits, int(predicted.sum()) - hits, int(target.sum()) - hits)


def best_threshold(evidence: np.ndarray, target: np.ndarray) -> float:
    """Threshold on evidence [n] at which the F1 of the targets [n] bool is largest; of equal ones the highest.

    Choose it on the validation role. ValueError if no target is true.
    """
    if not target.any():
        raise ValueError("no change point to choose a threshold by")
    order = np.argsort(-evidence, kind="stable")
    ranked, hits = evidence[order], np.cumsum(target[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + target.sum())
    last_of_equal = np.append(ranked[1:] != ranked[:-1], True)
    return float(ranked[np.argmax(np.where(last_of_equal, f1, -1))])
