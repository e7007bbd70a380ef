"""Training of dynamics networks: it learns, it can be broken off, and short or silent recordings are handled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the torch extra")

import torch
from dynamics_cases import pieces, recording
from killed_runs import run_to_the_end, run_until_killed

from percepiano_core.dynamics.examples.roles import Roles
from percepiano_core.dynamics.network.model import NetworkConfig
from percepiano_core.dynamics.network.network_fold import fit_fold
from percepiano_core.dynamics.network.recipe import Recipe, make_recipe
from percepiano_core.dynamics.network.segments import make_batch, positive_weights, training_segments
from percepiano_core.dynamics.network.training import Input, Trainer
from percepiano_core.dynamics.network.weights import load_network, read_about, save_network
from percepiano_core.errors import UserError

SMALL = NetworkConfig(bands=2)
QUICK = {"epochs": 2, "batch_size": 4, "learning_rate": 0.01, "validate_every": 1, "first_selected": 1}


def trainer(recipe: dict, **options: object) -> Trainer:
    return Trainer(SMALL, make_recipe(recipe), Input("curves8"), 3, report=lambda line: None, **options)


def test_the_published_recipe_is_the_default() -> None:
    recipe = Recipe()
    assert (recipe.epochs, recipe.batch_size, recipe.weight_decay) == (120, 10, 0.01)
    assert [recipe.rate(epoch) for epoch in (0, 1, 2, 5)] == pytest.approx([3e-4, 3e-4, 2.7e-4, 2.43e-4])
    with pytest.raises(UserError, match="no key 'epoch'"):
        make_recipe({"epoch": 3})


def test_segments_are_a_minute_every_half_and_say_what_is_there() -> None:
    one = recording("p/r", "p", beats=200)
    segments = training_segments([one], pad_short=False)
    assert [each.start for each in segments] == [0, 30, 60]
    batch = make_batch([one], segments, "curves8", 0.0)
    assert batch.features.shape == (3, 2, 3001)
    assert batch.features[1, 0, 0].item() == pytest.approx(one.inputs["curves8"][0, 1500], abs=1e-3)
    beats = np.rint((one.beat_times - 30) * 50)
    inside = beats[(beats >= 0) & (beats < 3001)].astype(int)
    assert batch.targets["beat"][1].nonzero()[:, 0].tolist() == inside.tolist()


def test_a_short_recording_is_filled_up_or_refused_in_one_line() -> None:
    short = recording("p/r", "p", beats=20)
    with pytest.raises(UserError, match="none of the 1 recordings to train on lasts 60 s") as error:
        training_segments([short], pad_short=False)
    assert "\n" not in str(error.value)
    batch = make_batch([short], training_segments([short], pad_short=True), "curves8", -100.0)
    assert (batch.features[0, :, -1] == -100).all()
    assert not batch.targets["beat"][0, round(short.duration * 50) :].any()


def test_positive_frames_weigh_what_they_are_rare() -> None:
    weights = positive_weights([recording("p/r", "p")])
    assert 20 < weights["beat"] < 40 < weights["downbeat"] < weights["change_point"]
    nothing = replace(recording("p/r", "p").labels, change_point=np.zeros(96, dtype=bool))
    assert positive_weights([replace(recording("p/r", "p"), labels=nothing)])["change_point"] == 1


@pytest.mark.slow
def test_a_network_learns_a_few_recordings_by_heart() -> None:
    one = recording("p/r", "p")
    training = trainer({**QUICK, "epochs": 150, "validate_every": 150, "first_selected": 150, "decay_every": 60})
    state = training.train([one], [one])
    assert state.history[-1]["loss_total"] < 0.5 * state.history[0]["loss_total"]
    assert state.history[-1]["valid_dynamic_weighted"] > 0.6
    assert state.history[-1]["valid_beat"] > 0.9


def test_a_network_is_used_on_inputs_as_it_learned_from() -> None:
    found = pieces(2, 2)
    training = trainer({**QUICK, "epochs": 1})
    training.train(found[:3], found[3:])
    values = torch.from_numpy(np.concatenate([each.inputs["curves8"] for each in found[:3]], axis=1)).float()
    normalised = training.network.input_norm.eval()(values[None])[0]
    assert normalised.mean(dim=1).detach().numpy() == pytest.approx(0, abs=0.15)
    assert normalised.std(dim=1).detach().numpy() == pytest.approx(1, abs=0.15)


def test_silence_is_trained_on_and_predicted_without_harm() -> None:
    silent = replace(recording("p/r", "p"), inputs={"curves8": np.zeros((2, 3434))})
    silent = replace(silent, duration=3433 / 50)
    training = trainer({**QUICK, "epochs": 1})
    training.train([silent], [silent])
    assert all(np.isfinite(values).all() for values in training.logits(silent).values())


def test_the_valid_role_chooses_the_epoch_and_the_threshold() -> None:
    found = pieces(3, 1)
    result = fit_fold(Roles(*([each] for each in found)), {"recipe": QUICK}, 1, report=lambda line: None)
    scores = [epoch["valid_score"] for epoch in result.trainer.state.history]
    assert result.fitted.chosen["epoch"] == int(np.argmax(scores)) + 1
    assert result.fitted.test[0].example.name == "p2/r0"
    flags = result.fitted.test[0].change_points
    assert np.array_equal(flags, result.fitted.test[0].evidence >= result.fitted.chosen["threshold"])


def test_weights_say_what_they_hear(tmp_path: Path) -> None:
    training = trainer({**QUICK, "epochs": 1})
    save_network(tmp_path / "weights.safetensors", training.network, {"input": "curves8", "threshold": 0.5})
    assert read_about(tmp_path / "weights.safetensors") == {"input": "curves8", "threshold": 0.5}
    assert load_network(tmp_path / "weights.safetensors").config == SMALL


def test_the_state_of_other_settings_is_not_taken_up(tmp_path: Path) -> None:
    found = pieces(2, 1)
    for key, first in (("one", 1), ("two", 1), ("two", 3)):
        lines: list[str] = []
        training = Trainer(
            SMALL, make_recipe(QUICK), Input("curves8"), 3, state_path=tmp_path / "state", key=key, report=lines.append
        )
        training.train(found[:1], found[1:])
        assert lines[0].startswith("taken up after epoch 2" if first == 3 else "epoch 1/2")


RUN = """
import sys
import torch
from dynamics_cases import pieces
from test_dynamics_training import QUICK, SMALL
from percepiano_core.dynamics.network.weights import save_network
from percepiano_core.dynamics.network.recipe import make_recipe
from percepiano_core.dynamics.network.training import Input, Trainer
from pathlib import Path
torch.set_num_threads(1)
found = pieces(4, 1)
training = Trainer(SMALL, make_recipe({**QUICK, "epochs": 4}), Input("curves8"), 3,
                   state_path=Path(sys.argv[1]) / "state", report=lambda line: print(line, flush=True))
training.train(found[:3], found[3:])
save_network(Path(sys.argv[1]) / "weights.safetensors", training.network)
"""


@pytest.mark.slow
def test_training_that_is_killed_resumes_to_the_same_weights(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run_to_the_end(RUN, whole)
    run_until_killed(RUN, broken, "epoch 2/")  # and in the middle of the third
    assert not (broken / "weights.safetensors").exists()
    assert run_to_the_end(RUN, broken).startswith("taken up after epoch 2")
    assert (broken / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes()


def test_torch_is_used_with_tensors_alone(tmp_path: Path) -> None:
    found = pieces(2, 1)
    trainer({**QUICK, "epochs": 1}, state_path=tmp_path / "state").train(found[:1], found[1:])
    content = torch.load(tmp_path / "state", weights_only=True)
    assert set(content) == {"state", "module", "optimiser"}
