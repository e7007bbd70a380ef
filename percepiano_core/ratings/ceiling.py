"""The noise ceiling: how much of the labels' variance the best possible predictor could explain.

Labels are means over few raters. The squared error that even the true mean would make on them is s2 / k: s2 the
variance between raters of one performance, pooled over a movement, k the number of raters of the performance. The
ceiling of R2 on a set of performances is 1 - mean(s2 / k) / var(labels of the set) (docs/ratings.md, "Noise ceiling";
there s2 and k come from one vote a person and the variance from the `published` labels). It is an estimate; a value
below 0 says that the labels of the set differ no more than noise alone makes them differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.corpus.records import Performance
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.ratings.labels import Labels, select_performances
from percepiano_core.ratings.person_ratings import PersonRatings, index_by_first
from percepiano_core.ratings.variance import Scatter, scatter
from percepiano_core.table_io import read_numbers, write_rows

COLUMNS = ("performance", *DIMENSION_KEYS)


@dataclass(frozen=True)
class Noise:
    """Variance [n, 19] of the labels' rater noise, for each performance; NaN where raters cannot be compared."""

    performances: tuple[str, ...]
    variance: np.ndarray


def noise_variance(votes: PersonRatings, movement_of: Mapping[str, str]) -> Noise:
    """s2 / k for each performance; movements have s2 of their own, since their rater pools differ."""
    sums = scatter(votes)
    _, rows = index_by_first(np.array([movement_of[each] for each in votes.performances], dtype=str))
    variance = np.full_like(sums.mean, np.nan)
    for movement in np.unique(rows):
        members = rows == movement
        variance[members] = _pooled_variance(sums, members) / np.maximum(sums.count[members], 1)
    variance[sums.count == 0] = np.nan
    return Noise(votes.performances, variance)


def _pooled_variance(sums: Scatter, members: np.ndarray) -> np.ndarray:
    """Unbiased variance [19] between raters of one performance; NaN if nobody's rating can be compared."""
    freedom = np.maximum(sums.count[members] - 1, 0).sum(axis=0)
    within = sums.within[members].sum(axis=0)
    return np.divide(within, freedom, out=np.full_like(within, np.nan), where=freedom > 0)


def ceiling(noise: Noise, labels: Labels, performances: Iterable[str]) -> np.ndarray:
    """Best possible R2 [19] on these performances.

    Takes any set that both `noise` and `labels` hold; NaN for a set without label variance.
    """
    chosen = tuple(performances)
    return _ratio(_noise_of(noise, chosen), select_performances(labels, chosen).mean)


def ceiling_inside_segments(
    noise: Noise, labels: Labels, performances: Sequence[str], segments: Sequence[str], *, centred_noise: bool = False
) -> np.ndarray:
    """Best possible R2 [19] on the differences of performances from their segment's mean label.

    Parameters
    ----------
    segments : segment of each performance
    centred_noise : subtracting the mean of a segment's m labels also takes 1/m of their noise away. The usual
        formula leaves this out (False), which puts the ceiling about .06 too low; True corrects for it.
    """
    targets = select_performances(labels, performances).mean
    variance = _noise_of(noise, performances)
    rows = index_by_first(np.array(segments, dtype=str))[1].astype(int)
    counts = np.bincount(rows)
    means = np.zeros((len(counts), targets.shape[1]))
    np.add.at(means, rows, targets)
    if centred_noise:
        variance = variance * (1 - 1 / counts[rows])[:, None]
    return _ratio(variance, targets - (means / counts[:, None])[rows])


def ceilings(
    noise: Noise, labels: Labels, performances: Sequence[Performance], tests: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray]:
    """Ceiling [19] of every evaluation set, by name: all, humans, each of `tests`, and inside segments (humans).

    Parameters
    ----------
    tests : name -> performances of a test set; those without labels do not count
    """
    labelled = set(labels.performances) & set(noise.performances)
    known = [each for each in performances if each.performance in labelled]
    humans = [each for each in known if not each.deadpan]
    sets = {"all": [each.performance for each in known], "humans": [each.performance for each in humans]}
    sets |= {f"{name}_test": [each for each in test if each in labelled] for name, test in tests.items()}
    played, segments = sets["humans"], [each.segment for each in humans]
    return {name: ceiling(noise, labels, chosen) for name, chosen in sets.items()} | {
        "inside_segment": ceiling_inside_segments(noise, labels, played, segments),
        "inside_segment_centred": ceiling_inside_segments(noise, labels, played, segments, centred_noise=True),
    }


def _noise_of(noise: Noise, performances: Iterable[str]) -> np.ndarray:
    place = {performance: row for row, performance in enumerate(noise.performances)}
    return noise.variance[np.array([place[performance] for performance in performances], dtype=int)]


def _ratio(variance: np.ndarray, targets: np.ndarray) -> np.ndarray:
    if not len(targets):
        return np.full(targets.shape[1], np.nan)
    spread = targets.var(axis=0)
    return 1 - np.divide(variance.mean(axis=0), spread, out=np.full_like(spread, np.nan), where=spread > 0)


def write_noise(path: Path | str, noise: Noise) -> None:
    """Write as CSV; floats keep all their digits."""
    write_rows(
        path, COLUMNS, ([name, *row] for name, row in zip(noise.performances, noise.variance.tolist(), strict=True))
    )


def read_noise(path: Path | str) -> Noise:
    """Read a table of noise, its columns by name; UserError if it has not all of them."""
    rows = read_numbers(path, DIMENSION_KEYS)
    return Noise(tuple(rows), np.array(list(rows.values())).reshape(len(rows), len(DIMENSION_KEYS)))
