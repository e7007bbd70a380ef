"""Guessing hidden notes before ratings are learned: what is hidden, what is learned, what a killed training keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from neural_cases import TINY, made_corpus, made_notes

from percepiano_core.errors import UserError
from percepiano_core.symbolic.han.masked_notes import PART
from percepiano_core.symbolic.han.notes.note_sequences import NoteSequence, collate
from percepiano_core.symbolic.networks.fold import MASKED_STATE, FittedFold, fit_fold
from percepiano_core.symbolic.networks.network import load_trainable
from percepiano_core.symbolic.networks.pretraining import Pretrainer, PretrainingPlan

PLAN = {"epochs": 3, "batch_size": 8, "learning_rate": 0.01}
SETTINGS = {**TINY, "training": {"epochs": 2, "batch_size": 8}}


def made_network(module: str = "symbolic.han.han"):
    roles, notes = made_corpus()
    torch.manual_seed(0)
    network = load_trainable(module).prepare(roles.train, notes, TINY)
    return network, network.encode(roles.train, notes), network.encode(roles.valid, notes)


def shared_by_all_notes(sequence: NoteSequence, seed: int) -> NoteSequence:
    """The sequence with one number in all its features."""
    level = np.random.default_rng(seed).normal()
    return replace(sequence, features=np.full_like(sequence.features, level))


def fit(module: str = "symbolic.han.han", state_path=None, told=None, unrated=None, **settings: object) -> FittedFold:
    roles, notes = made_corpus()
    report = print if told is None else told.append
    return fit_fold(
        load_trainable(module), roles, notes, settings, 0, state_path=state_path, report=report, unrated=unrated
    )


def test_a_guess_depends_on_the_other_notes_and_not_on_the_hidden_one():
    network, sequences, _ = made_network()
    task, batch = network.masked_task(), collate(sequences[:2])
    chosen = torch.zeros(len(batch.features), dtype=torch.bool)
    chosen[4] = True
    features = batch.features.clone().requires_grad_()
    task.module(replace(batch, features=features), chosen).sum().backward()
    assert torch.equal(features.grad[4], torch.zeros_like(features.grad[4]))
    assert features.grad[3].abs().sum() > 0
    assert features.grad[5].abs().sum() > 0


def test_what_all_notes_of_a_performance_share_is_learned_in_the_stage_itself():
    network, *roles = made_network()
    learned, judged = ([shared_by_all_notes(each, i) for i, each in enumerate(role)] for role in roles)
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    plan = PretrainingPlan(epochs=10, batch_size=4, learning_rate=0.02)
    history = Pretrainer(network.masked_task(), plan, 0, report=len).train(learned, judged).history
    assert history[-1]["valid_loss"] < 0.7 * history[0]["valid_loss"]
    changed = {name for name, value in network.module.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("stages.note.") for name in changed)


def test_some_note_is_always_hidden():
    network, sequences, _ = made_network()
    task, one_note = network.masked_task(), sequences[0]
    one_note = replace(
        one_note, **{key: getattr(one_note, key)[:1] for key in ("features", "beat", "measure", "voice")}
    )
    for seed in range(5):
        assert torch.isfinite(task.guess([one_note], torch.Generator().manual_seed(seed))[0])


def test_a_training_begins_where_guessing_ended():
    with_guessing, without = (fit(**SETTINGS, masked_notes=plan) for plan in (PLAN, None))
    assert np.abs(with_guessing.test - without.test).max() > 1e-4
    np.testing.assert_array_equal(with_guessing.test, fit(**SETTINGS, masked_notes=PLAN).test)


def test_notes_are_not_guessed_again_when_a_killed_training_is_taken_up(tmp_path):
    first = fit(state_path=tmp_path / "training.state", **SETTINGS, masked_notes=PLAN)
    assert (tmp_path / MASKED_STATE).exists()
    (tmp_path / "training.state").unlink()  # killed in the first epoch of the ratings
    told: list[str] = []
    again = fit(state_path=tmp_path / "training.state", told=told, **SETTINGS, masked_notes=PLAN)
    assert told.count("taken up after epoch 3") == 1
    np.testing.assert_array_equal(first.test, again.test)


def test_a_plan_that_does_not_exist_is_named():
    with pytest.raises(UserError, match="epoch'"):
        fit(**SETTINGS, masked_notes={"epoch": 3})


def test_whole_pieces_that_nobody_rated_are_guessed_in_parts(tmp_path):
    rng = np.random.default_rng(0)
    unrated = {name: made_notes(rng, 400, 0.0, 0.0) for name in ("one", "other")}
    network, _, _ = made_network()
    parts = network.masked_task().parts(unrated)
    assert sum(len(part.beat) for part in parts) == 800
    assert max(len(part.beat) for part in parts) < 2 * PART
    assert all(part.measure[0] == part.beat[0] == 0 for part in parts)
    alone, beside = fit(**SETTINGS, masked_notes=PLAN), fit(**SETTINGS, masked_notes=PLAN, unrated=unrated)
    assert np.abs(alone.test - beside.test).max() > 1e-4
