"""What each role may change, for every training: the validation role the choice alone, the test role nothing.

With a recipe of so many epochs whose last alone may be kept, the validation role has nothing to choose, so that
weights must not depend on it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the torch extra")

from dynamics_cases import pieces
from neural_cases import QUIET, TINY, made_corpus, made_notes, train_fold
from word_cases import PRETRAINING, SIZE, collection, performed, word_corpus

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import Roles as RecordingRoles
from percepiano_core.dynamics.network.network_fold import train_fold as train_dynamics
from percepiano_core.features.assembly import NoteTable
from percepiano_core.features.performed_notes import performed_table
from percepiano_core.perception.examples import Examples
from percepiano_core.perception.folds import Roles
from percepiano_core.store.words import WordCollection
from percepiano_core.symbolic.midibert.pretraining import pretrain
from percepiano_core.training.run import Trained

EPOCHS = 4
FREE = {"epochs": EPOCHS, "batch_size": 8, "learning_rate": 0.03}
LAST = {"first_selected": EPOCHS}  # may alone be kept
BILSTM = {"preset": "bilstm_sa_small", "standardise": "all", "architecture": {"hidden": 8}, "descriptors": "raw"}
HAN = {**TINY, "standardise": "published"}

Notes = dict[str, NoteTable]


@dataclass(frozen=True)
class Case:
    """A training, and its data with other ratings or other inputs of a role."""

    train: Callable[[Any, Mapping[str, Any]], Trained]
    data: Callable[[], Any]
    other_ratings: Callable[[Any, str], Any] | None
    other_inputs: Callable[[Any, str], Any]


def of_ratings(module: str, settings: Mapping[str, Any], corpus: Callable[..., Any], notes_of: Any) -> Case:
    def other_inputs(data: tuple[Roles, Notes], role: str) -> tuple[Roles, Notes]:
        roles, notes = data
        changed = getattr(roles, role)
        rng = np.random.default_rng(9)
        others = {name: notes_of(rng) for name in changed.performances.tolist()}
        described = replace(changed, features=9 + 5 * rng.normal(size=changed.features.shape))
        return replace(roles, **{role: described}), notes | others

    def train(data: tuple[Roles, Notes], recipe: Mapping[str, Any]) -> Trained:
        return train_fold(module, *data, {**settings, "recipe": recipe}, seed=2)

    return Case(train, corpus, other_ratings, other_inputs)


def other_ratings(data: tuple[Roles, Notes], role: str) -> tuple[Roles, Notes]:
    roles, notes = data
    examples: Examples = getattr(roles, role)
    labels = np.random.default_rng(8).random(examples.labels.shape)
    raters = np.arange(1.0, len(examples) + 1)
    return replace(roles, **{role: replace(examples, labels=labels, n_raters=raters)}), notes


def of_masked_notes() -> Case:
    def train(data: tuple[Roles, Notes], recipe: Mapping[str, Any]) -> Trained:
        masked = {"recipe": {**FREE, "epochs": 2, "first_selected": 2}}  # its last epoch, whatever validation says
        return train_fold("symbolic.han.han", *data, {**HAN, "masked_notes": masked, "recipe": recipe}, seed=2)

    return replace(of_ratings("symbolic.han.han", HAN, made_corpus, other_notes), train=train)


def of_words() -> Case:
    def other_inputs(data: WordCollection, role: str) -> WordCollection:
        """Other words in the first and the last piece, which are the validation role."""
        assert role == "valid"
        rng, held = np.random.default_rng(9), {data.pieces[0], data.pieces[-1]}
        words = [
            np.column_stack([rng.integers(0, n, len(each)) for n in (2, 16, 80, 60)]) if piece in held else each
            for piece, each in zip(data.pieces, data.words, strict=True)
        ]
        return WordCollection(data.pieces, words)

    def train(data: WordCollection, recipe: Mapping[str, Any]) -> Trained:
        return pretrain(data, {**PRETRAINING, "recipe": recipe}, 2, QUIET)

    return Case(train, collection, None, other_inputs)


def of_dynamics() -> Case:
    def data() -> RecordingRoles:
        found = pieces(4, 1)
        return RecordingRoles(found[:2], found[2:3], found[3:])

    def changed(roles: RecordingRoles, role: str, change: Callable[[Example], Example]) -> RecordingRoles:
        return replace(roles, **{role: [change(each) for each in getattr(roles, role)]})

    def other_labels(example: Example) -> Example:
        rng, n = np.random.default_rng(8), len(example.beat_times)
        labels = replace(example.labels, level=rng.integers(1, 6, n), change_point=rng.random(n) < 0.2)
        return replace(example, labels=labels)

    def louder(example: Example) -> Example:
        return replace(example, inputs={kind: 50 + 9 * values for kind, values in example.inputs.items()})

    def train(roles: RecordingRoles, recipe: Mapping[str, Any]) -> Trained:
        return train_dynamics(
            roles, "curves8", {"recipe": {"first_selected": 1, "validate_every": 1, **recipe}}, 2, QUIET
        )

    return Case(
        train,
        data,
        lambda roles, role: changed(roles, role, other_labels),
        lambda roles, role: changed(roles, role, louder),
    )


def other_notes(rng: np.random.Generator) -> NoteTable:
    table = made_notes(rng, 20, 3.0, -3.0)
    return replace(table, values={key: 5 + 3 * value for key, value in table.values.items()})


def other_words(rng: np.random.Generator) -> NoteTable:
    return performed_table(performed(rng, 30, 4.0, 90))


CASES = {
    "han": of_ratings("symbolic.han.han", HAN, made_corpus, other_notes),
    "bilstm with descriptors": of_ratings("symbolic.han.bilstm", BILSTM, made_corpus, other_notes),
    "midibert": of_ratings("symbolic.midibert.midibert", {"size": SIZE}, word_corpus, other_words),
    "masked notes": of_masked_notes(),
    "masked words": of_words(),
    "dynamics": of_dynamics(),
}
TOO_FAST = {
    "han": 0.5,
    "bilstm with descriptors": 0.5,
    "midibert": 0.3,
    "masked notes": 0.5,
    "masked words": 0.3,
    "dynamics": 0.2,
}  # learning rates at which a later epoch is worse than the best
RATED = {name: case for name, case in CASES.items() if case.other_ratings is not None}


def arrays_of(predictions: Any) -> list[np.ndarray]:
    """Predictions of ratings, or of recordings without what the validation role's threshold decides."""
    if isinstance(predictions, np.ndarray):
        return [predictions]
    return [array for each in predictions for array in (each.scores, each.evidence, *each.events.values())]


