"""Training of dynamics networks: it learns, it can be killed, and short or silent recordings are handled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the torch extra")

import torch
from dynamics_cases import pieces, recording
from killed_runs import run_to_the_end, run_until_killed

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import Roles
from percepiano_core.dynamics.network.architecture import NetworkConfig
from percepiano_core.dynamics.network.dynamics_task import DynamicsTask, Input
from percepiano_core.dynamics.network.network_fold import train_fold
from percepiano_core.dynamics.network.weights import load_network, read_about
from percepiano_core.dynamics.network.windows import make_batch, positive_weights, training_windows
from percepiano_core.errors import UserError
from percepiano_core.training.checkpoint import TrainingResult
from percepiano_core.training.named_arrays import read_arrays
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run import TrainingRun
from percepiano_core.training.settings import built

SMALL = NetworkConfig(bands=2)
QUICK = {"epochs": 2, "batch_size": 4, "learning_rate": 0.01, "validate_every": 1, "first_selected": 1}
QUIET = TrainingRun(report=lambda line: None)


def trained(
    train: list[Example], valid: list[Example], run: TrainingRun = QUIET, **changes: object
) -> tuple[DynamicsTask, TrainingResult]:
    recipe = built(Recipe, {"preset": "dynamics_published", **QUICK, **changes})
    task = DynamicsTask(SMALL, recipe, Input("curves8"), train, valid, 3)
    return task, run.train(task, recipe)


def test_windows_are_a_minute_every_half_and_say_what_is_there() -> None:
    one = recording("p/r", "p", beats=200)
    windows = training_windows([one], pad_short=False)
    assert [each.start for each in windows] == [0, 30, 60]
    batch = make_batch([one], windows, "curves8", 0.0)
    assert batch.features.shape == (3, 2, 3001)
    assert batch.features[1, 0, 0].item() == pytest.approx(one.inputs["curves8"][0, 1500], abs=1e-3)
    beats = np.rint((one.beat_times - 30) * 50)
    inside = beats[(beats >= 0) & (beats < 3001)].astype(int)
    assert batch.targets["beat"][1].nonzero()[:, 0].tolist() == inside.tolist()


def test_a_short_recording_is_filled_up_or_refused_in_one_line() -> None:
    short = recording("p/r", "p", beats=20)
    with pytest.raises(UserError, match="none of the 1 recordings to train on lasts 60 s") as error:
        training_windows([short], pad_short=False)
    assert "\n" not in str(error.value)
    batch = make_batch([short], training_windows([short], pad_short=True), "curves8", -100.0)
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
    changes = {"epochs": 150, "validate_every": 150, "first_selected": 150, "decay_every": 60}
    history = trained([one], [one], **changes)[1].history
    assert history[-1]["train_loss"] < 0.5 * history[0]["train_loss"]
    assert history[-1]["valid_dynamic_weighted"] > 0.6
    assert history[-1]["valid_beat"] > 0.9


def test_the_loss_of_the_tasks_adds_up_to_the_loss() -> None:
    (numbers,) = trained(pieces(2, 1), pieces(1, 1), epochs=1)[1].history
    parts = [value for name, value in numbers.items() if name.startswith("train_loss_")]
    assert len(parts) == 4 and sum(parts) == pytest.approx(numbers["train_loss"], rel=1e-5)


def test_a_network_is_used_on_inputs_as_it_learned_from() -> None:
    found = pieces(2, 2)
    task, _ = trained(found[:3], found[3:], epochs=1)
    values = torch.from_numpy(np.concatenate([each.inputs["curves8"] for each in found[:3]], axis=1)).float()
    normalised = task.network.input_norm.eval()(values[None])[0]
    assert normalised.mean(dim=1).detach().numpy() == pytest.approx(0, abs=0.15)
    assert normalised.std(dim=1).detach().numpy() == pytest.approx(1, abs=0.15)


def test_silence_is_trained_on_and_predicted_without_harm() -> None:
    silent = replace(recording("p/r", "p"), inputs={"curves8": np.zeros((2, 3434))})
    silent = replace(silent, duration=3433 / 50)
    task, _ = trained([silent], [silent], epochs=1)
    assert all(np.isfinite(values).all() for values in task.logits(silent).values())


def test_the_valid_role_chooses_the_epoch_and_the_threshold() -> None:
    found = pieces(3, 1)
    result = train_fold(Roles(*([each] for each in found)), "curves8", {"recipe": QUICK}, 1, QUIET)
    scores = [epoch["valid_score"] for epoch in result.result.history]
    assert result.chosen["epoch"] == int(np.argmax(scores)) + 1
    assert result.test[0].example.name == "p2/r0"
    flags = result.test[0].change_points
    assert np.array_equal(flags, result.test[0].evidence >= result.chosen["threshold"])


def test_so_many_recordings_are_validated_as_the_recipe_says() -> None:
    found = pieces(6, 1)
    few, _ = trained(found[:1], found[1:], epochs=1, validated_examples=2)
    assert [each.name for each in few.valid] == ["p1/r0", "p5/r0"]
    assert len(trained(found[:1], found[1:], epochs=1)[0].valid) == 5


def test_weights_say_what_they_hear(tmp_path: Path) -> None:
    found = pieces(3, 1)
    settings = {"silence": -1.0, "recipe": {**QUICK, "epochs": 1}}
    result = train_fold(Roles(*([each] for each in found)), "curves8", settings, 1, QUIET)
    result.write_weights(tmp_path / "weights.safetensors")
    about = read_about(tmp_path / "weights.safetensors")
    assert (about["input"], about["silence"]) == ("curves8", -1.0)
    assert about["threshold"] == result.chosen["threshold"]
    assert about["recipe"]["learning_rate"] == 0.01
    assert load_network(tmp_path / "weights.safetensors").config == SMALL


def test_a_checkpoint_of_other_settings_is_not_resumed(tmp_path: Path) -> None:
    found = pieces(2, 1)
    for key, first in (("one", 1), ("two", 1), ("two", 3)):
        lines: list[str] = []
        trained(found[:1], found[1:], TrainingRun(tmp_path / "c", key=key, report=lines.append))
        told = [line for line in lines if "other settings" not in line]
        assert told[0].startswith("resumed after epoch 2" if first == 3 else "epoch 1/2")


RUN = """
import sys
import torch
from dynamics_cases import pieces
from test_dynamics_training import trained
from percepiano_core.dynamics.network.weights import save_network
from percepiano_core.training.run import TrainingRun
from pathlib import Path
torch.set_num_threads(1)
folder, found = Path(sys.argv[1]), pieces(4, 1)
run = TrainingRun(folder / "c", folder / "history.csv", report=lambda line: print(line, flush=True))
task, _ = trained(found[:3], found[3:], run, epochs=4)
save_network(folder / "weights.safetensors", task.network)
"""


@pytest.mark.slow
def test_training_that_is_killed_resumes_to_the_same_weights(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run_to_the_end(RUN, whole)
    run_until_killed(RUN, broken, "epoch 2/")  # and in the middle of the third
    assert not (broken / "weights.safetensors").exists()
    assert run_to_the_end(RUN, broken).startswith("resumed after epoch 2")
    for name in ("weights.safetensors", "history.csv"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes()


def test_a_checkpoint_holds_named_arrays_alone(tmp_path: Path) -> None:
    found = pieces(2, 1)
    trained(found[:1], found[1:], TrainingRun(tmp_path / "c", report=lambda line: None), epochs=1)
    arrays, header = read_arrays(tmp_path / "c", "a checkpoint", "")
    assert {name.split("/")[0] for name in arrays} == {"weights", "optimiser", "best"}
    assert set(header) == {"key", "history", "best_epoch", "best_score"}
