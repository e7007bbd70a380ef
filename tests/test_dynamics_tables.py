"""Prediction files and the table that is made from them alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch", reason="needs the torch extra")

from dynamics_cases import pieces

from percepiano_core.dynamics.beat_models.baselines import prepare
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import Roles
from percepiano_core.dynamics.network.fold import predicted
from percepiano_core.dynamics.predictions.combination import combine
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction, write_run
from percepiano_core.dynamics.predictions.scoring import ScoredRecording, honest_scores, paper_scores
from percepiano_core.errors import UserError
from percepiano_core.evaluation.dynamics_figure import draw_table1
from percepiano_core.evaluation.dynamics_scores import piece_sums, scores
from percepiano_core.evaluation.dynamics_table import (
    ModelRow,
    folds_table,
    published_rows,
    score_fold,
    table1,
    write_table,
)
from percepiano_core.sound.frame_grid import event_frames
from percepiano_core.store.dynamics_predictions import read_run

TASKS = {"dynamic": 6, "beat": 1, "downbeat": 1, "change_point": 1}
RUN = {"chosen": {"threshold": 0.5, "level_shares": [0.2] * 5}}


def logits_of(example: Example, seed: int) -> dict[str, np.ndarray]:
    """Noisy logits that know something; silent after the last beat, as padding is."""
    rng = np.random.default_rng(seed)
    frames = example.inputs["curves8"].shape[1]
    logits = {task: rng.normal(-1, 1, (frames, outputs)) for task, outputs in TASKS.items()}
    at, labels = event_frames(example.beat_times), example.labels
    logits["dynamic"][at, labels.level] += 2
    logits["beat"][at] += 4
    logits["downbeat"][at[labels.downbeat]] += 4
    logits["change_point"][at[labels.change_point]] += 4
    logits["change_point"][at[-1] + 1 :] = -9
    return logits


def flagged(example: Example, logits: dict[str, np.ndarray], threshold: float = 0.5) -> RecordingPrediction:
    found = predicted(example, logits)
    return RecordingPrediction(
        example, found.levels, found.scores, found.evidence, found.evidence >= threshold, found.events
    )


def network_run(folder: Path, seed: int = 0) -> list[tuple[Example, dict[str, np.ndarray]]]:
    """A run of two roles of three pieces; the test role's recordings and logits."""
    found = [(each, logits_of(each, seed + i)) for i, each in enumerate(pieces(6, 2))]
    said = [flagged(*each) for each in found]
    write_run(folder, said[:6], said[6:], RUN)
    return found[6:]


def test_a_run_survives_its_files_and_gives_equal_bytes(tmp_path: Path) -> None:
    found = network_run(tmp_path / "one")
    network_run(tmp_path / "two")
    for name in ("predictions.h5", "run.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    run = read_run(tmp_path / "one", "test")
    assert run.run["events"] == ["beat", "downbeat"]
    assert list(run.beats["recording"].unique()) == [example.name for example, _ in found]
    times = np.concatenate([example.beat_times for example, _ in found])
    assert np.array_equal(event_frames(run.beats["time"].to_numpy()), event_frames(times))


def test_scores_from_files_are_those_from_logits(tmp_path: Path) -> None:
    found = network_run(tmp_path)
    scored = [ScoredRecording(example.beat_times, example.labels, logits) for example, logits in found]
    files = {name: value[0] for name, value in scores(piece_sums(read_run(tmp_path, "test"))).items()}
    for name, value in honest_scores(scored, 0.5).items():
        assert files[name] == pytest.approx(value, abs=1e-9), name
    paper = paper_scores(scored)
    assert files["paper_dynamic"] == pytest.approx(paper["dynamic_weighted"])
    assert files["paper_change_point"] == pytest.approx(paper["change_point"])
    assert files["paper_beat"] == pytest.approx(paper["beat"])
    assert files["paper_downbeat"] == pytest.approx(paper["downbeat"])


def test_beats_of_unknown_level_are_not_scored(tmp_path: Path) -> None:
    found = pieces(2, 1)
    for example in found:
        example.labels.level[:12] = 0
        example.labels.change_point[:13] = False
    said = [flagged(each, logits_of(each, 1)) for each in found]
    write_run(tmp_path, said[:1], said[1:], RUN)
    sums = piece_sums(read_run(tmp_path, "test")).sums
    assert sums["confusion"].sum() == 84


def test_a_piece_drawn_twice_counts_twice(tmp_path: Path) -> None:
    network_run(tmp_path)
    sums = piece_sums(read_run(tmp_path, "test"))
    alone = scores(sums, np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 2.0], [1.0, 1.0, 1.0]]))
    assert alone["change_point"][0] == alone["change_point"][1]
    assert alone["dynamic_macro"][2] == scores(sums)["dynamic_macro"][0]


