"""What every model of descriptors keeps: its shape, its roles, its answers to gaps and to noise."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from symbolic_cases import BASELINES, SETTINGS, by_player, made_examples, module_of, shuffled

from percepiano_core.errors import UserError
from percepiano_core.metrics.ratings import r2_per_dimension
from percepiano_core.perception.folds import load_model, run_folds
from percepiano_core.perception.selection import best_setting, r2_mean
from percepiano_core.splits.folds import Fold, Split

every_model = pytest.mark.parametrize("name", SETTINGS)
LEARNERS = [name for name in SETTINGS if name not in BASELINES]
EXAMPLES = made_examples()
TRAIN, VALID, TEST = by_player(EXAMPLES)


def predict(name, train=TRAIN, valid=VALID, test=TEST, seed=0):
    hidden = replace(test, labels=np.full_like(test.labels, np.nan))
    return load_model(module_of(name)).fit_predict(train, valid, hidden, SETTINGS[name], seed)


@every_model
def test_everyone_gets_a_rating(name):
    predicted = predict(name).test
    assert predicted.shape == TEST.labels.shape
    assert np.isfinite(predicted).all()
    assert (predicted >= 0).all() and (predicted <= 1).all()


@every_model
def test_a_performance_without_any_descriptor_gets_a_rating(name):
    features = TEST.features.copy()
    features[0] = np.nan
    assert np.isfinite(predict(name, test=replace(TEST, features=features)).test).all()


@every_model
def test_the_same_input_gives_the_same_output(name):
    np.testing.assert_array_equal(predict(name).test, predict(name).test)


@every_model
def test_valid_ratings_only_choose(name):
    """With one setting left to choose, other valid ratings change nothing."""
    one = {key: value[:1] if isinstance(value, list) else value for key, value in SETTINGS[name].items()}
    model = load_model(module_of(name))
    answers = [model.fit_predict(TRAIN, valid, TEST, one, 0).test for valid in (VALID, shuffled(VALID, 1))]
    np.testing.assert_array_equal(*answers)


@every_model
def test_one_test_performance_does_not_depend_on_the_others(name):
    half = TEST.rows(np.arange(len(TEST)) % 2 == 0)
    np.testing.assert_allclose(predict(name, test=half).test, predict(name).test[::2], atol=1e-9)


@every_model
def test_unseen_segments_and_players_get_a_rating(name):
    strange = replace(TEST, segments=TEST.performances, performers=TEST.performances, works=TEST.performances)
    assert np.isfinite(predict(name, test=strange).test).all()


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_beats_the_mean_on_what_can_be_learned(name):
    assert r2_mean(TEST.labels, predict(name).test) > 0.2 + r2_mean(TEST.labels, predict("mean").test)


@pytest.mark.parametrize("name", SETTINGS)
def test_shuffled_ratings_teach_nothing(name):
    train, valid, test = by_player(shuffled(EXAMPLES, 3))
    assert r2_mean(test.labels, predict(name, train, valid, test).test) < 0.02


def test_trivial_baselines_by_hand():
    looked_up = predict("segment_mean").test[0]
    np.testing.assert_allclose(looked_up, TRAIN.labels[TRAIN.segments == TEST.segments[0]].mean(axis=0))
    work = predict("performer_mean").test[0]  # no test player is in train
    np.testing.assert_allclose(work, TRAIN.labels[TRAIN.works == TEST.works[0]].mean(axis=0))


def test_segment_and_performer_means_add_segment_and_player():
    even = EXAMPLES.rows(np.arange(len(EXAMPLES)) % 2 == 0)
    odd = EXAMPLES.rows(np.arange(len(EXAMPLES)) % 2 == 1)
    scores = {n: r2_mean(odd.labels, predict(n, even, odd, odd).test) for n in SETTINGS if n in BASELINES}
    assert max(scores, key=scores.get) == "segment_and_performer"


@pytest.mark.parametrize("name", ["mean", "segment_mean", "performer_mean", "segment_and_performer"])
def test_trivial_baselines_start_without_scikit_learn(name):
    code = f"import sys, percepiano_core.{module_of(name)}; print({{'sklearn', 'scipy', 'pandas'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_settings_are_chosen_by_the_r2_of_the_tables():
    predicted = TEST.labels + np.random.default_rng(0).normal(size=TEST.labels.shape) / 10
    assert r2_mean(TEST.labels, predicted) == r2_per_dimension(TEST.labels, predicted).mean()


def test_a_dimension_that_does_not_vary_in_the_valid_role_does_not_choose():
    labels = TEST.labels.copy()
    labels[:, 3] = 0.5
    better, worse = labels + 0.05, labels + 0.051
    better[:, 3], worse[:, 3] = 0.5 + 1e-5, 0.5
    assert best_setting([worse, better], lambda each: each, labels)[0] is better
    assert np.isfinite(r2_mean(labels, better))


def test_folds_of_a_split_become_prediction_blocks():
    roles = {
        role: tuple(each.performances.tolist())
        for role, each in zip(("train", "valid", "test"), (TRAIN, VALID, TEST), strict=True)
    }
    split = Split("players", None, "players", (), {}, "", {"0": Fold(**roles), "1": Fold(**roles)})
    blocks, of_valid, chosen = run_folds(
        EXAMPLES,
        split,
        ["1"],
        "segment_mean",
        load_model("symbolic.baselines.segment_and_performer"),
        SETTINGS["segment_and_performer"],
        5,
    )
    assert [(b.split, b.fold, b.seed, b.model) for b in blocks] == [("players", "1", 5, "segment_mean")]
    assert blocks[0].performances == roles["test"]
    np.testing.assert_array_equal(blocks[0].targets, TEST.labels)
    assert of_valid[0].performances == roles["valid"]
    np.testing.assert_array_equal(of_valid[0].targets, VALID.labels)
    assert chosen["1"]["penalty"] in SETTINGS["segment_and_performer"]["penalties"]


def test_an_unknown_model_is_named():
    with pytest.raises(UserError, match="crystal_ball"):
        load_model("symbolic.crystal_ball")
    with pytest.raises(UserError, match="not a model"):
        load_model("perception.selection")


def test_an_unknown_feature_set_is_named():
    settings = SETTINGS["ridge"] | {"feature_sets": ["cooked"]}
    with pytest.raises(UserError, match=r"cooked.*aligned, raw"):
        load_model("perception.descriptor_models.ridge").fit_predict(TRAIN, VALID, TEST, settings, 0)
