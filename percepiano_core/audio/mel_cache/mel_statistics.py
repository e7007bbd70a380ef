"""283 statistics of a performance's spectrogram: what trees and linear models hear of a recording.

256 of 32 pooled bands (four neighbouring mel bands each) and 27 of the whole: level, its changes, onsets, centroid,
length. They depend on the level of the recording as its spectrogram does (docs/mel_cache.md, "Statistics of a
performance").
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache as kept

import numpy as np

from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.front_ends import FrontEnd

POOLED_BANDS = 32
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SET = "mel"  # names begin with it, up to the first underscore
COURSES = ("level", "onset_strength", "centroid")  # of which mean, standard deviation and quantiles are taken


@kept
def statistic_names() -> tuple[str, ...]:
    """Names of the 283, in order."""
    quantiles = [f"q{round(100 * quantile):02d}" for quantile in QUANTILES]
    bands = [f"band{band:02d}" for band in range(POOLED_BANDS)]
    of_bands = [f"{band}_{kind}" for kind in ("mean", "std", "change", *quantiles) for band in bands]
    of_courses = [f"{course}_{kind}" for course in COURSES for kind in ("mean", "std", *quantiles)]
    names = [*of_bands, *of_courses, *(f"level_change_{each}" for each in quantiles), "seconds"]
    return tuple(f"{SET}_{name}" for name in names)


def mel_statistics(mel: np.ndarray, front: FrontEnd) -> np.ndarray:
    """The 283 statistics, float64, of a spectrogram [frames, 128] of a front end; at least one frame.

    Changes from frame to frame are 0 where there is but one.
    """
    mel = mel.astype(np.float32, copy=False)
    pooled = np.ascontiguousarray(mel.reshape(len(mel), POOLED_BANDS, -1).mean(axis=2).T)  # [32, frames]
    level, centroid = level_and_centroid(mel, front.log_unit)
    return np.concatenate(
        [
            *(pooled.mean(axis=1), pooled.std(axis=1), np.abs(_changes(pooled)).mean(axis=1)),
            _quantiles(pooled).ravel(),
            *(_summary(course) for course in (level, onset_strength(mel), centroid)),
            _quantiles(_changes(level[None])).ravel(),
            [len(mel) / front.frames_per_second],
        ],
        dtype=np.float64,
    )


def statistics_of(cache: MelCache, names: Iterable[str] | None = None) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of performances, all of the cache if none are given, and their statistics [performances, 283]."""
    rows = tuple(cache.names if names is None else names)
    matrix = np.empty((len(rows), len(statistic_names())))
    for row, name in zip(matrix, rows, strict=True):
        row[:] = mel_statistics(cache.mel(name), cache.front_end)
    return rows, matrix


def level_and_centroid(mel: np.ndarray, log_unit: float) -> tuple[np.ndarray, np.ndarray]:
    """Of each frame [frames]: the mean power of its bands in the spectrogram's unit, and its centroid in bands."""
    power = np.exp(mel * np.float32(1 / log_unit))
    total = power.sum(axis=1)
    level = np.float32(log_unit) * np.log(total / mel.shape[1])
    return level, power @ np.arange(mel.shape[1], dtype=np.float32) / total


def onset_strength(mel: np.ndarray) -> np.ndarray:
    """How much the bands rise from frame to frame [frames - 1], on average; falling ones count 0."""
    return np.maximum(_changes(mel.T), 0).mean(axis=0)


def _summary(course: np.ndarray) -> np.ndarray:
    """Mean, standard deviation and quantiles [7] of a course [frames]."""
    return np.concatenate([[course.mean(), course.std()], _quantiles(course[None])[:, 0]])


def _changes(courses: np.ndarray) -> np.ndarray:
    """Differences [n, frames - 1] of courses [n, frames] from frame to frame; of a single frame one difference, 0."""
    return np.diff(courses, axis=1) if courses.shape[1] > 1 else np.zeros_like(courses)


def _quantiles(courses: np.ndarray) -> np.ndarray:
    """Quantiles [5, n] of courses [n, frames], between neighbours linearly: np.quantile's, by one sort of each."""
    ordered = np.sort(courses, axis=1)
    place = np.array(QUANTILES) * (ordered.shape[1] - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    share = place - below
    return (ordered[:, below] * (1 - share) + ordered[:, above] * share).T
