"""Table 3 and the tables beside it: columns, rows that were not run, published figures, byte stability."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from evaluation_cases import MODELS, WIDTH, blocks, run_info, spec, write_blocks, write_corpus, write_runs

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.ablation import ABLATION_COLUMNS, Ablation, AblationStep, ablation_table
from percepiano_core.evaluation.ratings.published_results import published_beside, published_results
from percepiano_core.evaluation.ratings.rating_tables import make_ablations, make_spec, rating_tables
from percepiano_core.evaluation.ratings.table3 import (
    FOLD_COLUMNS,
    PER_DIMENSION_COLUMNS,
    ScoredRow,
    score_runs,
    table3,
    table3_folds,
    table3_per_dimension,
)
from percepiano_core.table_io import write_table
from percepiano_core.training.run_folder import write_run_info

GOLDEN_TABLE3_COLUMNS = (
    "split,model,inputs,labels,r2,r2_sd,r2_ci_low,r2_ci_high,r2_humans,ceiling,mse,pearson,within_segment_r,"
    "n_folds,n_seeds,n_test,published_r2,published_mse,comparable,status,config_digest"
)
ABLATION = Ablation(
    "Descriptors",
    ("performer", "work"),
    (AblationStep("ridge", "ridge"), AblationStep("trees", "+ trees"), AblationStep("bilstm_sa_han", "+ network")),
)


def scored(folder: Path, **changes) -> list[ScoredRow]:
    manifest, noise = write_corpus(folder)
    corpus = changes.get("corpus_kind", "real")
    runs = [run for row in MODELS[:3] for run in write_runs(folder / "runs", row.model, corpus=corpus)]
    return score_runs(runs, manifest, noise, spec(**changes))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[ScoredRow]:
    return scored(tmp_path_factory.mktemp("corpus"))


def test_the_columns_of_table3_are_those_agreed(rows: list[ScoredRow], tmp_path: Path) -> None:
    write_table(tmp_path / "table3.csv", table3(rows, spec()))
    assert (tmp_path / "table3.csv").read_text().splitlines()[0] == GOLDEN_TABLE3_COLUMNS


def test_every_split_and_model_has_a_row_in_the_given_order(rows: list[ScoredRow]) -> None:
    table = table3(rows, spec())
    assert list(zip(table["split"], table["model"], strict=True)) == [
        (split, row.title) for split in ("performer", "segment", "work") for row in MODELS
    ]


def test_a_row_without_a_run_says_so_and_has_no_score(rows: list[ScoredRow], tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", table3(rows, spec()))
    line = next(
        line for line in (tmp_path / "t.csv").read_text().splitlines() if "performer,Bi-LSTM + SA + HAN" in line
    )
    assert line == ("performer,Bi-LSTM + SA + HAN,score79,published,,,,,,,,,,0,0,0,0.285000,0.008700,yes,not run,table")


def test_a_measured_row_holds_what_was_measured(rows: list[ScoredRow]) -> None:
    table = table3(rows, spec()).set_index(["split", "model"])
    row = table.loc["segment", "ExtraTrees"]
    assert (row["status"], row["n_folds"], row["n_seeds"], row["n_test"]) == ("measured", 4, 1, 10)
    assert row["r2_ci_low"] < row["r2"] < row["r2_ci_high"]
    assert row["config_digest"] == "c0ffee"
    assert table.loc[("work", "Mean"), "pearson"] == 0
    assert (table["r2"].dropna() < table["ceiling"].dropna() + 0.5).all()


def test_equal_inputs_give_equal_bytes_whatever_the_order_of_runs(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    runs = [run for row in MODELS[:3] for run in write_runs(tmp_path / "runs", row.model)]
    texts = []
    for i, folders in enumerate((runs, runs[::-1])):
        found = score_runs(folders, manifest, noise, spec())
        for j, table in enumerate((table3(found, spec()), table3_folds(found))):
            write_table(tmp_path / f"{i}_{j}.csv", table)
        texts.append([(tmp_path / f"{i}_{j}.csv").read_bytes() for j in range(2)])
    assert texts[0] == texts[1]
    assert b"\r" not in texts[0][0]


def test_per_dimension_scores_average_to_table3(rows: list[ScoredRow]) -> None:
    detail, table = table3_per_dimension(rows, spec()), table3(rows, spec())
    assert list(detail.columns) == list(PER_DIMENSION_COLUMNS)
    assert len(detail) == len(table) * WIDTH
    assert tuple(detail["dimension"][:WIDTH]) == DIMENSION_KEYS
    means = detail.groupby(["split", "model"], sort=False)[["r2", "mse", "ceiling", "within_segment_r"]].mean()
    expected = table.set_index(["split", "model"])[["r2", "mse", "ceiling", "within_segment_r"]].astype(float)
    pd.testing.assert_frame_equal(means, expected, check_exact=False)


def test_the_fold_table_ends_each_split_with_its_mean(rows: list[ScoredRow]) -> None:
    table = table3_folds(rows)
    assert list(table.columns) == list(FOLD_COLUMNS)
    ridge = table[(table["model"] == "Ridge") & (table["split"] == "segment_seed43")]
    assert list(ridge["fold"]) == ["0", "1", "mean"]
    assert ridge["r2"].iloc[2] == pytest.approx(ridge["r2"].iloc[:2].mean())
    assert list(ridge["n_test"]) == [8, 8, 8]


def test_synthetic_rows_say_so_and_stand_beside_no_published_figure(tmp_path: Path) -> None:
    synthetic = spec(corpus_kind="synthetic")
    rows = scored(tmp_path, corpus_kind="synthetic")
    for table in (table3(rows, synthetic), table3_per_dimension(rows, synthetic)):
        assert set(table["status"]) == {"synthetic", "not run"}
        assert table["published_r2"].isna().all()
        assert set(table["comparable"]) == {"no: the corpus is synthetic"}
    assert set(table3_folds(rows)["status"]) == {"synthetic"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": "clean"}, "was run on published labels, the table is of clean"),
        ({"splits": ("performer", "work")}, "mean on segment_seed42, which has no row"),
        ({"rows": MODELS[1:]}, "is a run of mean on performer, which has no row"),
    ],
)
def test_runs_that_do_not_fit_the_table_are_refused(tmp_path: Path, change: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        scored(tmp_path, **change)


def test_runs_on_a_synthetic_corpus_never_stand_in_a_table_of_a_real_one(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    runs = write_runs(tmp_path / "runs", "mean", corpus="synthetic")
    with pytest.raises(UserError, match="was run on synthetic data, the table is of real"):
        score_runs(runs, manifest, noise, spec())


def test_a_fold_in_two_run_folders_is_refused(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    folders = [run for name in ("a", "b") for run in write_runs(tmp_path / name, "mean")]
    with pytest.raises(UserError, match=r"is mean on performer, fold 0, seed 0 once more"):
        score_runs(folders, manifest, noise, spec())


@pytest.mark.parametrize("change", [{"model": "ridge"}, {"fold": "1"}, {"seed": 3}, {"split": "work"}])
def test_predictions_of_another_run_than_run_json_says_are_refused(tmp_path: Path, change: dict) -> None:
    manifest, noise = write_corpus(tmp_path)
    runs = write_blocks(tmp_path, blocks("mean", ["performer"])[:1], **change)
    with pytest.raises(UserError, match=r"holds predictions of mean on performer, fold 0, seed 0, its run\.json says"):
        score_runs(runs, manifest, noise, spec())


def test_where_a_run_folder_lies_says_nothing_of_it(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    tables = []
    for place in ("runs/here", "moved/there/fold9"):
        runs = write_runs(tmp_path / place, "mean")
        tables.append(table3(score_runs(runs, manifest, noise, spec()), spec()))
    pd.testing.assert_frame_equal(*tables)


def test_runs_of_several_configurations_share_one_digest_that_tells_them_apart(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    digests = []
    for other in ("d00d", "f00d"):
        folders = [
            *write_runs(tmp_path / other / "a", "mean", splits=["segment_seed42"]),
            *write_runs(tmp_path / other / "b", "mean", splits=["segment_seed43"], config_digest=other),
        ]
        table = table3(score_runs(folders, manifest, noise, spec()), spec())
        digests.append(table.loc[table["split"].eq("segment") & table["model"].eq("Mean"), "config_digest"].item())
    assert digests[0] != digests[1]
    assert all(len(each) == 12 for each in digests)


def test_a_row_whose_runs_differ_in_their_inputs_says_mixed(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    runs = write_runs(tmp_path, "ridge", splits=["work"])
    write_run_info(runs[1], run_info(split="work", fold="b", inputs="notes"))
    table = table3(score_runs(runs, manifest, noise, spec()), spec()).set_index(["split", "model"])
    assert table.loc[("work", "Ridge"), "inputs"] == "mixed"
    assert table.loc[("performer", "Ridge"), "inputs"] == "descriptors"


def test_all_tables_come_from_run_folders_a_part_for_each_label_derivation(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    runs = [*write_runs(tmp_path / "p", "ridge"), *write_blocks(tmp_path / "c", blocks("ridge"), data="clean")]
    rows = [(row.model, row.title, row.inputs) for row in MODELS]
    given = make_spec(rows, ["performer", "segment", "work"], config_digest="table", replicates=50)
    steps = [{"model": "ridge", "adds": "ridge"}, {"model": "trees", "adds": "trees"}]
    ablations = make_ablations({"a": {"splits": ["work"], "steps": steps, "against": "first"}})
    tables = rating_tables(runs, manifest, noise, given, ["published", "clean"], ablations)
    assert list(tables) == ["table", "per_dimension", "folds", "ablation"]
    assert list(tables["table"]["labels"].unique()) == ["published", "clean"]
    halves = [part.drop(columns="labels").reset_index(drop=True) for _, part in tables["table"].groupby("labels")]
    scores = ["split", "model", "r2", "r2_ci_low", "n_folds", "status"]
    pd.testing.assert_frame_equal(halves[0][scores], halves[1][scores])
    assert len(tables["ablation"]) == 4


def test_an_ablation_compares_each_step_with_the_one_before(rows: list[ScoredRow]) -> None:
    table = ablation_table(rows, [ABLATION], spec())
    assert list(table.columns) == list(ABLATION_COLUMNS)
    assert list(table["step"]) == [1, 2, 3] * 2
    first, second, third = (table.iloc[i] for i in range(3))
    assert pd.isna(first["delta"])
    assert second["delta"] == pytest.approx(second["r2"] - first["r2"])
    assert second["delta_ci_low"] < second["delta"] < second["delta_ci_high"]
    assert (third["status"], third["published_r2"]) == ("not run", 0.285)
    assert pd.isna(third["delta"])


def test_an_ablation_may_compare_each_step_with_the_first(rows: list[ScoredRow]) -> None:
    first_model, second_model, *_ = ABLATION.steps
    steps = (first_model, second_model, second_model)
    table = ablation_table(rows, [Ablation("tried", ABLATION.splits, steps, against="first")], spec())
    first, second, third = (table.iloc[i] for i in range(3))
    assert second["against"] == third["against"] == first["model"]
    assert third["delta"] == pytest.approx(third["r2"] - first["r2"])


def test_an_ablation_of_an_unknown_model_is_refused(rows: list[ScoredRow]) -> None:
    wrong = replace(ABLATION, steps=(AblationStep("transformer", "?"),))
    with pytest.raises(UserError, match="names transformer on performer, which has no row"):
        ablation_table(rows, [wrong], spec())


def test_published_gains_are_those_of_the_published_ablation() -> None:
    found = {key: each.r2 for key, each in published_results().items() if key[2] == "all"}
    assert found["segment", "bilstm_sa", "all"] - found["segment", "bilstm", "all"] == pytest.approx(0.119)
    assert found["segment", "bilstm_sa_han", "all"] - found["segment", "bilstm_sa", "all"] == pytest.approx(0.093)


@pytest.mark.parametrize(
    ("split", "model", "labels", "expected"),
    [
        ("performer", "bilstm", "published", (0.236, 0.00909, "yes")),
        ("performer", "bilstm", "clean", (0.236, 0.00909, "no: ours are scored on clean labels")),
        (
            "performer",
            "midibert",
            "published",
            (
                0.212,
                0.0093,
                "no: the published row is a larger model that starts from weights pre-trained on five corpora",
            ),
        ),
        (
            "segment",
            "midibert_released",
            "published",
            (0.313, 0.00924, "no: the published draw of the segment split cannot be recovered"),
        ),
    ],
)
def test_a_published_figure_is_comparable_only_on_the_same_split_and_labels(split, model, labels, expected) -> None:
    assert published_beside(split, model, labels, synthetic=False) == expected


def test_the_published_mse_of_the_mean_is_called_an_artefact() -> None:
    _, mse, comparable = published_beside("segment", "mean", "published", synthetic=False)
    assert mse == 2.28
    assert comparable.startswith("no: MSE 2.28 is an artefact")


def test_where_nothing_was_published_the_table_says_so() -> None:
    r2, mse, comparable = published_beside("both", "ridge", "published", synthetic=False)
    assert r2 != r2
    assert mse != mse
    assert comparable == "no: nothing published for this row"
