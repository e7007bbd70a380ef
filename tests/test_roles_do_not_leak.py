"""Roles do not leak: the train role is learned from, the validation role chooses, the test role is only predicted.

For every model of config.yaml that is fitted or combined (networks: the tests of their trainings): other ratings or
labels of the test role change nothing, and other ones of the validation role change the choice and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from dynamics_cases import pieces
from symbolic_cases import EXTRA_TREES, SETTINGS, by_player, made_examples, module_of

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import Fitted, Roles
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction, run_tables
from percepiano_core.metrics.levels_and_beats import BLANK
from percepiano_core.perception.combination import combine_folds, load_combination
from percepiano_core.perception.examples import Examples, Predicted, joined
from percepiano_core.perception.folds import load_model, run_folds
from percepiano_core.perception.selection import shares
from percepiano_core.splits.folds import Fold, Split
from percepiano_core.store.dynamics_predictions import RunPredictions
from percepiano_core.store.predictions import FoldPredictions

CONFIG = yaml.safe_load((Path(__file__).parent.parent / "config.yaml").read_text(encoding="utf-8"))
# Of forests as large as the ones that predict, so that a candidate's validation score can be told from outside.
RATINGS = {module_of(name): SETTINGS[name] for name in SETTINGS} | {
    module_of("extra_trees"): EXTRA_TREES | {"trees": 20, "trees_to_choose": 20}
}
DYNAMICS: dict[str, list[tuple[str | None, dict[str, Any]]]] = {  # module -> kinds of input with settings
    "dynamics.beat_models.baselines": [
        *((None, {"baseline": name}) for name in ("constant", "first_beat", "every_beat", "periodic")),
        ("curves8", {"baseline": "pelt", "penalties": [1.0, 4.0, 16.0]}),
        ("curves8", {"baseline": "librosa"}),
    ],
    "dynamics.beat_models.beat_models": [
        ("curves8", {"recordings": 1, "levels": ["logistic", "trees"], "level_beats": 20, "change_point_beats": 20})
    ],
}
COMBINED = {"perception.weighted_average", "dynamics.predictions.combination"}
# Name of what was chosen -> the setting that lists what it is chosen from.
LISTS = {
    "feature_set": "feature_sets",
    "penalty": "penalties",
    "max_features": "max_features",
    "min_samples_leaf": "min_samples_leaf",
}
CHOOSERS = [
    module for module, settings in RATINGS.items() if any(len(settings.get(name, ())) > 1 for name in LISTS.values())
]
every_rating_model = pytest.mark.parametrize("module", RATINGS)


def test_every_fitted_or_combined_model_of_the_configuration_is_tested_here() -> None:
    modules = {entry["module"] for entry in CONFIG["models"].values()}
    trained = {name for name in modules if hasattr(import_module(f"percepiano_core.{name}"), "train_fold")}
    assert modules - trained == {*RATINGS, *DYNAMICS, *COMBINED}


# --- ratings ---

EXAMPLES = made_examples()
ROLES = dict(zip(("train", "valid", "test"), by_player(EXAMPLES), strict=True))


def answers(
    module: str, settings: Mapping[str, Any], **labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Ratings of the valid and the test role, and what was chosen; `labels` of roles in place of the made ones."""
    roles = {role: replace(each, labels=labels.get(role, each.labels)) for role, each in ROLES.items()}
    everyone = joined(joined(roles["train"], roles["valid"]), roles["test"])
    names = {role: tuple(each.performances.tolist()) for role, each in roles.items()}
    split = Split("players", None, "players", (), {}, "", {"0": Fold(**names)})
    test, valid, chosen = run_folds(everyone, split, ["0"], "m", load_model(module), settings, 0)
    return valid[0].predictions, test[0].predictions, chosen["0"]


def other_labels(role: str, seed: int = 1) -> np.ndarray:
    """Ratings that nobody gave, of another mean and spread."""
    return np.random.default_rng(seed).random(ROLES[role].labels.shape) ** 2


