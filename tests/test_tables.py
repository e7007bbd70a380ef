"""Table 3 and the tables beside it: columns, rows that were not run, published figures, byte stability."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from evaluation_cases import MODELS, WIDTH, spec, write_corpus, write_run

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.ablation import ABLATION_COLUMNS, Ablation, AblationStep, ablation_table
from percepiano_core.evaluation.ratings.published_results import published_beside, published_results
from percepiano_core.evaluation.ratings.table3 import (
    FOLD_COLUMNS,
    PER_DIMENSION_COLUMNS,
    ScoredRow,
    score_runs,
    table3,
    table3_folds,
    table3_per_dimension,
    write_table,
)

GOLDEN_TABLE3_COLUMNS = (
    "split,model,features,labels,r2,r2_sd,r2_ci_low,r2_ci_high,r2_humans,ceiling,mse,pearson,within_segment_r,"
    "n_folds,n_seeds,n_test,published_r2,published_mse,comparable,status,config_hash"
)
ABLATION = Ablation(
    "Descriptors",
    ("performer", "work"),
    (AblationStep("ridge", "ridge"), AblationStep("trees", "+ trees"), AblationStep("bilstm_sa_han", "+ network")),
)


def scored(folder: Path, **changes) -> list[ScoredRow]:
    manifest, noise = write_corpus(folder)
    runs = [write_run(folder / "runs" / row.model, row.model) for row in MODELS[:3]]
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
        (split, row.name) for split in ("performer", "segment", "work") for row in MODELS
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
    assert row["config_hash"] == "c0ffee"
    assert table.loc[("work", "Mean"), "pearson"] == 0
    assert (table["r2"].dropna() < table["ceiling"].dropna() + 0.5).all()


def test_equal_inputs_give_equal_bytes_whatever_the_order_of_runs(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    runs = [write_run(tmp_path / "runs" / row.model, row.model) for row in MODELS[:3]]
    texts = []
    for i, folders in enumerate((runs, runs[::-1])):
        found = score_runs(folders, manifest, noise, spec())
        for j, table in enumerate((table3(found, spec()), table3_folds(found, spec()))):
            write_table(tmp_path / f"{i}_{j}.csv", table)
        texts.append([(tmp_path / f"{i}_{j}.csv").read_bytes() for j in range(2)])
    assert texts[0] == texts[1]
    assert b"\r" not in texts[0][0]


def test_numbers_have_six_decimals_no_negative_zero_and_no_word_for_undefined(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", pd.DataFrame({"a": [-1e-9, 1 / 3, float("nan")], "n": [1, 2, 3]}))
    assert (tmp_path / "t.csv").read_bytes() == b"a,n\n0.000000,1\n0.333333,2\n,3\n"


def test_per_dimension_scores_average_to_table3(rows: list[ScoredRow]) -> None:
    detail, table = table3_per_dimension(rows, spec()), table3(rows, spec())
    assert list(detail.columns) == list(PER_DIMENSION_COLUMNS)
    assert len(detail) == len(table) * WIDTH
    assert tuple(detail["dimension"][:WIDTH]) == DIMENSION_KEYS
    means = detail.groupby(["split", "model"], sort=False)[["r2", "mse", "ceiling", "within_segment_r"]].mean()
    expected = table.set_index(["split", "model"])[["r2", "mse", "ceiling", "within_segment_r"]].astype(float)
    pd.testing.assert_frame_equal(means, expected, check_exact=False)


def test_the_fold_table_ends_each_split_with_its_mean(rows: list[ScoredRow]) -> None:
    table = table3_folds(rows, spec())
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
    assert set(table3_folds(rows, synthetic)["status"]) == {"synthetic"}


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


def test_a_fold_in_two_run_folders_is_refused(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    folders = [write_run(tmp_path / name, "mean") for name in ("a", "b")]
    with pytest.raises(UserError, match="has a fold in two run folders"):
        score_runs(folders, manifest, noise, spec())


def test_runs_of_several_configurations_share_one_hash_that_tells_them_apart(tmp_path: Path) -> None:
    manifest, noise = write_corpus(tmp_path)
    hashes = []
    for other in ("d00d", "f00d"):
        folders = [
            write_run(tmp_path / other / "a", "mean", splits=["segment_seed42"]),
            write_run(tmp_path / other / "b", "mean", splits=["segment_seed43"], config_hash=other),
        ]
        table = table3(score_runs(folders, manifest, noise, spec()), spec())
        hashes.append(table.loc[table["split"].eq("segment") & table["model"].eq("Mean"), "config_hash"].item())
    assert hashes[0] != hashes[1]
    assert all(len(each) == 12 for each in hashes)


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
