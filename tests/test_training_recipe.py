"""Recipes: the published values, what schedules do, which epochs are validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from percepiano_core.config import check_config
from percepiano_core.errors import UserError
from percepiano_core.training.recipe import Recipe, learning_rate_factor
from percepiano_core.training.settings import built, presets_of, resolved, schema_of


def recipe(name: str, **changes: object) -> Recipe:
    return built(Recipe, {"preset": name, **changes})


def rates(plan: Recipe, iterations: range, an_epoch: int) -> list[float]:
    return [plan.learning_rate * learning_rate_factor(plan, i, an_epoch) for i in iterations]


def test_the_presets_are_those_that_the_systems_use() -> None:
    names = ["published", "default", "masked_pretraining", "dynamics_published", "dynamics_cpu", "dynamics_rendered"]
    names += ["audio", "audio_fine_tuning", "audio_pretraining"]
    assert list(presets_of(Recipe)) == names
    for values in presets_of(Recipe).values():
        check_config(values, schema_of(Recipe))


@pytest.mark.parametrize(("done", "rate"), [(0, 2.5e-5), (2999, 2.5e-5), (3000, 2.45e-5), (9500, 2.35298e-5)])
def test_the_published_learning_rate_falls_by_two_percent_every_3000_iterations(done: int, rate: float) -> None:
    assert rates(recipe("published"), range(done, done + 1), 95) == pytest.approx([rate])


def test_the_published_recipe_is_that_of_the_released_code() -> None:
    plan = recipe("published")
    assert (plan.optimiser, plan.weight_decay, plan.clip, plan.batch_size) == ("adam", 1e-5, 2.0, 8)
    assert (plan.batching, plan.epochs, plan.patience, plan.select_on) == ("shuffled", 100, 0, "loss")


def test_the_default_learning_rate_rises_over_an_epoch_and_falls_to_nothing() -> None:
    plan = recipe("default", epochs=5)
    factors = [learning_rate_factor(plan, i, 10) for i in range(50)]
    assert max(factors) == factors[9] == 1
    assert factors[0] == pytest.approx(0.1)
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert factors[-1] < 0.01


def test_the_published_dynamics_recipe_falls_by_a_tenth_every_second_epoch() -> None:
    plan = recipe("dynamics_published")
    assert (plan.optimiser, plan.epochs, plan.batch_size, plan.weight_decay, plan.clip) == ("adamw", 120, 10, 0.01, 0)
    assert rates(plan, range(0, 60, 10), 10) == pytest.approx([3e-4, 3e-4, 2.7e-4, 2.7e-4, 2.43e-4, 2.43e-4])
    assert len(set(rates(plan, range(20), 10))) == 1


def test_which_epochs_are_validated() -> None:
    plan = recipe("dynamics_published", epochs=30)
    assert [epoch for epoch in range(1, 31) if plan.validates(epoch)] == [8, 16, 24, 30]
    assert all(recipe("default").validates(epoch) for epoch in range(1, 21))


def test_masked_pre_training_draws_150_batches_an_epoch() -> None:
    plan = recipe("masked_pretraining")
    assert (plan.examples_an_epoch, plan.epochs, plan.clip) == (150 * plan.batch_size, 5, 3.0)


def test_a_recipe_of_its_resolved_values_is_the_same() -> None:
    values = resolved(Recipe, {"preset": "dynamics_cpu", "epochs": 12})
    assert "preset" not in values and built(Recipe, values) == recipe("dynamics_cpu", epochs=12)
    assert built(Recipe, values).examples_an_epoch == 1500


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"preset": "quick"}, "quick"),
        ({"epoch": 3}, "did you mean 'epochs'"),
        ({"batching": "sorted"}, "sorted"),
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"patience": -1}, "patience"),
        ({"decay": 1.5}, "decay"),
        ({"clip": "none"}, "clip"),
    ],
)
def test_a_wrong_value_is_named_before_any_work(values: Mapping[str, Any], named: str) -> None:
    with pytest.raises(UserError, match=named):
        check_config(values, schema_of(Recipe))


def test_a_value_that_is_none_of_the_choices_is_named_in_code_too() -> None:
    with pytest.raises(UserError, match="optimiser: there is no 'sgd'; choose one of adam, adamw"):
        Recipe(optimiser="sgd")
