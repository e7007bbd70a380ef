"""Prediction files and the table that is made from them alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("torch", reason="needs the torch extra")

from dynamics_cases import pieces
from evaluation_cases import run_info

from percepiano_core.dynamics.beat_models.baselines import prepare
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import Roles
from percepiano_core.dynamics.network.fold import predicted
from percepiano_core.dynamics.predictions.combination import combine
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction, write_run
from percepiano_core.dynamics.predictions.scoring import ScoredRecording, as_published_scores, per_recording_scores
from percepiano_core.errors import UserError
from percepiano_core.evaluation.dynamics.figure import draw_table1
from percepiano_core.evaluation.dynamics.scores import piece_sums, scores
from percepiano_core.evaluation.dynamics.table import folds_table, make_spec, published_rows, score_runs, table1
from percepiano_core.metrics.recording_scores import AS_PUBLISHED, PER_RECORDING
from percepiano_core.sound.frame_grid import event_frames
from percepiano_core.store.dynamics_predictions import read_run
from percepiano_core.table_io import write_table
from percepiano_core.training.run_folder import RunInfo, read_run_info, write_run_info

TASKS = {"dynamic": 6, "beat": 1, "downbeat": 1, "change_point": 1}
CHOSEN = {"threshold": 0.5, "level_shares": [0.2] * 5}
ROWS = [("network", "Network", "curves8"), ("every", "Every beat", "beats"), ("tcn", "TCN", "logmel")]


def info_of(**changes) -> RunInfo:
    given = {"system": "dynamics", "data": "T1", "model": "network", "inputs": "curves8", "split": "pieces"}
    return run_info(**(given | {"chosen": CHOSEN} | changes))


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


def network_run(folder: Path, seed: int = 0, **info: object) -> list[tuple[Example, dict[str, np.ndarray]]]:
    """A run of two roles of three pieces; the test role's recordings and logits."""
    found = [(each, logits_of(each, seed + i)) for i, each in enumerate(pieces(6, 2))]
    said = [flagged(*each) for each in found]
    write_run(folder, said[:6], said[6:], info_of(**info))
    return found[6:]


def test_a_run_survives_its_files_and_gives_equal_bytes(tmp_path: Path) -> None:
    found = network_run(tmp_path / "one")
    network_run(tmp_path / "two")
    for name in ("predictions.h5", "run.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    run = read_run(tmp_path / "one", "test")
    assert run.tasks == ("beat", "downbeat") == tuple(read_run_info(tmp_path / "one").events)
    assert run.chosen == CHOSEN
    assert list(run.beats["recording"].unique()) == [example.name for example, _ in found]
    times = np.concatenate([example.beat_times for example, _ in found])
    assert np.array_equal(event_frames(run.beats["time"].to_numpy()), event_frames(times))


def test_scores_from_files_are_those_from_logits(tmp_path: Path) -> None:
    found = network_run(tmp_path)
    scored = [ScoredRecording(example.beat_times, example.labels, logits) for example, logits in found]
    files = {name: value[0] for name, value in scores(piece_sums(read_run(tmp_path, "test"))).items()}
    for scoring, from_logits in (
        (PER_RECORDING, per_recording_scores(scored, 0.5)),
        (AS_PUBLISHED, as_published_scores(scored)),
    ):
        assert {name for way, name in files if way == scoring} == set(from_logits)
        for name, value in from_logits.items():
            assert files[scoring, name] == pytest.approx(value, abs=1e-9), name


def test_beats_of_unknown_level_are_not_scored(tmp_path: Path) -> None:
    found = pieces(2, 1)
    for example in found:
        example.labels.level[:12] = 0
        example.labels.change_point[:13] = False
    said = [flagged(each, logits_of(each, 1)) for each in found]
    write_run(tmp_path, said[:1], said[1:], info_of())
    sums = piece_sums(read_run(tmp_path, "test")).sums
    assert sums["confusion"].sum() == 84


def test_a_piece_drawn_twice_counts_twice(tmp_path: Path) -> None:
    network_run(tmp_path)
    sums = piece_sums(read_run(tmp_path, "test"))
    alone = scores(sums, np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 2.0], [1.0, 1.0, 1.0]]))
    assert alone[PER_RECORDING, "change_point"][0] == alone[PER_RECORDING, "change_point"][1]
    macro = PER_RECORDING, "dynamic_macro"
    assert alone[macro][2] == scores(sums)[macro][0]


def two_models(folder: Path, **info: object) -> list[Path]:
    """Runs of a network and of a baseline on two folds."""
    for fold in (0, 1):
        network_run(folder / f"network/fold{fold}", seed=50 * fold, fold=str(fold), **info)
        found = pieces(6, 2)
        said = prepare(found, None, {"baseline": "every_beat"})(Roles(found, found[:6], found[6:]), 0)
        every = info_of(model="every", inputs="beats", fold=str(fold), chosen=said.chosen, **info)
        write_run(folder / f"every/fold{fold}", said.valid, said.test, every)
    return sorted(path.parent for path in folder.rglob("run.json"))


