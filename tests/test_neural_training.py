"""Training a network on a fold: what it learns, what it keeps when it is killed, what it tells."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from killed_runs import run_to_the_end, run_until_killed
from neural_cases import QUICK, TINY, made_corpus, network_of, predicted, train_fold
from safetensors.torch import save_file

from percepiano_core.errors import UserError
from percepiano_core.perception.collapse import collapse_warning, sd_ratios
from percepiano_core.perception.folds import Roles
from percepiano_core.perception.selection import r2_mean
from percepiano_core.symbolic.networks.network_file import read_network, write_network
from percepiano_core.training.run import Trained, TrainingRun


def fit(
    module: str = "symbolic.han.han", n: int = 40, shuffled: bool = False, seed: int = 0, **settings: object
) -> Trained[np.ndarray]:
    roles, notes = made_corpus(n, shuffled=shuffled)
    return train_fold(module, roles, notes, {**TINY, "recipe": QUICK, **settings}, seed)


def made_labels(n: int) -> np.ndarray:
    """Ratings of the test role, which a network is never shown."""
    roles, _ = made_corpus(n)
    weights = np.random.default_rng(1).normal(size=(2, 19))
    return 1 / (1 + np.exp(-0.7 * roles.test.features @ weights))


@pytest.mark.parametrize(
    ("module", "preset", "level"),
    [("symbolic.han.bilstm", "bilstm_sa_small", "note"), ("symbolic.han.han", "han_total", "total_note_cat")],
)
def test_a_network_learns_how_ratings_follow_from_playing(module, preset, level):
    architecture = TINY["architecture"] | {"level": level}
    settings = {"preset": preset, "architecture": architecture, "recipe": QUICK | {"epochs": 25}}
    assert r2_mean(made_labels(80), fit(module, n=80, **settings).test) > 0.4


def test_shuffled_ratings_teach_nothing():
    roles, notes = made_corpus(120, shuffled=True)
    fitted = train_fold("symbolic.han.han", roles, notes, {**TINY, "recipe": QUICK})
    assert r2_mean(roles.valid.labels, fitted.valid) < 0.05


def test_descriptors_reach_the_head():
    noise = {"preset": "bilstm_small", "descriptors": "raw", "recipe": QUICK | {"epochs": 25}}
    with_descriptors = r2_mean(made_labels(80), fit("symbolic.han.bilstm", n=80, **noise).test)
    without = r2_mean(made_labels(80), fit("symbolic.han.bilstm", n=80, **noise | {"descriptors": None}).test)
    assert with_descriptors > max(0.3, without + 0.2)


def test_the_same_seed_gives_the_same_numbers_and_another_others():
    first, second, other = fit().test, fit().test, fit(seed=1).test
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 1e-4


def test_a_performance_without_notes_gets_the_mean_of_the_train_role():
    roles, notes = made_corpus()
    lost = roles.test.performances[0]
    rest = {name: table for name, table in notes.items() if name != lost}
    fitted = train_fold("symbolic.han.han", roles, rest, {**TINY, "recipe": {"epochs": 1}})
    np.testing.assert_allclose(fitted.test[0], roles.train.labels.mean(axis=0))
    assert np.isfinite(fitted.test).all()


def test_training_stops_when_the_valid_role_likes_nothing_new():
    fitted = fit(recipe=QUICK | {"epochs": 60, "patience": 2, "learning_rate": 0.1})
    assert len(fitted.result.history) < 60
    assert len(fitted.result.history) == fitted.result.best_epoch + 2


def test_a_trained_network_comes_back_from_its_file_alone(tmp_path):
    fitted = fit(descriptors="raw")
    fitted.write_weights(tmp_path / "weights.safetensors")
    roles, notes = made_corpus()
    found = predicted(read_network(tmp_path / "weights.safetensors"), roles.test, notes)
    np.testing.assert_allclose(found, fitted.test, atol=1e-6)


def test_a_network_read_and_written_again_gives_the_same_bytes(tmp_path):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    fit(descriptors="raw", recipe=QUICK | {"epochs": 1}).write_weights(first)
    write_network(second, "symbolic.han.han", read_network(first))
    assert first.read_bytes() == second.read_bytes()


def test_a_network_whose_module_and_description_are_entries_of_their_own_is_read(tmp_path):
    network = network_of(fit(recipe=QUICK | {"epochs": 1}))
    weights = {name: value.contiguous() for name, value in network.module.state_dict().items()}
    save_file(weights, tmp_path / "w", {"module": "symbolic.han.han", "description": json.dumps(network.description)})
    restored = read_network(tmp_path / "w")
    assert restored.description == network.description
    assert all(torch.equal(value, weights[name]) for name, value in restored.module.state_dict().items())


def test_a_network_whose_description_counts_ratings_and_descriptors_is_read(tmp_path):
    network = network_of(fit(descriptors="raw", recipe=QUICK | {"epochs": 1}))
    network.description["architecture"] |= {"n_ratings": 19, "descriptors": 2}
    write_network(tmp_path / "w", "symbolic.han.han", network)
    assert read_network(tmp_path / "w").module.state_dict().keys() == network.module.state_dict().keys()


def test_descriptors_are_found_by_name_whatever_their_order():
    network = network_of(fit(descriptors="raw"))
    roles, notes = made_corpus()
    turned = replace(roles.test, features=roles.test.features[:, ::-1], feature_names=roles.test.feature_names[::-1])
    for one, other in zip(network.encode(roles.test, notes), network.encode(turned, notes), strict=True):
        np.testing.assert_allclose(one.descriptors, other.descriptors)


def test_a_descriptor_that_is_missing_is_named():
    roles, notes = made_corpus()
    unknown = replace(roles.test, feature_names=("raw_loudness", "raw_other"))
    with pytest.raises(UserError, match="raw_touch"):
        network_of(fit(descriptors="raw")).encode(unknown, notes)


@pytest.mark.parametrize("content", [None, b"no weights"])
def test_a_file_that_is_no_network_is_named(tmp_path, content):
    if content:
        (tmp_path / "weights.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=r"weights\.safetensors.*trained network"):
        read_network(tmp_path / "weights.safetensors")


def test_the_history_tells_loss_gradients_scales_attention_and_sd_ratios(tmp_path):
    run = TrainingRun(history=tmp_path / "history.csv", report=lambda line: None)
    train_fold("symbolic.han.han", *made_corpus(), {**TINY, "recipe": QUICK}, run=run)
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    told = {"train_loss", "valid_loss", "valid_r2", "gradient_stages_beat", "gradient_head_fc2", "scale_measure"}
    assert told | {"attention_beat", "attention_pool", "sd_ratio_timing"} <= set(rows[0])
    assert all(0 <= float(row["attention_beat"]) <= 1 for row in rows)


def test_the_worth_of_the_hierarchy_is_told_for_the_head_that_reads_all_levels():
    history = fit(preset="han_total", recipe=QUICK | {"epochs": 2}).result.history
    assert all(np.isfinite(numbers["valid_r2_without_hierarchy"]) for numbers in history)


def test_a_network_that_says_one_thing_of_everybody_is_called_collapsed():
    labels = np.random.default_rng(0).random((30, 2))
    flat = np.stack([np.full(30, 0.5), labels[:, 1]], axis=1)
    assert "1 of 2 dimensions hardly vary (timing)" in collapse_warning(sd_ratios(flat, labels), ("timing", "tempo"))
    assert collapse_warning(sd_ratios(labels, labels), ("timing", "tempo")) is None


def test_long_performances_are_cut_for_training_and_predicted_whole():
    fitted = fit(recipe=QUICK | {"epochs": 2}, slice_notes=6)
    assert fitted.test.shape == (10, 19)
    assert np.abs(fitted.test - fit(recipe=QUICK | {"epochs": 2}).test).max() > 1e-4


def test_sample_weights_and_pairwise_differences_change_what_is_learned():
    roles, notes = made_corpus()
    n = len(roles.train)
    raters, segments = np.arange(1.0, n + 1), np.array([f"s{i % 4}" for i in range(n)])
    roles = replace(roles, train=replace(roles.train, n_raters=raters, segments=segments))
    settings = {**TINY, "recipe": QUICK | {"epochs": 2}}
    plain = train_fold("symbolic.han.han", roles, notes, settings).test
    for changes in ({"rater_exponent": 1.0}, {"pairwise_weight": 1.0}):
        assert np.abs(plain - train_fold("symbolic.han.han", roles, notes, {**settings, **changes}).test).max() > 1e-7


def test_a_checkpoint_of_other_settings_is_not_resumed(tmp_path):
    def resumed(key: str) -> list[str]:
        told: list[str] = []
        run = TrainingRun(checkpoint=tmp_path / "s", key=key, report=told.append)
        train_fold("symbolic.han.han", *made_corpus(), {**TINY, "recipe": {"epochs": 1}}, run=run)
        return [line for line in told if "resumed" in line]

    assert [resumed("a"), resumed("b"), resumed("b")] == [[], [], ["resumed after epoch 1"]]


RUN = """
import sys, numpy as np
from pathlib import Path
from neural_cases import TINY, made_corpus, train_fold
from percepiano_core.training.run import TrainingRun
size = {"hidden": 16, "dropout": 0.2}
settings = {**TINY, "architecture": size, "recipe": {"epochs": 5, "batch_size": 2}}
folder = Path(sys.argv[1])
run = TrainingRun(folder / "c", folder / "history.csv", report=lambda line: print(line, flush=True))
fitted = train_fold("symbolic.han.han", *made_corpus(60), settings, run=run)
fitted.write_weights(folder / "weights.safetensors")
np.save(folder / "test.npy", fitted.test)
"""


@pytest.mark.slow
def test_killed_in_an_epoch_and_resumed_gives_the_same_numbers(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run_to_the_end(RUN, whole)
    run_until_killed(RUN, killed, "epoch 2", seconds=0.1)  # into the third epoch
    assert not (killed / "test.npy").exists()
    assert "resumed after epoch" in run_to_the_end(RUN, killed)
    for name in ("test.npy", "history.csv", "weights.safetensors"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.slow
def test_a_han_learns_sixteen_performances_by_heart():
    roles, notes = made_corpus(32, shuffled=True)
    roles = Roles(roles.train, roles.train, replace(roles.train, labels=np.full_like(roles.train.labels, np.nan)))
    recipe = {"epochs": 150, "batch_size": 8, "learning_rate": 0.02, "patience": 0}
    settings = TINY | {"architecture": {"hidden": 32, "dropout": 0.0}, "recipe": recipe}
    fitted = train_fold("symbolic.han.han", roles, notes, settings)
    assert len(roles.train) == 16
    assert r2_mean(roles.train.labels, fitted.test) > 0.95
