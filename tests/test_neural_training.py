"""Training a network on a fold: what it learns, what it keeps when it is killed, what it tells."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from killed_runs import run_to_the_end, run_until_killed
from neural_cases import TINY, made_corpus
from safetensors.torch import save_file

from percepiano_core.errors import UserError
from percepiano_core.perception.folds import Roles
from percepiano_core.perception.selection import r2_mean
from percepiano_core.symbolic.networks.diagnostics import collapse_warning, spread_ratio
from percepiano_core.symbolic.networks.fold import FittedFold, fit_fold
from percepiano_core.symbolic.networks.network import load_trainable
from percepiano_core.symbolic.networks.network_file import read_network, write_network
from percepiano_core.symbolic.networks.recipe import learning_rate_factor, recipe
from percepiano_core.training.history import write_history

QUICK = {"epochs": 6, "batch_size": 8, "learning_rate": 0.01}


def fit(
    module: str = "symbolic.han.han", n: int = 40, shuffled: bool = False, seed: int = 0, **settings: object
) -> FittedFold:
    roles, notes = made_corpus(n, shuffled=shuffled)
    told: list[str] = []
    chosen = {**TINY, "training": QUICK, **settings}
    return fit_fold(load_trainable(module), roles, notes, chosen, seed, report=told.append)


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
    settings = {"preset": preset, "architecture": architecture, "training": QUICK | {"epochs": 25}}
    assert r2_mean(made_labels(80), fit(module, n=80, **settings).test) > 0.4


def test_shuffled_ratings_teach_nothing():
    roles, notes = made_corpus(120, shuffled=True)
    fitted = fit_fold(load_trainable("symbolic.han.han"), roles, notes, {**TINY, "training": QUICK}, 0, report=len)
    assert r2_mean(roles.valid.labels, fitted.valid) < 0.05


def test_descriptors_reach_the_head():
    noise = {"preset": "bilstm_small", "descriptors": "raw", "training": QUICK | {"epochs": 25}}
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
    fitted = fit_fold(
        load_trainable("symbolic.han.han"),
        roles,
        {name: table for name, table in notes.items() if name != lost},
        {**TINY, "training": {"epochs": 1}},
        0,
        report=len,
    )
    np.testing.assert_allclose(fitted.test[0], roles.train.labels.mean(axis=0))
    assert np.isfinite(fitted.test).all()


def test_training_stops_when_the_valid_role_likes_nothing_new():
    fitted = fit(training=QUICK | {"epochs": 60, "patience": 2, "learning_rate": 0.1})
    assert len(fitted.state.history) < 60
    assert len(fitted.state.history) == fitted.state.best_epoch + 1 + 2


def test_a_trained_network_comes_back_from_its_file(tmp_path):
    fitted = fit(descriptors="raw")
    write_network(tmp_path / "weights.safetensors", "symbolic.han.han", fitted.network)
    restored = read_network(tmp_path / "weights.safetensors")
    roles, notes = made_corpus()
    with torch.inference_mode():
        batch = restored.collate(restored.encode(roles.test, notes))
        predicted = torch.sigmoid(restored.module(batch)).numpy()
    np.testing.assert_allclose(predicted, fitted.test, atol=1e-6)


def test_a_network_read_and_written_again_gives_the_same_bytes(tmp_path):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    write_network(first, "symbolic.han.han", fit(descriptors="raw", training=QUICK | {"epochs": 1}).network)
    write_network(second, "symbolic.han.han", read_network(first))
    assert first.read_bytes() == second.read_bytes()


def test_a_network_whose_module_and_description_are_entries_of_their_own_is_read(tmp_path):
    network = fit(training=QUICK | {"epochs": 1}).network
    weights = {name: value.contiguous() for name, value in network.module.state_dict().items()}
    save_file(weights, tmp_path / "w", {"module": "symbolic.han.han", "description": json.dumps(network.description)})
    restored = read_network(tmp_path / "w")
    assert restored.description == network.description
    assert all(torch.equal(value, weights[name]) for name, value in restored.module.state_dict().items())


def test_descriptors_are_found_by_name_whatever_their_order(tmp_path):
    fitted = fit(descriptors="raw")
    roles, notes = made_corpus()
    turned = replace(roles.test, features=roles.test.features[:, ::-1], feature_names=roles.test.feature_names[::-1])
    write_network(tmp_path / "weights.safetensors", "symbolic.han.han", fitted.network)
    restored = read_network(tmp_path / "weights.safetensors")
    for one, other in zip(fitted.network.encode(roles.test, notes), restored.encode(turned, notes), strict=True):
        np.testing.assert_allclose(one.descriptors, other.descriptors)


def test_a_descriptor_that_is_missing_is_named():
    roles, notes = made_corpus()
    unknown = replace(roles.test, feature_names=("raw_loudness", "raw_other"))
    with pytest.raises(UserError, match="raw_touch"):
        fit(descriptors="raw").network.encode(unknown, notes)


@pytest.mark.parametrize("content", [None, b"no weights"])
def test_a_file_that_is_no_network_is_named(tmp_path, content):
    if content:
        (tmp_path / "weights.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=r"weights\.safetensors.*trained network"):
        read_network(tmp_path / "weights.safetensors")


def test_the_history_tells_loss_gradients_scales_attention_and_spread(tmp_path):
    write_history(tmp_path / "history.csv", fit().state.history)
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    told = {"train_loss", "valid_loss", "valid_r2", "gradient_stages_beat", "gradient_head_fc2", "scale_measure"}
    assert told | {"attention_beat", "attention_pool", "spread_timing"} <= set(rows[0])
    assert all(0 <= float(row["attention_beat"]) <= 1 for row in rows)


def test_the_worth_of_the_hierarchy_is_told_for_the_head_that_reads_all_levels():
    history = fit(preset="han_total", training=QUICK | {"epochs": 2}).state.history
    assert all(np.isfinite(numbers["valid_r2_without_hierarchy"]) for numbers in history)


def test_a_network_that_says_one_thing_of_everybody_is_called_collapsed():
    labels = np.random.default_rng(0).random((30, 2))
    flat = np.stack([np.full(30, 0.5), labels[:, 1]], axis=1)
    assert "1 of 2 dimensions hardly vary (timing)" in collapse_warning(spread_ratio(flat, labels), ("timing", "tempo"))
    assert collapse_warning(spread_ratio(labels, labels), ("timing", "tempo")) is None


@pytest.mark.parametrize(("done", "rate"), [(0, 2.5e-5), (2999, 2.5e-5), (3000, 2.45e-5), (9500, 2.35298e-5)])
def test_the_published_learning_rate_falls_by_two_percent_every_3000_iterations(done, rate):
    plan = recipe("published", {})
    assert plan.learning_rate * learning_rate_factor(plan, done, 95) == pytest.approx(rate)


def test_the_default_learning_rate_rises_over_an_epoch_and_falls_to_nothing():
    plan = recipe("default", {"epochs": 5})
    factors = [learning_rate_factor(plan, i, 10) for i in range(50)]
    assert max(factors) == factors[9] == 1
    assert factors[0] == pytest.approx(0.1)
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert factors[-1] < 0.01


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"preset": "bilstn"}, "bilstn"),
        ({"recipe": "quick"}, "quick"),
        ({"training": {"epoch": 3}}, "epoch"),
        ({"training": {"batching": "sorted"}}, "sorted"),
        ({"standardise": "some"}, "some"),
        ({"architecture": {"width": 3}}, "width"),
        ({"size": 3}, "size"),
    ],
)
def test_a_setting_that_does_not_exist_is_named(settings, named):
    with pytest.raises(UserError, match=named):
        fit(**settings)


def test_long_performances_are_cut_for_training_and_predicted_whole():
    fitted = fit(training=QUICK | {"epochs": 2, "slice_notes": 6})
    assert fitted.test.shape == (10, 19)
    assert np.abs(fitted.test - fit(training=QUICK | {"epochs": 2}).test).max() > 1e-4


def test_a_state_of_other_settings_is_not_taken_up(tmp_path):
    roles, notes = made_corpus()

    def trained(key: str) -> list[str]:
        told: list[str] = []
        settings = {**TINY, "training": {"epochs": 1}}
        fit_fold(
            load_trainable("symbolic.han.han"),
            roles,
            notes,
            settings,
            0,
            state_path=tmp_path / "s",
            key=key,
            report=told.append,
        )
        return [line for line in told if "taken up" in line]

    assert [trained("a"), trained("b"), trained("b")] == [[], [], ["taken up after epoch 1"]]


RUN = """
import sys, numpy as np
from pathlib import Path
from neural_cases import TINY, made_corpus
from percepiano_core.symbolic.networks.fold import fit_fold
from percepiano_core.symbolic.networks.network import load_trainable
roles, notes = made_corpus(60)
size = {"hidden": 16, "dropout": 0.2}
settings = {**TINY, "architecture": size, "training": {"epochs": 5, "batch_size": 2}}
folder = Path(sys.argv[1])
told = lambda line: print(line, flush=True)
fitted = fit_fold(load_trainable("symbolic.han.han"), roles, notes, settings, 0, state_path=folder / "s", report=told)
np.save(folder / "test.npy", fitted.test)
"""


def test_killed_in_an_epoch_and_taken_up_gives_the_same_numbers(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run_to_the_end(RUN, whole)
    run_until_killed(RUN, killed, "epoch 2", seconds=0.1)  # into the third epoch
    assert not (killed / "test.npy").exists()
    assert "taken up after epoch" in run_to_the_end(RUN, killed)
    np.testing.assert_array_equal(np.load(killed / "test.npy"), np.load(whole / "test.npy"))


@pytest.mark.slow
def test_a_han_learns_sixteen_performances_by_heart():
    roles, notes = made_corpus(32, shuffled=True)
    roles = Roles(roles.train, roles.train, replace(roles.train, labels=np.full_like(roles.train.labels, np.nan)))
    training = {"epochs": 150, "batch_size": 8, "learning_rate": 0.02, "patience": 0}
    settings = TINY | {"architecture": {"hidden": 32, "dropout": 0.0}, "training": training}
    fitted = fit_fold(load_trainable("symbolic.han.han"), roles, notes, settings, 0, report=len)
    assert len(roles.train) == 16
    assert r2_mean(roles.train.labels, fitted.test) > 0.95
