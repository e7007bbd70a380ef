"""Made examples for the models of descriptors: a known function of descriptors, segment and player, plus noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from percepiano_core.perception.examples import Examples

GAUSSIAN_PROCESS = {
    "feature_sets": ["raw", "raw+aligned"],
    "relevance": 0.5,
    "fitting_rows": 100,
    "iterations": 20,
}
EXTRA_TREES = {
    "feature_sets": ["raw", "raw+aligned"],
    "max_features": [0.35],
    "min_samples_leaf": [2],
    "trees_to_choose": 20,
    "trees": 40,
}
SETTINGS = {
    "mean": {},
    "segment_mean": {},
    "performer_mean": {},
    "segment_and_performer": {"penalties": [0.3, 1.0, 3.0, 10.0]},
    "ridge": {"feature_sets": ["raw", "raw+aligned"], "penalties": [1.0, 10.0, 100.0, 1000.0]},
    "extra_trees": EXTRA_TREES,
    "gaussian_process": GAUSSIAN_PROCESS,
}
BASELINES = ("mean", "segment_mean", "performer_mean", "segment_and_performer")


def module_of(name: str) -> str:
    """Module, below the package, of a model of SETTINGS."""
    return f"{'symbolic.baselines' if name in BASELINES else 'perception.descriptor_models'}.{name}"


def made_examples(seed: int = 0, segments: int = 12, players: int = 10) -> Examples:
    """Every player plays every segment; two works, four movements; some aligned descriptors are missing."""
    rng = np.random.default_rng(seed)
    segment, player = (grid.ravel() for grid in np.meshgrid(np.arange(segments), np.arange(players), indexing="ij"))
    n = len(segment)
    movement = segment % 4
    raw = rng.normal(size=(n, 6))
    features = np.hstack([raw, raw[:, :2] + 0.3 * rng.normal(size=(n, 2)), rng.normal(size=(n, 2))])
    features[rng.random(n) < 0.05, 6:] = np.nan
    effects = 0.05 * rng.normal(size=(segments, 19))[segment] + 0.03 * rng.normal(size=(players, 19))[player]
    labels = 0.5 + 0.06 * raw @ rng.normal(size=(6, 19)) / 2 + effects + 0.03 * rng.normal(size=(n, 19))
    return Examples(
        performances=np.array([f"p{i:03d}" for i in range(n)]),
        segments=np.array([f"s{i:02d}" for i in segment]),
        pieces=np.array([f"piece{i // 2}" for i in segment]),
        movements=np.array([f"m{i}" for i in movement]),
        works=np.array([f"w{i // 2}" for i in movement]),
        performers=np.array([f"w{m // 2}/{p}" for m, p in zip(movement, player, strict=True)]),
        deadpan=player == 0,
        features=features,
        feature_names=tuple(f"raw_{i}" for i in range(6)) + tuple(f"aligned_{i}" for i in range(4)),
        labels=np.clip(labels, 0, 1),
        n_raters=np.full(n, 5.0),
    )


def by_player(examples: Examples) -> tuple[Examples, Examples, Examples]:
    """Train, valid and test by player; every segment is in each of them."""
    number = np.array([int(name.split("/")[1]) for name in examples.performers])
    return examples.rows(number < 6), examples.rows((number >= 6) & (number < 8)), examples.rows(number >= 8)


def shuffled(examples: Examples, seed: int) -> Examples:
    """The same performances with each other's ratings."""
    return replace(examples, labels=np.random.default_rng(seed).permutation(examples.labels))
