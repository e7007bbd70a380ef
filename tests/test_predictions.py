"""The prediction file: round trip, byte stability, one clear line for each fault."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from evaluation_cases import run_info

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.store.predictions import (
    COLUMNS,
    FoldPredictions,
    read_predictions,
    write_predictions,
)
from percepiano_core.training.run_folder import read_run_info, write_run_info


def fold(name: str = "0", seed: int = 0, performances: tuple[str, ...] = ("b_2", "a, 1", "ä_3")) -> FoldPredictions:
    rng = np.random.default_rng([seed, len(name)])
    shape = (len(performances), len(DIMENSION_KEYS))
    return FoldPredictions("performer", name, seed, "mean", performances, rng.random(shape), rng.random(shape))


def write_lines(path: Path, *lines: str) -> Path:
    path.write_text("\n".join((",".join(COLUMNS), *lines)) + "\n")
    return path


def rows(performance: str = "p", prediction: str = "0.5") -> list[str]:
    return [f"work,WoO80,0,mean,{performance},{key},0.4,{prediction}" for key in DIMENSION_KEYS]


def test_predictions_come_back_to_six_decimals_with_their_performances(tmp_path: Path) -> None:
    written = fold()
    write_predictions(tmp_path / "predictions.csv", [written])
    (found,) = read_predictions(tmp_path / "predictions.csv")
    order = [written.performances.index(name) for name in found.performances]
    assert found.performances == ("a, 1", "b_2", "ä_3")
    assert found.sort_key == written.sort_key
    np.testing.assert_allclose(found.targets, written.targets[order], atol=5.1e-7)
    np.testing.assert_allclose(found.predictions, written.predictions[order], atol=5.1e-7)


def test_the_bytes_do_not_depend_on_the_order_of_folds_or_performances(tmp_path: Path) -> None:
    first = fold()
    turned = replace(
        first,
        performances=first.performances[::-1],
        targets=first.targets[::-1],
        predictions=first.predictions[::-1],
    )
    write_predictions(tmp_path / "a.csv", [first, fold("1"), fold("0", seed=1)])
    write_predictions(tmp_path / "b.csv", [fold("0", seed=1), fold("1"), turned])
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert b"\r" not in (tmp_path / "a.csv").read_bytes()


def test_reading_and_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    write_predictions(tmp_path / "a.csv", [fold(), fold("1")])
    write_predictions(tmp_path / "b.csv", read_predictions(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_rows_in_any_order_are_read(tmp_path: Path) -> None:
    lines = rows("p") + rows("q", "0.25")
    path = write_lines(tmp_path / "p.csv", *lines[::-1])
    (found,) = read_predictions(path)
    assert found.performances == ("p", "q")
    assert (found.fold, found.seed) == ("WoO80", 0)
    np.testing.assert_array_equal(found.predictions, np.repeat([[0.5], [0.25]], len(DIMENSION_KEYS), axis=1))


def test_a_fold_name_keeps_its_leading_zero(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.csv", [fold("00"), fold("01")])
    assert [block.fold for block in read_predictions(tmp_path / "p.csv")] == ["00", "01"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [*lines, lines[3]], "line 21 repeats an earlier row"),
        (lambda lines: [*lines[:-1], lines[-1].replace("0.5", "nan")], "prediction that is not a finite number"),
        (lambda lines: [*lines[:-1], lines[-1].replace("0.5", "")], "line 20 has a prediction"),
        (lambda lines: [*lines[:-1], lines[-1].replace("0.5", "inf")], "prediction that is not a finite number"),
        (lambda lines: [*lines[:-1], lines[-1].replace("0.5", "loud")], "text in the column prediction"),
        (lambda lines: [lines[0].replace("timing", "swing"), *lines[1:]], "unknown dimension 'swing'"),
        (lambda lines: lines[:-1], "lacks dimensions of p"),
        (lambda lines: [], "holds no predictions"),
    ],
)
def test_a_faulty_file_gives_one_clear_line(tmp_path: Path, change, message: str) -> None:
    path = write_lines(tmp_path / "predictions.csv", *change(rows()))
    with pytest.raises(UserError, match=message) as caught:
        read_predictions(path)
    assert "\n" not in str(caught.value)
    assert "predictions.csv" in str(caught.value)


def test_wrong_columns_and_a_missing_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("split,fold\nwork,0\n")
    with pytest.raises(UserError, match="has the columns split, fold, not"):
        read_predictions(tmp_path / "p.csv")
    with pytest.raises(UserError, match="is missing"):
        read_predictions(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "no predictions to write"),
        ([fold(), fold()], "comes twice"),
        ([fold(performances=("a", "a"))], "has a twice"),
        ([replace(fold(), predictions=np.full((3, 19), np.nan))], "b_2, timing"),
        ([replace(fold(), targets=np.zeros((3, 20)))], r"shape \(3, 20\)"),
    ],
)
def test_faulty_predictions_are_not_written(tmp_path: Path, blocks: list[FoldPredictions], message: str) -> None:
    with pytest.raises(UserError, match=message):
        write_predictions(tmp_path / "predictions.csv", blocks)
    assert list(tmp_path.iterdir()) == []


def test_run_info_comes_back_and_rejects_other_fields(tmp_path: Path) -> None:
    info = run_info(settings={"penalties": [1.0]}, chosen={"penalty": 1.0}, libraries={"numpy": "2"})
    write_run_info(tmp_path, info)
    assert read_run_info(tmp_path) == replace(info, events=[])
    (tmp_path / "run.json").write_text('{"model": "ridge"}')
    with pytest.raises(UserError, match="does not have exactly the fields"):
        read_run_info(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(UserError, match="is not JSON"):
        read_run_info(tmp_path)
    with pytest.raises(UserError, match="is missing"):
        read_run_info(tmp_path / "absent")


def test_writing_needs_no_heavy_import() -> None:
    code = "import sys, percepiano_core.store.predictions; print([m for m in ('pandas', 'h5py') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
