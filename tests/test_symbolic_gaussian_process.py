"""The Gaussian process: its likelihood, its covariances, and what it does with what it never saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import multivariate_normal
from symbolic_cases import SETTINGS, by_player, made_examples

from percepiano_core.perception.descriptor_models.gaussian_process import Settings, fit_predict, predict_roles
from percepiano_core.perception.descriptor_models.kernels import (
    Component,
    covariances,
    descriptor_relevance,
    standard_components,
)
from percepiano_core.perception.descriptor_models.marginal_likelihood import (
    LEAST_NOISE,
    _negative_log_likelihood,
    likeliest_weights,
)
from percepiano_core.perception.selection import r2_mean

EXAMPLES = made_examples()
TRAIN, VALID, TEST = by_player(EXAMPLES)
GP = SETTINGS["gaussian_process"]


def likelihood_case(rows=30, outputs=3):
    rng = np.random.default_rng(1)
    factors = rng.normal(size=(2, rows, 4))
    terms = np.array([each @ each.T / 4 for each in factors], dtype=np.float32)
    return terms, rng.uniform(0.5, 1.5, rows), rng.normal(size=(rows, outputs))


def test_the_likelihood_is_scipys():
    terms, noise, targets = likelihood_case()
    log_weights = np.log([0.7, 0.2, 0.4])
    value, _ = _negative_log_likelihood(
        log_weights, terms.reshape(2, -1), noise.astype(np.float32), targets.astype(np.float32)
    )
    covariance = 0.7 * terms[0] + 0.2 * terms[1] + np.diag(0.4 * noise + LEAST_NOISE)
    expected = -multivariate_normal(cov=covariance).logpdf(targets.T).sum() / targets.size
    assert value == pytest.approx(expected - np.log(2 * np.pi) / 2, abs=1e-4)


def test_the_gradient_is_that_of_the_likelihood():
    terms, noise, targets = likelihood_case()
    arguments = (terms.reshape(2, -1), noise.astype(np.float32), targets.astype(np.float32))
    error = check_grad(
        lambda x: _negative_log_likelihood(x, *arguments)[0],
        lambda x: _negative_log_likelihood(x, *arguments)[1],
        np.log([0.7, 0.2, 0.4]),
        epsilon=1e-2,
    )
    assert error < 5e-3


def test_the_likeliest_weights_find_the_covariance_that_made_the_data():
    terms, _, _ = likelihood_case(rows=120)
    made = 1.0 * terms[0] + 0.3 * np.eye(120)
    targets = np.random.default_rng(2).multivariate_normal(np.zeros(120), made, size=40).T
    weights, noise = likeliest_weights(terms, np.ones(120), targets, 50)
    assert weights[0] == pytest.approx(1.0, rel=0.35)
    assert weights[1] < 0.1
    assert noise == pytest.approx(0.3, rel=0.2)


def test_covariances_are_symmetric_and_positive():
    stack, to_test = covariances(standard_components(["raw", "aligned"]), TRAIN, [TEST], 0.5)
    assert to_test.shape == (len(stack), len(TEST), len(TRAIN))
    for term in stack.astype(float):
        np.testing.assert_allclose(term, term.T, atol=1e-5)
        assert np.linalg.eigvalsh(term).min() > -1e-3


def test_each_term_is_keyed_by_what_it_is_named_for():
    """Which pairs of performances a term joins: all, those of a movement, of a segment, or of a player."""
    (stack,) = covariances(standard_components(["raw", "aligned"]), TRAIN, [], 0.5)
    same = {
        field: getattr(TRAIN, field)[:, None] == getattr(TRAIN, field)[None, :]
        for field in ("segments", "movements", "performers")
    }

    def key(term):
        joined = term != 0
        held = [field for field, equal in same.items() if not joined[~equal].any()]
        return held[0] if held else "all"

    keys = [key(term) for term in stack]
    assert {name: keys.count(name) for name in set(keys)} == {"all": 4, "movements": 4, "segments": 1, "performers": 2}


def test_within_a_movement_means_nothing_across_movements():
    (stack,) = covariances([Component("rbf", "raw", within="movements")], TRAIN, [], 0.0)
    same = TRAIN.movements[:, None] == TRAIN.movements[None, :]
    assert (stack[0][~same] == 0).all()
    np.testing.assert_allclose(np.diag(stack[0]), 1, atol=1e-5)


def test_relevance_finds_the_inputs_that_tell():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(300, 3))
    labels = inputs[:, [0]] + 0.1 * rng.normal(size=(300, 19))
    groups = (inputs[:, 1] > 0).astype(int)
    relevance = descriptor_relevance(inputs, labels + 5 * groups[:, None], groups)
    assert relevance[0] > 0.9
    assert relevance[1:].max() < 0.2


def test_a_seen_segment_helps_and_an_unseen_one_does_not_hurt():
    known = fit_predict(TRAIN, VALID, TEST, GP, 0).test
    unknown = fit_predict(TRAIN, VALID, replace(TEST, segments=np.full(len(TEST), "new")), GP, 0).test
    mean = np.repeat(TRAIN.labels.mean(axis=0, keepdims=True), len(TEST), axis=0)
    assert r2_mean(TEST.labels, known) > r2_mean(TEST.labels, unknown) > r2_mean(TEST.labels, mean)


def test_ratings_by_few_raters_count_less():
    """A row with very few raters moves the prediction of its twin less than a row with many."""

    def twin_prediction(raters):
        labels, n_raters = TRAIN.labels.copy(), TRAIN.n_raters.copy()
        labels[0], n_raters[0] = 1.0, raters
        changed = replace(TRAIN, labels=labels, n_raters=n_raters)
        return predict_roles(changed, (TRAIN.rows(np.arange(1)),), "raw", Settings(**GP), 0)[0].mean()

    assert twin_prediction(1) < twin_prediction(50)


def test_fewer_fitting_rows_change_weights_not_the_rows_that_predict():
    few = predict_roles(TRAIN, (TEST,), "raw", Settings(**GP | {"fitting_rows": 40}), 0)[0]
    assert r2_mean(TEST.labels, few) > 0.3
