"""Figures of training: nothing of a history is lost, the same numbers give the same bytes, synthetic data say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from evaluation_cases import run_info
from matplotlib.figure import Figure

from percepiano_core.errors import UserError
from percepiano_core.evaluation.learning import learning_curves
from percepiano_core.evaluation.learning.histories import gradient_norms, read_histories
from percepiano_core.training.history import write_history
from percepiano_core.training.run_folder import RunInfo, write_run_info

TITLES = {"bilstm": "Bi-LSTM", "han": "HAN", "network": "Network"}
DRAW = {"curves": learning_curves.draw_learning_curves, "diagnostics": learning_curves.draw_diagnostics}


def run_of(model: str, split: str, fold: str, seed: int, **changes: object) -> RunInfo:
    given = {"model": model, "split": split, "fold": fold, "seed": seed, "data": "clean", "inputs": "notes"}
    return run_info(**(given | {"chosen": {"epoch": 2, "valid_score": 0.1}} | changes))


def write_training(folder: Path, model: str, split: str, fold: str, seed: int, epochs: int) -> Path:
    """A run folder below `folder` with the history of a made training, whose weights are those of epoch 2."""
    run = folder / f"{model}_{split}_{fold}_{seed}"
    parts = ("stages_note", "stages_beat", "head_fc1", "head_fc2") if model == "han" else ("stages_note", "head_fc1")
    told = [
        {f"gradient_{part}": 3.0 + place for place, part in enumerate(parts)}
        | {"train_loss": 0.02 / epoch, "valid_loss": 0.03 / epoch, "valid_r2": 0.1 * epoch, "scale_note": 0.2}
        | {"attention_pool": 1 / epoch, "sd_ratio_timing": 0.5, "sd_ratio_tempo": 0.7}
        | ({"attention_beat": 0.9, "valid_r2_without_hierarchy": 0.05} if model == "han" else {})
        for epoch in range(1, epochs + 1)
    ]
    write_history(run / "history.csv", told)
    write_run_info(run, run_of(model, split, fold, seed, settings={"recipe": {"select_on": "r2"}}))
    return run / "history.csv"


def write_dynamics(folder: Path) -> Path:
    """A training of dynamics, validated each second epoch, which has no validation loss."""
    told = [
        {"train_loss": 5.0 - epoch} | ({"valid_beat": 0.5, "valid_score": 0.1 * epoch} if epoch % 2 == 0 else {})
        for epoch in range(1, 5)
    ]
    write_history(folder / "dynamics/history.csv", told)
    info = run_of("network", "pieces", "0", 86, system="dynamics", data="T1", inputs="curves8")
    write_run_info(folder / "dynamics", replace(info, settings={"recipe": {"select_on": "score"}}, chosen={"epoch": 4}))
    return folder / "dynamics/history.csv"


def write_pretraining(folder: Path) -> Path:
    """A pre-training, which has no score."""
    write_history(folder / "p/history.csv", [{"train_loss": 2 / e, "valid_loss": 3 / e} for e in range(1, 4)])
    info = run_of("midibert_tiny", "pieces", "", 0, data="unlabelled", chosen={"epoch": 3})
    write_run_info(folder / "p", replace(info, settings={"recipe": {"select_on": "loss"}}))
    return folder / "p/history.csv"


@pytest.fixture
def histories(tmp_path: Path) -> list[Path]:
    """Two models, one on two splits, one of which draws; training stops early in one run."""
    return [
        write_training(tmp_path, "bilstm", "performer", "0", 0, 5),
        write_training(tmp_path, "bilstm", "performer", "1", 0, 3),
        write_training(tmp_path, "bilstm", "performer", "1", 1, 5),
        write_training(tmp_path, "han", "performer", "0", 0, 4),
        write_training(tmp_path, "han", "segment_seed42", "0", 0, 4),
        write_training(tmp_path, "han", "segment_seed43", "0", 0, 4),
    ]


def drawn(monkeypatch: pytest.MonkeyPatch, name: str, table: pd.DataFrame, synthetic: bool = False) -> Figure:
    kept: list[Figure] = []
    monkeypatch.setattr(learning_curves, "save", lambda figure, path: kept.append(figure))
    DRAW[name](table, TITLES, "unused.svg", synthetic)
    return kept[0]


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


def test_histories_keep_every_epoch_and_which_was_kept(histories):
    table = read_histories(histories)
    assert len(table) == 5 + 3 + 5 + 3 * 4
    assert (table.groupby(["model", "split", "fold", "seed"])["kept"].sum() == 1).all()
    assert set(table.loc[table["kept"], "epoch"]) == {2}
    assert set(table["split_kind"]) == {"performer", "segment"}


def test_the_parts_of_a_head_are_one_norm(histories):
    norms = gradient_norms(read_histories(histories[3:4]))
    assert list(norms) == ["note", "beat", "head"]
    np.testing.assert_allclose(norms["head"], np.hypot(5, 6))


def test_every_run_is_a_line_in_the_panel_of_its_model_and_split(histories, monkeypatch):
    figure = drawn(monkeypatch, "curves", read_histories(histories))
    losses, scores = figure.axes[0::2], figure.axes[1::2]
    assert [axes.get_title(loc="left") for axes in losses] == [
        "Bi-LSTM: performer, clean labels",
        "HAN: performer, clean labels",
        "HAN: segment, clean labels",
    ]
    runs = (3, 1, 2)
    assert [len(axes.lines) for axes in losses] == [3 * n for n in runs]  # train, valid, the kept epoch
    assert [len(axes.lines) for axes in scores] == [2 * 3 + 1, 3 + 1, 3 * 2 + 1]  # HAN also without its hierarchy
    np.testing.assert_allclose(losses[0].lines[1].get_ydata(), 0.03 / np.arange(1, 6))
    assert losses[0].lines[2].get_xdata() == [2]


def test_diagnostics_show_what_each_model_told(histories, monkeypatch):
    figure = drawn(monkeypatch, "diagnostics", read_histories(histories))
    bilstm, han = figure.axes[:4], figure.axes[4:8]
    assert [len(axes.lines) for axes in bilstm] == [2, 1, 3, 1]  # the third has the line below which all is one
    assert [len(axes.lines) for axes in han] == [3, 1, 3, 2]
    assert {"note", "beat", "head", "pool"} <= set(texts(figure))


@pytest.mark.parametrize("name", DRAW)
def test_figures_have_the_same_bytes_each_time_and_say_synthetic(name, histories, tmp_path, monkeypatch):
    table = read_histories(histories)
    for i in range(2):
        DRAW[name](table, TITLES, tmp_path / f"{i}.svg", True)
    assert (tmp_path / "0.svg").read_bytes() == (tmp_path / "1.svg").read_bytes()
    assert "SYNTHETIC DATA" in texts(drawn(monkeypatch, name, table, synthetic=True))
    assert "SYNTHETIC DATA" not in texts(drawn(monkeypatch, name, table))


def test_a_training_of_any_system_has_its_row(histories, tmp_path, monkeypatch):
    others = [write_dynamics(tmp_path), write_pretraining(tmp_path)]
    table = read_histories([*histories[:1], *others])
    figure = drawn(monkeypatch, "curves", table)
    losses, scores = figure.axes[0::2], figure.axes[1::2]
    assert [axes.get_title(loc="left") for axes in losses] == [
        "Bi-LSTM: performer, clean labels",
        "Network: pieces, T1",
        "midibert_tiny: pieces, unlabelled",
    ]
    assert [axes.get_ylabel() for axes in losses] == ["loss", "loss", "loss (chosen by)"]
    assert [axes.get_ylabel() for axes in scores] == [
        "validation R2 (chosen by)",
        "validation score (chosen by)",
        "validation loss (chosen by)",
    ]
    line, kept, _ = scores[1].lines
    assert list(line.get_xdata()) == [2, 4] and kept.get_xdata() == [4]
    np.testing.assert_allclose(line.get_ydata(), [0.2, 0.4])
    diagnostics = drawn(monkeypatch, "diagnostics", table)
    assert [axes.get_title(loc="left") for axes in diagnostics.axes[::4]] == ["Bi-LSTM: performer, clean labels"]


def test_trainings_that_tell_no_diagnostics_give_an_empty_figure(tmp_path, monkeypatch):
    figure = drawn(monkeypatch, "diagnostics", read_histories([write_dynamics(tmp_path)]))
    assert figure.axes == []


def test_the_history_of_a_part_keeps_its_epoch_of_the_lowest_loss(histories):
    path = histories[0].with_name("masked_notes_history.csv")
    write_history(path, [{"train_loss": 3.0, "valid_loss": loss} for loss in (2.0, 1.0, 1.5)])
    table = read_histories([histories[0], path])
    part = table[table["part"] == "masked_notes"]
    assert list(part["kept"]) == [False, True, False]
    assert set(part["chosen_by"]) == {"loss"}


def test_a_file_that_is_no_history_is_named(histories, tmp_path):
    histories[0].write_text("")
    with pytest.raises(UserError, match=r"history\.csv: cannot be read"):
        read_histories(histories)
    write_history(tmp_path / "history.csv", [{"valid_loss": 1.0}])
    with pytest.raises(UserError, match=r"run\.json: is missing"):
        read_histories([tmp_path / "history.csv"])
    write_history(tmp_path / "history.csv", [{"train_loss": 1.0}])
    write_run_info(tmp_path, run_info())
    with pytest.raises(UserError, match="has no column that begins with valid_"):
        read_histories([tmp_path / "history.csv"])