def candidates(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The settings with one value left in every list that the validation role chooses from."""
    found = [dict(settings)]
    for name in {*LISTS.values()} & settings.keys():
        found = [each | {name: [value]} for each in found for value in settings[name]]
    return found


@every_rating_model
def test_ratings_of_the_test_role_change_nothing(module: str) -> None:
    before, after = answers(module, RATINGS[module]), answers(module, RATINGS[module], test=other_labels("test"))
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2] == after[2]


@every_rating_model
def test_ratings_of_the_validation_role_change_the_choice_and_nothing_else(module: str) -> None:
    valid, test, chosen = answers(module, RATINGS[module], valid=other_labels("valid"))
    only = {LISTS[name]: [value] for name, value in chosen.items() if name in LISTS}
    expected_valid, expected_test, _ = answers(module, RATINGS[module] | only)
    np.testing.assert_array_equal(valid, expected_valid)
    np.testing.assert_array_equal(test, expected_test)


@pytest.mark.parametrize("module", CHOOSERS)
def test_what_fits_the_validation_role_is_chosen_whatever_fits_the_others(module: str) -> None:
    """Each candidate in turn is right about everyone in the valid role, and another one about the test role."""
    said = [answers(module, each) for each in candidates(RATINGS[module])]
    for i, (settings, (on_valid, on_test, _)) in enumerate(zip(candidates(RATINGS[module]), said, strict=True)):
        _, test, chosen = answers(module, RATINGS[module], valid=on_valid, test=said[i - 1][1])
        assert {LISTS[name]: [value] for name, value in chosen.items() if name in LISTS}.items() <= settings.items()
        np.testing.assert_array_equal(test, on_test)


class Peeking:
    """A model that says what it is told of whom it predicts."""

    def fit_predict(self, train: Examples, valid: Examples, test: Examples, settings: Any, seed: int) -> Predicted:
        assert np.isfinite(train.labels).all() and np.isfinite(valid.labels).all()
        np.testing.assert_array_equal(test.n_raters, np.nan)
        return Predicted(test.labels)


def test_whom_a_model_predicts_it_gets_without_ratings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("test_roles_do_not_leak.load_model", lambda module: Peeking())
    valid, test, _ = answers("peeking", {})
    assert np.isnan(valid).all() and np.isnan(test).all()


def test_who_plays_counts_whatever_is_played() -> None:
    """The Gaussian process knows players from other segments: its player term is keyed by player, not by segment."""
    rng = np.random.default_rng(3)
    players, of = np.unique(EXAMPLES.performers, return_inverse=True)
    effect = rng.choice([-0.2, 0.2], size=(len(players), 19))[of]
    made = replace(EXAMPLES, features=rng.normal(size=EXAMPLES.features.shape), labels=0.5 + effect)
    number = np.array([int(name[1:]) for name in EXAMPLES.segments])
    train, valid, test = (made.rows(rows) for rows in (number < 8, (number >= 8) & (number < 10), number >= 10))
    module = module_of("gaussian_process")
    hidden = replace(test, labels=np.full_like(test.labels, np.nan))
    said = load_model(module).fit_predict(train, valid, hidden, RATINGS[module], 0).test
    assert np.abs(said - test.labels).mean() < 0.1
    strangers = replace(hidden, performers=hidden.performances)
    said = load_model(module).fit_predict(train, valid, strangers, RATINGS[module], 0).test
    assert np.abs(said - test.labels).mean() > 0.15


# --- weighted average of models of ratings ---

AVERAGE = {"members": ["one", "two"], "steps": 4}


def member_blocks(role: str, targets: np.ndarray) -> list[FoldPredictions]:
    rng = np.random.default_rng(len(role))
    names = tuple(f"{role}{i}" for i in range(len(targets)))
    said = [rng.random(targets.shape) for _ in AVERAGE["members"]]
    return [
        FoldPredictions("work", "0", 0, member, names, targets, each)
        for member, each in zip(AVERAGE["members"], said, strict=True)
    ]


def averaged(role: str, weights: tuple[float, ...]) -> np.ndarray:
    blocks = member_blocks(role, np.zeros((30, 19)))
    return sum(weight * block.predictions for weight, block in zip(weights, blocks, strict=True))


@pytest.mark.parametrize("weights", list(shares(2, AVERAGE["steps"])))
def test_weights_are_those_that_fit_the_validation_role_whatever_fits_the_test_role(weights) -> None:
    combination = load_combination("perception.weighted_average")
    made = []
    for of_test in shares(2, AVERAGE["steps"]):
        test = member_blocks("test", averaged("test", of_test))
        valid = member_blocks("valid", averaged("valid", weights))
        made.append(combine_folds(test, valid, "average", combination, AVERAGE, 0))
    for of_test, of_valid, chosen in made:
        assert tuple(chosen["0"][member] for member in AVERAGE["members"]) == weights
        np.testing.assert_allclose(of_test[0].predictions, averaged("test", weights))
        np.testing.assert_allclose(of_valid[0].predictions, averaged("valid", weights))


# --- dynamics ---

RECORDINGS = pieces(8, 2)
CASES = [
    pytest.param(module, kind, settings, id=settings.get("baseline", module.rpartition(".")[2]))
    for module, cases in DYNAMICS.items()
    for kind, settings in cases
]


def relabelled(examples: list[Example], seed: int) -> list[Example]:
    """The recordings with other levels and changes at the same beats."""
    rng = np.random.default_rng(seed)
    made = []
    for each in examples:
        level = np.where(each.labels.level == BLANK, BLANK, rng.integers(1, 6, len(each.labels.level)))
        labels = replace(each.labels, level=level, change_point=rng.random(len(level)) < 0.2)
        made.append(replace(each, labels=labels))
    return made


def second_commonest_level(examples: list[Example]) -> int:
    return (
        int(np.argsort(np.bincount(np.concatenate([each.labels.level for each in examples]), minlength=6)[1:])[-2]) + 1
    )


def with_level(examples: list[Example], level: int) -> list[Example]:
    """The recordings with one level throughout."""
    return [
        replace(each, labels=replace(each.labels, level=np.full_like(each.labels.level, level))) for each in examples
    ]


def fitted(module: str, kind: str | None, settings: Mapping[str, Any], **roles: list[Example]) -> Fitted:
    given = {"train": RECORDINGS[:10], "valid": RECORDINGS[10:13], "test": RECORDINGS[13:]} | roles
    model = import_module(f"percepiano_core.{module}")
    everything = [example for role in given.values() for example in role]
    return model.prepare(everything, kind, settings)(Roles(**given), 0)


def assert_same(first: list[RecordingPrediction], second: list[RecordingPrediction], *names: str) -> None:
    for one, other in zip(first, second, strict=True):
        for name in names or ("levels", "scores", "evidence", "change_points"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
        for task in {*(one.events or {}), *(other.events or {})}:
            np.testing.assert_array_equal(one.events[task], other.events[task])


@pytest.mark.parametrize(("module", "kind", "settings"), CASES)
def test_labels_of_the_test_role_change_nothing_in_dynamics(module, kind, settings) -> None:
    before = fitted(module, kind, settings)
    after = fitted(module, kind, settings, test=relabelled(RECORDINGS[13:], 1))
    assert_same(before.valid, after.valid)
    assert_same(before.test, after.test)
    assert before.chosen == after.chosen


@pytest.mark.parametrize(("module", "kind", "settings"), CASES)
def test_labels_of_the_validation_role_change_the_choice_and_nothing_else_in_dynamics(module, kind, settings) -> None:
    before = fitted(module, kind, settings)
    valid = with_level(relabelled(RECORDINGS[10:13], 2), second_commonest_level(RECORDINGS[:10]))
    after = fitted(module, kind, settings, valid=valid)
    assert_same(before.test, after.test, "levels", "scores", "evidence")
    assert {**before.chosen, "threshold": 0, "penalty": 0} == {**after.chosen, "threshold": 0, "penalty": 0}
    if "threshold" in before.chosen:
        assert before.chosen["threshold"] != after.chosen["threshold"]
        for each in after.test:
            np.testing.assert_array_equal(each.change_points, each.evidence >= after.chosen["threshold"])
    elif "penalty" in after.chosen:
        alone = fitted(module, kind, settings | {"penalties": [after.chosen["penalty"]]})
        assert_same(alone.test, after.test)
    else:
        assert_same(before.test, after.test)


@pytest.mark.parametrize("penalty", [1.0, 4.0, 16.0])
def test_the_penalty_is_what_fits_the_validation_role_whatever_fits_the_test_role(penalty: float) -> None:
    module, settings = "dynamics.beat_models.baselines", {"baseline": "pelt"}
    alone = {each: fitted(module, "curves8", settings | {"penalties": [each]}) for each in (1.0, 4.0, 16.0)}

    def right(said: list[RecordingPrediction]) -> list[Example]:
        return [replace(x.example, labels=replace(x.example.labels, change_point=x.change_points)) for x in said]

    for other in alone.values():
        roles = {"valid": right(alone[penalty].valid), "test": right(other.test)}
        after = fitted(module, "curves8", settings | {"penalties": list(alone)}, **roles)
        assert after.chosen == {"penalty": penalty}
        assert_same(alone[penalty].test, after.test)


# --- combination of dynamics models ---

POWERS = [0.0, 0.5, 1.0]
SHARES = [0.05, 0.1, 0.2, 0.25, 0.4]


def member_runs(examples: list[Example]) -> list[RunPredictions]:
    runs = []
    for member in range(2):
        rng = np.random.default_rng(member)
        said = []
        for each in examples:
            n = len(each.beat_times)
            scores = np.log(rng.dirichlet(np.ones(5), n))
            said.append(RecordingPrediction(each, scores.argmax(axis=1) + 1, scores, rng.normal(size=n), np.zeros(n)))
        runs.append(RunPredictions(*run_tables(said), (), {"threshold": 0.1, "level_shares": SHARES}))
    return runs


def combined(power: float | None, valid: list[Example], test: list[Example]) -> tuple[RunPredictions, RunPredictions]:
    """Valid and test role, with one power of logit adjustment or with all to choose from."""
    combine = import_module("percepiano_core.dynamics.predictions.combination").combine
    settings = {"members": ["one", "two"], "logit_adjustments": POWERS if power is None else [power]}
    return combine(member_runs(valid), member_runs(test), settings)


def called(examples: list[Example], run: RunPredictions) -> list[Example]:
    """The recordings with the levels that a run predicts."""
    levels = run.beats.groupby("recording", sort=False)["predicted_level"]
    return [
        replace(each, labels=replace(each.labels, level=levels.get_group(each.name).to_numpy())) for each in examples
    ]


@pytest.mark.parametrize("power", POWERS)
def test_logit_adjustment_is_what_fits_the_validation_role_whatever_fits_the_test_role(power: float) -> None:
    valid, test = RECORDINGS[10:13], RECORDINGS[13:]
    expected = combined(power, valid, test)
    for other in POWERS:
        of_test = called(test, combined(other, valid, test)[1])
        of_valid, made = combined(None, called(valid, expected[0]), of_test)
        assert made.chosen["logit_adjustment"] == power
        for run, same in ((of_valid, expected[0]), (made, expected[1])):
            np.testing.assert_array_equal(run.beats["predicted_level"], same.beats["predicted_level"])


def test_labels_of_the_test_role_change_nothing_in_a_combination() -> None:
    valid, test = RECORDINGS[10:13], RECORDINGS[13:]
    before, after = combined(None, valid, test)[1], combined(None, valid, relabelled(test, 5))[1]
    said = ["predicted_level", "evidence", "predicted_change_point", "score_pp", "score_ff"]
    assert before.beats[said].equals(after.beats[said])
    assert before.chosen == after.chosen
