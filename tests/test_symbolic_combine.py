"""Combining models by their predictions alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from percepiano_core.errors import UserError
from percepiano_core.perception.combination import combine_folds, load_combination
from percepiano_core.perception.selection import r2_mean
from percepiano_core.store.predictions import FoldPredictions

RNG = np.random.default_rng(0)
SETTINGS = {"members": ["near", "far"], "steps": 4}
AVERAGE = load_combination("perception.weighted_average")


def block(model: str, noise: float, fold: str = "0", seed: int = 0, names: str = "p", n: int = 40) -> FoldPredictions:
    targets = np.random.default_rng(7).random((n, 19))
    predictions = targets + noise * np.random.default_rng([seed, int(fold), len(model)]).normal(size=targets.shape)
    return FoldPredictions("work", fold, seed, model, tuple(f"{names}{i:02d}" for i in range(n)), targets, predictions)


def members(fold: str = "0", **changes: object) -> list[FoldPredictions]:
    return [replace(block("near", 0.2, fold), **changes), replace(block("far", 0.3, fold), **changes)]


def test_a_stack_is_a_weighted_mean_that_beats_its_members_on_the_valid_role() -> None:
    test, valid, chosen = combine_folds(members(), members(), "average", AVERAGE, SETTINGS, 3)
    weights = [chosen["0"][name] for name in SETTINGS["members"]]
    assert sum(weights) == pytest.approx(1)
    assert weights[0] > weights[1] > 0
    expected = sum(w * each.predictions for w, each in zip(weights, members(), strict=True))
    np.testing.assert_allclose(test[0].predictions, expected)
    best = max(r2_mean(each.targets, each.predictions) for each in members())
    assert r2_mean(valid[0].targets, valid[0].predictions) > best
    assert (test[0].model, test[0].seed, test[0].fold) == ("average", 3, "0")


def test_test_ratings_choose_nothing() -> None:
    swapped = members(targets=RNG.random((40, 19)))
    chosen = [combine_folds(test, members(), "average", AVERAGE, SETTINGS, 0)[2] for test in (members(), swapped)]
    assert chosen[0] == chosen[1]


def test_each_fold_chooses_for_itself_and_seeds_count_as_one() -> None:
    test = [*members("0"), *members("1"), block("near", 0.2, "1", seed=1)]
    made, _, chosen = combine_folds(test, test, "average", AVERAGE, SETTINGS, 0)
    assert [each.fold for each in made] == ["0", "1"]
    near = (block("near", 0.2, "1").predictions + block("near", 0.2, "1", seed=1).predictions) / 2
    weights = chosen["1"]
    expected = weights["near"] * near + weights["far"] * block("far", 0.3, "1").predictions
    np.testing.assert_allclose(made[1].predictions, expected)


def test_a_member_without_predictions_or_with_other_performances_is_named() -> None:
    with pytest.raises(UserError, match="far"):
        combine_folds(members()[:1], members(), "average", AVERAGE, SETTINGS, 0)
    others = [members()[0], replace(members()[1], performances=block("far", 0.3, names="q").performances)]
    with pytest.raises(UserError, match="other performances"):
        combine_folds(others, members(), "average", AVERAGE, SETTINGS, 0)


def test_a_module_that_combines_nothing_is_named() -> None:
    with pytest.raises(UserError, match="not a combination"):
        load_combination("perception.descriptor_models.ridge")