def assert_same(first: Trained, second: Trained, *, predictions: tuple[str, ...] = ()) -> None:
    """The same weights, inputs and training numbers, and the same predictions of the roles named."""
    assert first.weights.keys() == second.weights.keys()
    for name, value in first.weights.items():
        np.testing.assert_array_equal(value, second.weights[name], err_msg=name)
    assert inputs_of(first) == inputs_of(second)
    assert train_numbers(first) == train_numbers(second)
    for role in predictions:
        for one, other in zip(arrays_of(getattr(first, role)), arrays_of(getattr(second, role)), strict=True):
            np.testing.assert_array_equal(one, other)


def inputs_of(trained: Trained) -> Any:
    """What the inputs of a network were fitted to; None where nothing is."""
    return trained.header.get("description", {}).get("inputs")


def train_numbers(trained: Trained) -> list[dict[str, float]]:
    return [
        {name: value for name, value in numbers.items() if name.startswith(("train_", "gradient_"))}
        for numbers in trained.result.history
    ]


@pytest.mark.parametrize("name", RATED)
def test_ratings_of_the_validation_role_change_nothing_but_the_choice(name: str) -> None:
    case, recipe = CASES[name], FREE | LAST
    data = case.data()
    changed = case.other_ratings(data, "valid")
    first, second = case.train(data, recipe), case.train(changed, recipe)
    assert_same(first, second, predictions=("valid", "test"))
    assert first.result.history[-1] != second.result.history[-1], "validation reads them"
    assert train_numbers(case.train(data, FREE)) == train_numbers(case.train(changed, FREE))


@pytest.mark.parametrize("name", CASES)
def test_inputs_of_the_validation_role_change_no_weight_of_a_given_epoch(name: str) -> None:
    case, recipe = CASES[name], FREE | LAST
    data = case.data()
    first, second = case.train(data, recipe), case.train(case.other_inputs(data, "valid"), recipe)
    assert_same(first, second, predictions=("test",))
    assert first.result.history[-1] != second.result.history[-1], "validation reads them"


@pytest.mark.parametrize("name", RATED)
def test_ratings_of_the_test_role_change_nothing(name: str) -> None:
    case = CASES[name]
    data = case.data()
    first, second = case.train(data, FREE), case.train(case.other_ratings(data, "test"), FREE)
    assert_same(first, second, predictions=("valid", "test"))
    assert (first.result.history, first.chosen) == (second.result.history, second.chosen)


@pytest.mark.parametrize("name", RATED)
def test_inputs_of_the_test_role_change_its_own_predictions_alone(name: str) -> None:
    case = CASES[name]
    data = case.data()
    first, second = case.train(data, FREE), case.train(case.other_inputs(data, "test"), FREE)
    assert_same(first, second, predictions=("valid",))
    assert first.result.history == second.result.history
    pairs = zip(arrays_of(first.test), arrays_of(second.test), strict=True)
    assert not all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("name", CASES)
def test_the_weights_are_those_of_the_epoch_that_validation_chose(name: str) -> None:
    """A training of the chosen epochs alone, whose schedule does not depend on their number, ends in the same."""
    case, data = CASES[name], CASES[name].data()
    steps = {**FREE, "learning_rate": TOO_FAST[name], "schedule": "steps", "decay": 0.9, "decay_unit": "epoch"}
    whole = case.train(data, steps)
    scores = [-n["valid_loss"] if "valid_loss" in n else n["valid_score"] for n in whole.result.history]
    best = int(np.argmax(scores)) + 1
    assert whole.chosen["epoch"] == best < EPOCHS
    until_then = case.train(data, {**steps, "epochs": best, "first_selected": best})
    for weight, value in whole.weights.items():
        np.testing.assert_array_equal(value, until_then.weights[weight], err_msg=weight)
