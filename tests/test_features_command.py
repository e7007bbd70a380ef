"""`percepiano features` on real files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import typer
from performance_golden import STEMS, columns, score_stem
from typer.testing import CliRunner, Result

from percepiano_core.cli.features_command import features
from percepiano_core.features.feature_sets import column_names

STEM = "Schubert_D960_mv2_8bars_2_11"
# the score of this one stands in the corpus only, not among the golden scores
ALL_STEMS = (*STEMS, "Schubert_D960_mv3_16bars_7_12")


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(features)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def paths(root: Path, stem: str) -> tuple[Path, Path]:
    data = root / "virtuoso" / "data"
    return data / "score_xml" / f"{score_stem(stem)}.musicxml", data / "all_2rounds" / f"{stem}.mid"


def table(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    cells = np.array([[float(cell or "nan") for cell in row] for row in rows])
    return dict(zip(header, cells.T, strict=True))


@pytest.mark.parametrize("stem", ALL_STEMS)
def test_published_features_through_a_corresp_file_equal_golden(
    golden: Path, percepiano_files: Path, tmp_path: Path, stem: str
) -> None:
    folder, out = golden / "features" / "performances", tmp_path / "out.csv"
    options = ("--compat", "published", "--alignment", folder / f"{stem}.corresp.csv.gz", "-o", out)
    assert run(*paths(percepiano_files, stem), *options).exit_code == 0
    computed, expected = table(out), columns(folder / f"{stem}.perf.csv.gz")
    shared = [key for key in expected if key in computed and key not in ("voice", "pitch")]
    assert len(shared) == 16
    for key in shared:
        np.testing.assert_allclose(computed[key], expected[key], atol=1e-4, err_msg=key)
    np.testing.assert_allclose(computed["score_onset_quarter"], expected["onset_quarter"], atol=1e-6)
    np.testing.assert_array_equal(computed["voice"], expected["voice"])


@pytest.mark.parametrize("stem", ALL_STEMS)
def test_published_rows_equal_golden(golden: Path, percepiano_files: Path, tmp_path: Path, stem: str) -> None:
    folder, out = golden / "features" / "performances", tmp_path / "out.csv"
    corresp = folder / f"{stem}.corresp.csv.gz"
    options = ("--compat", "published", "--alignment", corresp, "--rows", "published", "-o", out)
    assert run(*paths(percepiano_files, stem), *options).exit_code == 0
    computed, expected = table(out), columns(folder / f"{stem}.rows.csv.gz")
    names = [name for name in column_names("published101") if not name.endswith("_unnorm")]
    assert len(names) == 96
    for name in names:
        np.testing.assert_allclose(computed[name], expected[name], atol=1e-4, err_msg=name)
    for level in ("beat", "measure", "voice"):
        np.testing.assert_array_equal(computed[level], expected[f"loc_{level}"])


@pytest.mark.parametrize("name", ["score78", "score79", "published101", "published9"])
def test_each_set_has_a_row_a_score_note_and_its_columns(percepiano_files: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out.csv"
    result = run(*paths(percepiano_files, STEM), "--set", name, "-o", out)
    assert result.exit_code == 0
    computed = table(out)
    assert list(computed)[5:] == column_names(name)
    assert {len(column) for column in computed.values()} == {94}


def test_unmatched_notes_have_empty_cells_not_zeros(percepiano_files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert run(*paths(percepiano_files, STEM), "-o", out).exit_code == 0
    computed = table(out)
    unplayed = np.isnan(computed["mmidi_pitch"])
    assert 0 < unplayed.sum() < 20
    assert np.isnan(computed["velocity"][unplayed]).all()
    assert (computed["mmidi_pitch"] == computed["score_pitch"])[~unplayed].all()


def test_an_alignment_table_gives_the_same_as_aligning(golden: Path, percepiano_files: Path, tmp_path: Path) -> None:
    stem = "Beethoven_WoO80_thema_8bars_1_1"
    files, given, own = paths(percepiano_files, stem), tmp_path / "given.csv", tmp_path / "own.csv"
    assert run(*files, "--alignment", golden / "align" / f"{stem}.csv", "-o", given).exit_code == 0
    assert run(*files, "-o", own).exit_code == 0
    assert given.read_bytes() == own.read_bytes()


def test_descriptors_are_one_row(percepiano_files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert run(*paths(percepiano_files, STEM), "--set", "descriptors", "-o", out).exit_code == 0
    header, *rows = list(csv.reader(out.open(newline="")))
    assert len(rows) == 1
    assert len(header) == 1 + 86 + 26 + 146 + 1  # performance; raw, tonal, aligned, its flag
    assert rows[0][0] == STEM


def test_a_performance_of_other_music_is_one_clear_line(percepiano_files: Path, tmp_path: Path) -> None:
    score, _ = paths(percepiano_files, STEM)
    _, other = paths(percepiano_files, "Beethoven_WoO80_var25_8bars_14_14")
    result = run(score, other, "-o", tmp_path / "out.csv")
    assert result.exit_code != 0
    assert "does not fit the score" in str(result.exception)
    assert "(Schubert_D960_mv2_8bars_Score_11.musicxml)" in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not (tmp_path / "out.csv").exists()


def test_the_alignment_of_another_performance_is_refused(golden: Path, percepiano_files: Path, tmp_path: Path) -> None:
    wrong = golden / "align" / "Schubert_D935_no.3_4bars_2_1.csv"
    result = run(*paths(percepiano_files, STEM), "--alignment", wrong, "-o", tmp_path / "out.csv")
    assert "names notes that this performance does not have" in str(result.exception)


def test_published_rows_need_the_published_preset(percepiano_files: Path, tmp_path: Path) -> None:
    result = run(*paths(percepiano_files, STEM), "--rows", "published", "-o", tmp_path / "out.csv")
    assert "--compat published" in str(result.exception)
