"""The synthetic ratings look like the real table, and hold a known truth that can be learnt and not be reached."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.corpus.synthetic.perception import PIECE_KEYS, WEIGHTS
from percepiano_core.corpus.synthetic.pianists import PARAMETERS
from percepiano_core.corpus.synthetic.raters import COLUMNS, FEWEST, MOST
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from percepiano_core.dimensions import DIMENSION_KEYS, DIMENSIONS
from percepiano_core.ratings.ceiling import ceiling, noise_variance
from percepiano_core.ratings.derivations import derive
from percepiano_core.ratings.person_ratings import person_ratings
from percepiano_core.ratings.table import RatingTable, read_ratings


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic") / "corpus"
    write_corpus(folder, Settings(seed=5))
    return folder


@pytest.fixture(scope="module")
def table(root: Path) -> RatingTable:
    ratings, left_out = read_ratings(root / "ratings.csv")
    assert left_out == []
    return ratings


def _numbers(path: Path, key: str = "performance") -> tuple[list[str], np.ndarray]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row.pop(key) for row in rows], np.array([[float(value) for value in row.values()] for row in rows])


def _labels(root: Path, table: RatingTable, name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(performances, labels [n, 19], truth [n, 19])."""
    names, truth = _numbers(root / "truth.csv")
    labels = derive(name, table)
    row = {performance: index for index, performance in enumerate(labels.performances)}
    return names, np.asarray(labels.mean)[[row[each] for each in names]], truth


def test_weights_speak_of_known_dimensions_and_parameters() -> None:
    assert tuple(WEIGHTS) == DIMENSION_KEYS
    known = {parameter.key for parameter in PARAMETERS} | set(PIECE_KEYS)
    assert all(set(weights) <= known for weights in WEIGHTS.values())


def test_the_header_is_the_published_one(percepiano_files: Path) -> None:
    with (percepiano_files / "labels" / "total_2rounds.csv").open(newline="", encoding="utf-8-sig") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS


def test_dont_know_is_0_or_in_reversed_items_8(table: RatingTable) -> None:
    reverse = np.array([dimension.reversed for dimension in DIMENSIONS])
    assert 0 < np.sum(table.values == 0) < 0.01 * table.values.size
    assert 0 < np.sum(table.values == 8) < 0.01 * table.values.size
    assert not np.any(table.values[:, reverse] == 0)
    assert not np.any(table.values[:, ~reverse] == 8)


def test_rows_repeat_and_raters_rate_again(table: RatingTable) -> None:
    rows = list(zip(table.users, table.data_ids, table.performances, strict=True))
    assert len(set(rows)) < len(rows)
    different = {(user, data_id) for user, data_id, _ in rows}
    assert len({(user, performance) for user, _, performance in rows}) < len(different)


def test_every_performance_has_its_raters(root: Path, table: RatingTable) -> None:
    pairs = set(zip(table.users, table.performances, strict=True))
    counts = np.array([sum(p == each.performance for _, p in pairs) for each in read_manifest(root / "manifest.csv")])
    assert counts.min() >= FEWEST
    assert counts.max() <= MOST


@pytest.mark.parametrize("derivation", ["published", "clean"])
def test_mean_ratings_recover_the_truth_up_to_noise(root: Path, table: RatingTable, derivation: str) -> None:
    _, labels, truth = _labels(root, table, derivation)
    correlation = [np.corrcoef(labels[:, k], truth[:, k])[0, 1] for k in range(19)]
    assert 0.82 < np.mean(correlation) < 0.92
    assert min(correlation) > 0.7
    assert np.abs(labels.mean(axis=0) - truth.mean(axis=0)).max() < 0.06  # raters' bias, in label units


def test_the_noise_ceiling_is_near_that_of_the_real_corpus(root: Path, table: RatingTable) -> None:
    records = read_manifest(root / "manifest.csv")
    noise = noise_variance(person_ratings(table), {each.performance: each.movement for each in records})
    labels = derive("clean", table)
    everybody = ceiling(noise, labels, [each.performance for each in records])
    people = ceiling(noise, labels, [each.performance for each in records if not each.deadpan])
    assert 0.65 < everybody.mean() < 0.80  # the real corpus: .745
    assert 0.60 < people.mean() < everybody.mean()  # .699


def test_a_linear_model_of_the_true_parameters_explains_unseen_pianists(root: Path, table: RatingTable) -> None:
    names, labels, truth = _labels(root, table, "clean")
    records = {each.performance: each for each in read_manifest(root / "manifest.csv")}
    expressed = dict(zip(*_numbers(root / "expression.csv"), strict=True))
    segments = _segments(root)
    x = np.array([
        [*expressed[name], records[name].deadpan, *segments[records[name].segment]] for name in names
    ])  # fmt: skip
    test = np.array([records[name].player_index in (1, 2) for name in names])
    x = (x - x[~test].mean(axis=0)) / x[~test].std(axis=0)
    model = RidgeCV(np.logspace(-1, 3, 9)).fit(x[~test], labels[~test])
    assert r2_score(truth[test], model.predict(x[test])) > 0.75
    assert 0.4 < r2_score(labels[test], model.predict(x[test])) < 0.8


def _segments(root: Path) -> dict[str, list[float]]:
    with (root / "segments.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["segment"]: [float(row[key]) for key in PIECE_KEYS if key != "deadpan"] for row in csv.DictReader(file)
        }


def test_deadpan_performances_are_heard_as_such(root: Path) -> None:
    names, truth = _numbers(root / "truth.csv")
    deadpan = {each.performance for each in read_manifest(root / "manifest.csv") if each.deadpan}
    mask = np.array([name in deadpan for name in names])
    gap = 7 * (truth[mask].mean(axis=0) - truth[~mask].mean(axis=0))
    for key in ("timing", "mood_imagination", "interpretation", "timbre_variety"):
        assert gap[DIMENSION_KEYS.index(key)] < -0.5, key


def test_the_documented_tables_are_those_of_the_code() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "synthetic.md").read_text(encoding="utf-8")
    for p in PARAMETERS:
        limits = f"{p.low:g} to {p.high:g}"
        row = f"| `{p.key}` | {p.unit} | {p.mean:g} | {p.sd:g} | {limits} | {p.deadpan:g} | {p.meaning} |"
        assert row in page
    for dimension in DIMENSIONS:
        terms = " ".join(f"{weight:+g} {key}" for key, weight in WEIGHTS[dimension.key].items())
        assert f"| `{dimension.key}` | {dimension.low} to {dimension.high} | {terms} |" in page
