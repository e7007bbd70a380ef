"""Reliability and noise ceiling: the documented table, and truths that hold for any ratings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from percepiano_core.corpus import percepiano
from percepiano_core.corpus.readers import list_performances
from percepiano_core.corpus.records import Performance
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.ratings.agreement import agreement_columns, read_agreement, write_agreement, write_rater_counts
from percepiano_core.ratings.ceiling import (
    Noise,
    ceiling,
    ceiling_inside_segments,
    ceilings,
    noise_variance,
    read_noise,
    write_noise,
)
from percepiano_core.ratings.derivations import published
from percepiano_core.ratings.figures import draw_agreement
from percepiano_core.ratings.labels import Labels
from percepiano_core.ratings.labels import select_performances as select_labels
from percepiano_core.ratings.person_ratings import PersonRatings, person_ratings, select_performances
from percepiano_core.ratings.reliability import rater_counts, reliability
from percepiano_core.ratings.table import RatingTable, read_ratings

# docs/ratings.md, "Agreement of raters": alpha, ICC1, ICCk, split half, sd [points], ceilings of all, humans, performer
# test, inside segments; values are rounded there, NaN stands for "< 0".
TABLE = {
    "timing": (0.227, 0.221, 0.726, 0.750, 1.51, 0.747, 0.710, 0.674, 0.556),
    "articulation_length": (0.251, 0.248, 0.754, 0.750, 1.34, 0.743, 0.734, 0.668, 0.296),
    "articulation_touch": (0.213, 0.208, 0.709, 0.737, 1.38, 0.725, 0.692, 0.583, 0.410),
    "pedal_amount": (0.481, 0.480, 0.895, 0.884, 1.23, 0.886, 0.873, 0.816, 0.797),
    "pedal_clarity": (0.374, 0.371, 0.845, 0.830, 1.38, 0.832, 0.823, 0.775, 0.735),
    "timbre_variety": (0.189, 0.185, 0.678, 0.700, 1.39, 0.695, 0.623, 0.543, 0.315),
    "timbre_depth": (0.243, 0.240, 0.747, 0.751, 1.36, 0.754, 0.677, 0.590, 0.452),
    "timbre_brightness": (0.252, 0.250, 0.756, 0.740, 1.16, 0.723, 0.722, 0.724, np.nan),
    "timbre_loudness": (0.270, 0.265, 0.770, 0.798, 1.23, 0.794, 0.786, 0.770, 0.110),
    "sophistication": (0.253, 0.248, 0.754, 0.784, 1.30, 0.777, 0.715, 0.654, 0.344),
    "dynamic_range": (0.165, 0.162, 0.643, 0.653, 1.32, 0.645, 0.544, 0.500, 0.129),
    "tempo": (0.419, 0.418, 0.870, 0.854, 0.94, 0.847, 0.856, 0.791, 0.598),
    "space": (0.216, 0.212, 0.714, 0.723, 1.30, 0.716, 0.621, 0.512, 0.330),
    "balance": (0.192, 0.188, 0.683, 0.706, 1.29, 0.699, 0.595, 0.601, 0.333),
    "drama": (0.181, 0.178, 0.668, 0.673, 1.40, 0.670, 0.598, 0.496, 0.281),
    "mood_valence": (0.292, 0.290, 0.791, 0.772, 1.12, 0.761, 0.760, 0.770, np.nan),
    "mood_energy": (0.208, 0.202, 0.702, 0.717, 1.19, 0.708, 0.695, 0.669, 0.082),
    "mood_imagination": (0.226, 0.223, 0.727, 0.739, 1.29, 0.735, 0.663, 0.549, 0.203),
    "interpretation": (0.188, 0.185, 0.679, 0.700, 1.39, 0.694, 0.593, 0.594, 0.356),
}
EXPECTED = np.array([TABLE[key] for key in DIMENSION_KEYS])
ROUNDED = 0.00051  # half of the table's last digit
PUBLISHED_TEST = (1, 2)  # player indices of the published performer test


@pytest.fixture(scope="module")
def corpus(percepiano_names: Path) -> dict[str, Performance]:
    return {each.performance: each for each in list_performances("percepiano", percepiano_names)}


@pytest.fixture(scope="module")
def table(percepiano_files: Path) -> RatingTable:
    return read_ratings(percepiano.ratings_path(percepiano_files))[0]


@pytest.fixture(scope="module")
def votes(table: RatingTable) -> PersonRatings:
    return person_ratings(table)


@pytest.fixture(scope="module")
def labels(table: RatingTable) -> Labels:
    return published(table)


@pytest.fixture(scope="module")
def noise(votes: PersonRatings, corpus: dict[str, Performance]) -> Noise:
    return noise_variance(votes, {key: each.movement for key, each in corpus.items()})


def simulated(
    random: np.random.Generator, performances: int, raters: int, true_sd: float, rater_sd: float
) -> tuple[PersonRatings, np.ndarray]:
    truth = random.normal(0.5, true_sd, (performances, len(DIMENSION_KEYS)))
    rows = np.repeat(np.arange(performances), raters)
    values = truth[rows] + random.normal(0, rater_sd, (len(rows), len(DIMENSION_KEYS)))
    users = np.array([f"u{i % raters}" for i in range(len(rows))])
    return PersonRatings(tuple(f"p{i}" for i in range(performances)), rows, users, values), truth


def labels_of(votes: PersonRatings) -> Labels:
    raters = len(votes.rows) // len(votes.performances)
    cells = votes.values.reshape(len(votes.performances), raters, -1)
    return Labels(votes.performances, np.full(len(votes.performances), raters), cells.mean(axis=1), cells.std(axis=1))


def test_reliability_equals_the_documented_table(votes: PersonRatings) -> None:
    measured = reliability(votes, np.random.default_rng(0))
    for place, values in enumerate((measured.alpha, measured.icc1, measured.icck)):
        np.testing.assert_allclose(values, EXPECTED[:, place], rtol=0, atol=ROUNDED)
    np.testing.assert_allclose(measured.split_half, EXPECTED[:, 3], rtol=0, atol=0.01)  # random halves
    np.testing.assert_allclose(measured.sd_points, EXPECTED[:, 4], rtol=0, atol=0.006)  # two digits


def test_ceilings_equal_the_documented_table(noise: Noise, labels: Labels, corpus: dict[str, Performance]) -> None:
    test = [key for key, each in corpus.items() if not each.deadpan and each.player_index in PUBLISHED_TEST]
    assert len(test) == 193
    found = ceilings(noise, labels, list(corpus.values()), {"performer": test})
    assert list(found) == ["all", "humans", "performer_test", "inside_segment", "inside_segment_centred"]
    for place, name in ((5, "all"), (6, "humans"), (7, "performer_test")):
        np.testing.assert_allclose(found[name], EXPECTED[:, place], rtol=0, atol=ROUNDED)
    inside, known = found["inside_segment"], np.isfinite(EXPECTED[:, 8])
    np.testing.assert_allclose(inside[known], EXPECTED[known, 8], rtol=0, atol=ROUNDED)
    assert (inside[~known] < 0).all()
    assert inside.mean() == pytest.approx(0.315, abs=ROUNDED)


def test_performances_without_labels_have_no_part_in_the_ceiling(
    noise: Noise, labels: Labels, corpus: dict[str, Performance]
) -> None:
    renderings = [each for each in corpus.values() if each.deadpan]
    part = select_labels(labels, [each.performance for each in renderings[:100]])
    found = ceilings(noise, part, renderings, {"other": [renderings[5].performance, renderings[120].performance]})
    np.testing.assert_array_equal(found["all"], ceiling(noise, labels, part.performances))
    assert np.isnan(found["humans"]).all()
    assert np.isnan(found["inside_segment"]).all()
    assert np.isnan(found["other_test"]).all()  # one labelled performance has no variance


def test_rater_counts_are_the_documented_ones(
    votes: PersonRatings, corpus: dict[str, Performance], tmp_path: Path
) -> None:
    counts = rater_counts(votes, {key: each.movement for key, each in corpus.items()})
    found = {each.movement: (each.performances, each.least, each.median, each.most) for each in counts}
    assert found == {
        "WoO80": (238, 3, 5, 7),
        "D935": (117, 4, 5, 6),
        "D960mv2": (288, 8, 13, 17),
        "D960mv3": (559, 7, 10, 12),
    }
    assert sum(each.ratings for each in counts) == 11215
    write_rater_counts(tmp_path / "counts.csv", counts)
    assert (tmp_path / "counts.csv").read_text().splitlines()[1] == "D935,117,11,624,4,5.0,6"


def test_noise_survives_its_file(noise: Noise, tmp_path: Path) -> None:
    write_noise(tmp_path / "noise.csv", noise)
    again = read_noise(tmp_path / "noise.csv")
    assert again.performances == noise.performances
    np.testing.assert_array_equal(again.variance, noise.variance)


def test_simulated_raters_have_the_reliability_they_were_given() -> None:
    votes, _ = simulated(np.random.default_rng(5), performances=800, raters=8, true_sd=0.1, rater_sd=0.2)
    measured = reliability(votes, np.random.default_rng(6))
    single, averaged = 0.1**2 / (0.1**2 + 0.2**2), 0.1**2 / (0.1**2 + 0.2**2 / 8)
    assert measured.icc1.mean() == pytest.approx(single, abs=0.01)
    assert measured.alpha.mean() == pytest.approx(single, abs=0.01)
    assert measured.icck.mean() == pytest.approx(averaged, abs=0.01)
    assert measured.split_half.mean() == pytest.approx(averaged, abs=0.01)
    assert measured.sd_points.mean() == pytest.approx(0.2 * 7, abs=0.02)


def test_the_ceiling_is_what_the_truth_itself_reaches() -> None:
    votes, truth = simulated(np.random.default_rng(7), performances=3000, raters=6, true_sd=0.1, rater_sd=0.2)
    labels = labels_of(votes)
    noise = noise_variance(votes, dict.fromkeys(votes.performances, "op1"))
    reached = 1 - ((labels.mean - truth) ** 2).mean(axis=0) / labels.mean.var(axis=0)
    np.testing.assert_allclose(ceiling(noise, labels, votes.performances), reached, atol=0.03)
    segments = [f"s{i // 4}" for i in range(len(votes.performances))]
    centred = [each - each.reshape(-1, 4, 19).mean(axis=1).repeat(4, axis=0) for each in (labels.mean, truth)]
    reached = 1 - ((centred[0] - centred[1]) ** 2).mean(axis=0) / centred[0].var(axis=0)
    corrected = ceiling_inside_segments(noise, labels, votes.performances, segments, centred_noise=True)
    np.testing.assert_allclose(corrected, reached, atol=0.03)
    plain = ceiling_inside_segments(noise, labels, votes.performances, segments)
    assert plain.mean() < corrected.mean() - 0.05


def test_raters_of_one_movement_say_nothing_about_another() -> None:
    votes, _ = simulated(np.random.default_rng(8), performances=40, raters=5, true_sd=0.1, rater_sd=0.1)
    values = votes.values.copy()
    values[votes.rows >= 20] = values[votes.rows >= 20].mean()
    movements = {name: "loud" if i < 20 else "silent" for i, name in enumerate(votes.performances)}
    noise = noise_variance(PersonRatings(votes.performances, votes.rows, votes.users, values), movements)
    assert (noise.variance[:20] > 0.001).all()
    assert noise.variance[20:] == pytest.approx(0.0, abs=1e-20)


def test_one_rater_each_gives_no_ceiling_instead_of_a_wrong_one() -> None:
    votes, _ = simulated(np.random.default_rng(9), performances=10, raters=1, true_sd=0.1, rater_sd=0.1)
    noise = noise_variance(votes, dict.fromkeys(votes.performances, "op1"))
    assert np.isnan(ceiling(noise, labels_of(votes), votes.performances)).all()
    assert np.isnan(reliability(votes, np.random.default_rng(0)).icc1).all()


def test_a_part_of_the_corpus_keeps_its_own_ratings_only(votes: PersonRatings) -> None:
    chosen = set(votes.performances[100:103])
    part = select_performances(votes, chosen)
    assert set(part.performances) == chosen
    for row, name in enumerate(part.performances):
        whole = votes.values[votes.rows == votes.performances.index(name)]
        np.testing.assert_array_equal(part.values[part.rows == row], whole)


def test_the_picture_depends_on_the_numbers_alone(tmp_path: Path) -> None:
    votes, _ = simulated(np.random.default_rng(3), performances=30, raters=4, true_sd=0.1, rater_sd=0.1)
    noise = noise_variance(votes, dict.fromkeys(votes.performances, "op1"))
    limits = {"all": ceiling(noise, labels_of(votes), votes.performances), "nothing": np.full(19, np.nan)}
    columns = agreement_columns(reliability(votes, np.random.default_rng(0)), limits)
    write_agreement(tmp_path / "agreement.csv", columns)
    again = read_agreement(tmp_path / "agreement.csv")
    assert list(again) == ["alpha", "icc1", "icck", "split_half", "sd_points", "ceiling_all", "ceiling_nothing"]
    np.testing.assert_allclose(again["ceiling_all"], limits["all"], atol=1e-6)
    assert np.isnan(again["ceiling_nothing"]).all()
    for name in ("one.svg", "two.svg"):
        draw_agreement(tmp_path / name, again, source="synthetic")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    draw_agreement(tmp_path / "two.svg", again | {"icc1": again["icc1"] + 0.1}, source="synthetic")
    assert (tmp_path / "one.svg").read_bytes() != (tmp_path / "two.svg").read_bytes()
