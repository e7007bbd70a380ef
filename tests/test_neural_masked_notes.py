"""Masked-note pre-training: what is masked, what is learned, what a killed training resumes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from neural_cases import QUIET, TINY, made_corpus, made_notes, train_fold

from percepiano_core.store.notes import write_notes
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.masked_notes import PART
from percepiano_core.symbolic.han.notes.note_sequences import NoteSequence, collate
from percepiano_core.symbolic.han.settings import NoteNetworkSettings
from percepiano_core.symbolic.han.staged_network import prepared_network
from percepiano_core.symbolic.networks.pretraining import PretrainingTask
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run import Trained, TrainingRun
from percepiano_core.training.settings import built

MASKED = {"recipe": {"epochs": 3, "batch_size": 8, "learning_rate": 0.01}}
SETTINGS = {**TINY, "recipe": {"epochs": 2, "batch_size": 8}}


def made_network():
    roles, notes = made_corpus()
    torch.manual_seed(0)
    network = prepared_network(HierarchicalModel, roles.train, notes, built(NoteNetworkSettings, TINY))
    return network, network.encode(roles.train, notes), network.encode(roles.valid, notes)


def shared_by_all_notes(sequence: NoteSequence, seed: int) -> NoteSequence:
    """The sequence with one number in all its features."""
    level = np.random.default_rng(seed).normal()
    return replace(sequence, features=np.full_like(sequence.features, level))


def fit(run: TrainingRun = QUIET, **settings: object) -> Trained[np.ndarray]:
    return train_fold("symbolic.han.han", *made_corpus(), {**SETTINGS, **settings}, run=run)


def test_a_prediction_depends_on_the_other_notes_and_not_on_the_masked_one():
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
    recipe = built(Recipe, {"preset": "masked_pretraining", "epochs": 10, "batch_size": 4, "learning_rate": 0.02})
    history = QUIET.train(PretrainingTask(network.masked_task(), recipe, learned, judged, 0), recipe).history
    assert history[-1]["valid_loss"] < 0.7 * history[0]["valid_loss"]
    changed = {name for name, value in network.module.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("stages.note.") for name in changed)


def test_some_note_is_always_masked():
    network, sequences, _ = made_network()
    task, one_note = network.masked_task(), sequences[0]
    one_note = replace(
        one_note, **{key: getattr(one_note, key)[:1] for key in ("features", "beat", "measure", "voice")}
    )
    for seed in range(5):
        assert torch.isfinite(task.masked_loss([one_note], torch.Generator().manual_seed(seed))[0])


def test_a_training_begins_where_pre_training_ended():
    pretrained, without = (fit(masked_notes=masked) for masked in (MASKED, None))
    assert np.abs(pretrained.test - without.test).max() > 1e-4
    np.testing.assert_array_equal(pretrained.test, fit(masked_notes=MASKED).test)


def test_pre_training_is_not_done_again_when_a_killed_training_is_resumed(tmp_path):
    told: list[str] = []
    run = TrainingRun(tmp_path / "checkpoint.safetensors", tmp_path / "history.csv", report=told.append)
    first = fit(run, masked_notes=MASKED)
    history = (tmp_path / "masked_notes_history.csv").read_text()
    assert history.startswith("epoch,train_loss,valid_loss") and history.count("\n") == 4
    assert (tmp_path / "masked_notes_checkpoint.safetensors").exists()
    (tmp_path / "checkpoint.safetensors").unlink()  # killed in the first epoch of the ratings
    told.clear()
    again = fit(run, masked_notes=MASKED)
    assert told.count("resumed after epoch 3") == 1
    np.testing.assert_array_equal(first.test, again.test)


def test_whole_pieces_without_labels_are_learned_in_parts(tmp_path):
    rng = np.random.default_rng(0)
    unlabelled = {name: made_notes(rng, 400, 0.0, 0.0) for name in ("one", "other")}
    network, _, _ = made_network()
    parts = network.masked_task().parts(unlabelled)
    assert sum(len(part.beat) for part in parts) == 800
    assert max(len(part.beat) for part in parts) < 2 * PART
    assert all(part.measure[0] == part.beat[0] == 0 for part in parts)
    write_notes(tmp_path / "notes.h5", unlabelled)
    alone, beside = fit(masked_notes=MASKED), fit(masked_notes=MASKED | {"notes": str(tmp_path / "notes.h5")})
    assert np.abs(alone.test - beside.test).max() > 1e-4