def test_the_table_has_every_model_with_intervals_and_nothing_comparable(tmp_path: Path) -> None:
    given = make_spec({"T1": ROWS}, replicates=200, config_digest="table")
    scored = score_runs(two_models(tmp_path), given)
    table = table1(scored, given)
    own = table[(table["track"] == "T1") & (table["status"] == "measured")]
    assert list(own["model"].unique()) == ["Network", "Every beat"]
    assert (own["f1_ci_low"] <= own["f1"] + 1e-9).all() and (own["f1"] <= own["f1_ci_high"] + 1e-9).all()
    assert table["comparable"].str.startswith("no: ").all()
    every = own[own["model"] == "Every beat"].iloc[0]
    assert (every["hears"], every["oracle_beats"], every["n_folds"], every["n_seeds"]) == ("nothing", "yes", 2, 1)
    assert every["comparable"].endswith("oracle beats are given") and every["config_digest"] == "c0ffee"
    chosen = "model == 'Network' and scoring == 'per recording' and score == 'change_point'"
    folds = folds_table(scored)
    assert own.query(chosen)["f1"].item() == pytest.approx(folds.query(chosen)["f1"].mean())
    assert set(folds["status"]) == {"measured"}
    write_table(tmp_path / "table1.csv", table)
    draw_table1(pd.read_csv(tmp_path / "table1.csv"), tmp_path / "table1.svg")
    assert (tmp_path / "table1.svg").stat().st_size > 5000


def test_a_model_without_a_run_has_a_row_that_says_so(tmp_path: Path) -> None:
    given = make_spec({"T1": ROWS}, replicates=10, config_digest="table")
    table = table1(score_runs(two_models(tmp_path), given), given)
    (row,) = table[table["model"] == "TCN"].to_dict("records")
    assert (row["status"], row["hears"], row["n_folds"], row["config_digest"]) == ("not run", "mel bands", 0, "table")
    assert row["f1"] != row["f1"]


def test_runs_on_synthetic_data_say_so(tmp_path: Path) -> None:
    given = make_spec({"synthetic": ROWS}, replicates=10)
    runs = two_models(tmp_path, corpus="synthetic", data="synthetic")
    table = table1(score_runs(runs, given), given)
    own = table[(table["track"] == "synthetic") & (table["model"] != "TCN")]
    assert set(own["status"]) == {"synthetic"}
    assert own["comparable"].str.startswith("no: the corpus is synthetic").all()


def test_seeds_of_a_fold_count_as_one(tmp_path: Path) -> None:
    for seed in (0, 1):
        network_run(tmp_path / f"seed{seed}", seed=30 * seed)
        write_run_info(tmp_path / f"seed{seed}", info_of(seed=seed, events=("beat", "downbeat")))
    given = make_spec({"T1": ROWS[:1]}, replicates=10)
    scored = score_runs([tmp_path / "seed0", tmp_path / "seed1"], given)
    row = table1(scored, given).query("score == 'dynamic_macro'").iloc[0]
    assert (row["n_folds"], row["n_seeds"], row["n_recordings"]) == (1, 2, 6)
    alone = folds_table(scored).query("score == 'dynamic_macro'")["f1"]
    assert len(alone) == 2 and row["f1"] == pytest.approx(alone.mean()) and row["f1_sd"] == 0


def test_a_run_without_a_row_and_a_run_twice_are_refused(tmp_path: Path) -> None:
    runs = two_models(tmp_path / "a")
    with pytest.raises(UserError, match="is a run of every on T1, which has no row"):
        score_runs(runs, make_spec({"T1": ROWS[:1]}))
    with pytest.raises(UserError, match=r"once more"):
        score_runs([*runs, *two_models(tmp_path / "b")], make_spec({"T1": ROWS}))


def test_published_rows_are_those_of_the_published_runs(golden: Path) -> None:
    published = json.loads((golden / "dynamics" / "published_results.json").read_text())
    table = pd.DataFrame(published_rows()).set_index(["model", "score"])["published_f1"]
    names = ("dynamic_weighted", "change_point", "beat", "downbeat")
    titles = {
        "multi_bssl": "Multi-task network, folds 1 to 4",
        "multi_logmel": "Multi-task network, log-mel, folds 1 to 4",
    }
    for model, title in titles.items():
        clean = published["folds1to4_mean_percent"][model]
        assert [table[title, name] for name in names] == pytest.approx(clean)
    paper = published["paper_table1_percent"]
    assert table["Single-task networks", "change_point"] == paper["single_logmel"]["change_point"][0]  # printed swapped


def test_a_combination_is_the_mean_of_its_members(tmp_path: Path) -> None:
    for seed in (0, 20):
        network_run(tmp_path / str(seed), seed)
    valid, test = ([read_run(tmp_path / str(seed), role) for seed in (0, 20)] for role in ("valid", "test"))
    _, combined = combine(valid, test, {"members": ["a", "b"]})
    column = "score_pp"
    mean = (test[0].beats[column] + test[1].beats[column]) / 2
    assert combined.beats[column].to_numpy() == pytest.approx(mean.to_numpy())
    assert combined.events.equals(test[0].events) and combined.tasks == ("beat", "downbeat")
    _, pooled = combine(valid, test, {"members": ["a", "b"], "pooled": True})
    recordings = pooled.beats[pooled.beats["group"] == "p4"].groupby("recording")
    first, second = (part[["score_pp", "evidence"]].to_numpy() for _, part in recordings)
    assert np.array_equal(first, second)


def test_a_broken_prediction_file_gives_one_clear_line(tmp_path: Path) -> None:
    network_run(tmp_path)
    with pytest.raises(UserError, match="holds nothing of the train role"):
        read_run(tmp_path, "train")
    (tmp_path / "predictions.h5").write_bytes(b"no table")
    with pytest.raises(UserError, match=r"predictions\.h5: not a readable prediction file") as error:
        read_run(tmp_path, "test")
    assert "\n" not in str(error.value)
