"""The beats of many recordings as one table: what models of beats learn from and predict for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from percepiano_core.dynamics.beat_models.beat_features import PLACES, beat_features
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import loudness_of
from percepiano_core.metrics.levels_and_beats import BLANK


@dataclass(frozen=True, slots=True, eq=False)
class BeatTable:
    """Beats of many recordings: features [N, F] float32 by name, level [N] classes, change_point [N] bool."""

    names: tuple[str, ...]
    features: np.ndarray
    level: np.ndarray
    change_point: np.ndarray

    def columns(self, places: bool) -> np.ndarray:
        """Columns of the features, with or without those that tell the place in the piece."""
        return np.array([i for i, name in enumerate(self.names) if places or name not in PLACES])

    @property
    def known(self) -> np.ndarray:
        """[N] bool: beats whose level is known, which alone are learned from."""
        return self.level != BLANK


class Describer:
    """Features of recordings, made once: several folds and roles ask for the same.

    kind : of the input whose first channel is the loudness
    """

    def __init__(self, kind: str | None) -> None:
        self.kind = kind
        self._made: dict[str, dict[str, np.ndarray]] = {}

    def table(self, examples: Sequence[Example]) -> BeatTable:
        """The beats of the recordings, in order."""
        rows = [self._features(example) for example in examples]
        return BeatTable(
            tuple(rows[0]),
            np.concatenate([np.stack(list(row.values()), axis=1) for row in rows]).astype(np.float32),
            np.concatenate([example.labels.level for example in examples]),
            np.concatenate([example.labels.change_point for example in examples]),
        )

    def _features(self, example: Example) -> dict[str, np.ndarray]:
        if example.name not in self._made:
            loudness = loudness_of(example, self.kind)
            self._made[example.name] = beat_features(loudness, example.beat_times, example.labels.downbeat)
        return self._made[example.name]
