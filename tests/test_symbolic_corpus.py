"""On the real corpus: documented scores of trivial baselines, floors of learners, nothing from shuffled ratings."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from golden_files import golden_split
from symbolic_cases import module_of, shuffled

from percepiano_core.corpus.midi import read_performance
from percepiano_core.features.descriptors.performance import performance_descriptors
from percepiano_core.perception.examples import Examples
from percepiano_core.perception.folds import load_model
from percepiano_core.perception.selection import r2_mean

pytestmark = pytest.mark.slow
GAUSSIAN_PROCESS = {"feature_sets": ["raw+tonal"], "relevance": 0.5, "fitting_rows": 400, "iterations": 30}
EXTRA_TREES = {
    "feature_sets": ["raw"],
    "max_features": [0.35],
    "min_samples_leaf": [2],
    "trees_to_choose": 20,
    "trees": 100,
}
RIDGE = {"feature_sets": ["raw"], "penalties": [10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0]}


@pytest.fixture(scope="module")
def rows(golden):
    with (golden / "splits" / "corpus.csv").open(encoding="utf-8") as file:
        return sorted(csv.DictReader(file), key=lambda row: row["stem"])


@pytest.fixture(scope="module")
def described(golden):
    """The descriptors that need no score of all 1202 performances: performances, names, values."""
    return np.load(golden / "features" / "descriptors.npz")


@pytest.fixture(scope="module")
def examples(rows, described, percepiano_files):
    """All 1202 performances with the descriptors that need no score."""
    assert described["performances"].tolist() == [row["stem"] for row in rows]
    labels = json.loads((percepiano_files / "label_2round_mean_reg_19_with0_rm_highstd0.json").read_text())
    works = [row["work"][:4] for row in rows]
    return Examples(
        performances=np.array([row["stem"] for row in rows]),
        segments=np.array([row["segment"] for row in rows]),
        pieces=np.array([row["piece"] for row in rows]),
        movements=np.array([row["work"] for row in rows]),
        works=np.array(works),
        performers=np.array([f"{work}/{row['player']}" for work, row in zip(works, rows, strict=True)]),
        deadpan=np.array([row["player"].startswith("Score") for row in rows]),
        features=described["values"].astype(float),
        feature_names=tuple(described["names"].tolist()),
        labels=np.array([labels[row["stem"]][:19] for row in rows]),
        n_raters=np.full(len(rows), 10.0),
    )


@pytest.fixture(scope="module")
def performer(golden):
    return golden_split(golden, "performer")


@pytest.fixture(scope="module")
def both(golden, rows):
    """The 16 cells: train is what shares neither row nor column with the test cell, less the valid cell."""
    folds = golden_split(golden, "both")
    for (row, column), fold in folds.items():
        rest = [each["stem"] for each in rows if each["row"] != row and each["col"] != column]
        fold["train"] = sorted(set(rest) - set(fold["valid"]))
    return folds


def predictions(examples, fold, name, settings):
    train, valid, test = (examples.named(fold[role]) for role in ("train", "valid", "test"))
    hidden = replace(test, labels=np.full_like(test.labels, np.nan))
    return load_model(module_of(name)).fit_predict(train, valid, hidden, settings, 0).test, test.labels


def mean_over_folds(examples, folds, name, settings):
    return np.mean([r2_mean(*reversed(predictions(examples, fold, name, settings))) for fold in folds.values()])


def pooled(examples, folds, name, settings):
    predicted, labels = zip(*(predictions(examples, fold, name, settings) for fold in folds.values()), strict=True)
    return r2_mean(np.vstack(labels), np.vstack(predicted))


def test_the_golden_descriptors_are_those_of_the_files(described, percepiano_files):
    expected = dict(zip(described["performances"].tolist(), described["values"], strict=True))
    for path in sorted((percepiano_files / "virtuoso/data/all_2rounds").glob("*.mid")):
        found = performance_descriptors(read_performance(path), None)
        assert list(found) == described["names"].tolist()
        np.testing.assert_allclose(list(found.values()), expected[path.stem.strip()], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "on_performer", "on_both"),
    [("mean", -0.071, -0.041), ("segment_mean", 0.342, -0.082), ("performer_mean", -0.031, -0.082)],
)
def test_trivial_baselines_score_as_documented(examples, performer, both, name, on_performer, on_both):
    assert mean_over_folds(examples, performer, name, {}) == pytest.approx(on_performer, abs=0.0006)
    assert pooled(examples, both, name, {}) == pytest.approx(on_both, abs=0.0006)


def test_segment_and_performer_means_score_as_documented(examples, performer):
    assert mean_over_folds(examples, performer, "segment_and_performer", {"penalties": [1.0]}) == pytest.approx(
        0.356, abs=0.0006
    )


def test_trees_on_raw_descriptors_reach_the_reference(examples, performer):
    assert mean_over_folds(examples, performer, "extra_trees", EXTRA_TREES) > 0.44


def test_ridge_on_raw_descriptors_reaches_the_reference(examples, performer):
    assert mean_over_folds(examples, performer, "ridge", RIDGE) > 0.37


def test_the_gaussian_process_passes_the_goals_without_a_score(examples, performer, both):
    assert mean_over_folds(examples, performer, "gaussian_process", GAUSSIAN_PROCESS) > 0.50
    assert pooled(examples, both, "gaussian_process", GAUSSIAN_PROCESS) > 0.42


@pytest.mark.parametrize(
    ("name", "settings"), [("gaussian_process", GAUSSIAN_PROCESS), ("ridge", RIDGE), ("extra_trees", EXTRA_TREES)]
)
def test_shuffled_ratings_teach_nothing(examples, performer, both, name, settings):
    noise = shuffled(examples, 1)
    assert mean_over_folds(noise, dict(list(performer.items())[:2]), name, settings) <= 0.02
    assert pooled(noise, dict(list(both.items())[::5]), name, settings) <= 0.02