def test_the_table_has_every_model_with_intervals_and_nothing_comparable(tmp_path: Path) -> None:
    for fold in (0, 1):
        network_run(tmp_path / f"network/fold{fold}", seed=50 * fold)
        found = pieces(6, 2)
        said = prepare(found, {"baseline": "every_beat"})(Roles(found, found[:6], found[6:]), 0)
        write_run(tmp_path / f"every/fold{fold}", said.valid, said.test, {"chosen": said.chosen})
    folds = [score_fold(tmp_path / f"{m}/fold{k}", "T1", m, k) for m in ("network", "every") for k in (0, 1)]
    rows = [ModelRow("network", "Network", "loudness", False), ModelRow("every", "Every beat", "nothing", True)]
    table = table1(folds, {"T1": rows}, 200, 0)
    own = table[table["track"] == "T1"]
    assert (own["low"] <= own["value"] + 1e-9).all() and (own["value"] <= own["high"] + 1e-9).all()
    assert set(table["comparable"]) == {"no"}
    assert own.loc[own["model"] == "every", "note"].str.endswith("true beats given").all()
    by_fold = folds_table(folds).query("model == 'network' and mode == 'honest' and score == 'change_point'")["value"]
    value = own.query("model == 'network' and mode == 'honest' and score == 'change_point'")["value"].item()
    assert value == pytest.approx(by_fold.mean(), abs=0.02)
    write_table(tmp_path / "table1.csv", table)
    draw_table1(pd.read_csv(tmp_path / "table1.csv"), tmp_path / "table1.svg")
    assert (tmp_path / "table1.svg").stat().st_size > 5000


def test_published_rows_are_those_of_the_published_runs(golden: Path) -> None:
    published = json.loads((golden / "dynamics" / "published_results.json").read_text())
    table = published_rows().set_index(["model", "score"])["value"]
    names = ("dynamic_weighted", "change_point", "beat", "downbeat")
    for model in ("multi_bssl", "multi_logmel"):
        clean = published["folds1to4_mean_percent"][model]
        assert [table[f"{model}_clean", name] for name in names] == pytest.approx(clean)
    paper = published["paper_table1_percent"]
    assert table["single_bssl", "change_point"] == paper["single_logmel"]["change_point"][0]  # printed swapped


def test_a_combination_is_the_mean_of_its_members(tmp_path: Path) -> None:
    for seed in (0, 20):
        network_run(tmp_path / str(seed), seed)
    valid, test = ([read_run(tmp_path / str(seed), role) for seed in (0, 20)] for role in ("valid", "test"))
    _, combined = combine(valid, test, {"members": ["a", "b"]})
    column = "score_pp"
    mean = (test[0].beats[column] + test[1].beats[column]) / 2
    assert combined.beats[column].to_numpy() == pytest.approx(mean.to_numpy())
    assert combined.events.equals(test[0].events) and combined.run["events"] == ["beat", "downbeat"]
    _, pooled = combine(valid, test, {"members": ["a", "b"], "pooled": True})
    recordings = pooled.beats[pooled.beats["group"] == "p4"].groupby("recording")
    first, second = (part[["score_pp", "evidence"]].to_numpy() for _, part in recordings)
    assert np.array_equal(first, second)
    with pytest.raises(UserError, match="no setting 'member'"):
        combine(valid, test, {"member": ["a"]})


def test_a_broken_prediction_file_gives_one_clear_line(tmp_path: Path) -> None:
    network_run(tmp_path)
    with pytest.raises(UserError, match="holds nothing of the train role"):
        read_run(tmp_path, "train")
    (tmp_path / "predictions.h5").write_bytes(b"no table")
    with pytest.raises(UserError, match=r"predictions\.h5: not a readable prediction file") as error:
        read_run(tmp_path, "test")
    assert "\n" not in str(error.value)
