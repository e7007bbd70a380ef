"""The published preset equals the values of the published code: every column, every note of the golden scores."""

from __future__ import annotations

import csv
import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from percepiano_core.features.feature_sets import KEY_WIDTHS, key_columns
from percepiano_core.features.score.read import read_score
from percepiano_core.features.score.registry import SCORE_FEATURES
from percepiano_core.features.score_table import ScoreTable

TOLERANCE = 1e-6
GOLDEN_SCORES = (
    "Beethoven_WoO80_thema_8bars_Score_1",
    "Beethoven_WoO80_var12_8bars_Score_9",
    "Beethoven_WoO80_var24_8bars_Score_0",
    "Beethoven_WoO80_var25_8bars_Score_14",
    "Beethoven_WoO80_var32_8bars_Score_01",
    "Beethoven_WoO80_var4_8bars_Score_3",
    "Beethoven_WoO80_var6_8bars_Score_5",
    "Schubert_D935_no.3_4bars_Score_1",
    "Schubert_D935_no.3_4bars_Score_16",
    "Schubert_D935_no.3_4bars_Score_22",
    "Schubert_D935_no.3_4bars_Score_25",
    "Schubert_D935_no.3_4bars_Score_32",
    "Schubert_D935_no.3_4bars_Score_44",
    "Schubert_D935_no.3_4bars_Score_49",
    "Schubert_D935_no.3_4bars_Score_50",
    "Schubert_D960_mv2_16bars_Score_08",
    "Schubert_D960_mv2_8bars_Score_01",
    "Schubert_D960_mv2_8bars_Score_11",
    "Schubert_D960_mv3_16bars_Score_01",
    "Schubert_D960_mv3_8bars_Score_01",
    "Schubert_D960_mv3_8bars_Score_36",
)
NOTE_COLUMNS = {
    "onset_div": "xml_pos_div",
    "onset_quarter": "onset_quarter",
    "time_sec": "time_position_s",
    "duration_sec": "duration_s",
    "staff": "staff",
    "voice": "voice",
    "measure": "measure_number",
    "pitch": "midi_pitch",
    "duration_quarter": "duration",
    "grace_order": "grace_order",
    "is_grace": "is_grace",
    "is_overlapped": "is_overlapped",
    "is_trill": "notation_0",
    "is_arpeggiated": "notation_5",
    "preceded_by_grace": "preceded_by_grace_note",
}


@cache
def golden_rows(golden: Path, stem: str) -> list[dict[str, str]]:
    with gzip.open(golden / f"features/scores/{stem}.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def golden_columns(rows: list[dict[str, str]], names: list[str]) -> np.ndarray:
    return np.array([[float(row[name]) for name in names] for row in rows])


def golden_name(column: str) -> str:
    return "score_section_tempo" if column == "section_tempo" else column


@pytest.fixture(scope="session")
def published(percepiano_files: Path) -> dict[str, ScoreTable]:
    folder = percepiano_files / "virtuoso/data/score_xml"
    return {
        stem: read_score(folder / f"{stem}.musicxml", compat="published", composer="Beethoven")
        for stem in GOLDEN_SCORES
    }


@pytest.mark.parametrize("key", sorted(SCORE_FEATURES))
def test_every_value_of_a_feature_is_the_published_one(
    golden: Path, published: dict[str, ScoreTable], key: str
) -> None:
    for stem, table in published.items():
        expected = golden_columns(golden_rows(golden, stem), [golden_name(column) for column in key_columns(key)])
        actual = table.features[key].reshape(len(table.notes), -1)
        np.testing.assert_allclose(actual, expected, atol=TOLERANCE, rtol=0, err_msg=stem)


@pytest.mark.parametrize("field", sorted(NOTE_COLUMNS))
def test_every_note_field_is_the_published_one(golden: Path, published: dict[str, ScoreTable], field: str) -> None:
    for stem, table in published.items():
        expected = golden_columns(golden_rows(golden, stem), [NOTE_COLUMNS[field]])[:, 0]
        np.testing.assert_allclose(table.notes[field].astype(float), expected, atol=TOLERANCE, rtol=0, err_msg=stem)


@pytest.mark.parametrize("place", ["beat", "measure", "voice", "section"])
def test_every_note_location_is_the_published_one(golden: Path, published: dict[str, ScoreTable], place: str) -> None:
    for stem, table in published.items():
        expected = golden_columns(golden_rows(golden, stem), [f"loc_{place}"])[:, 0]
        np.testing.assert_array_equal(table.locations[place], expected, err_msg=stem)


def test_bars_beats_and_sections_are_the_published_ones(golden: Path, published: dict[str, ScoreTable]) -> None:
    manifest = json.loads((golden / "features/scores/manifest.json").read_text(encoding="utf-8"))
    for stem, table in published.items():
        expected = manifest[stem]
        assert table.divisions == expected["divisions"]
        assert len(table.notes) == expected["n_notes"]
        np.testing.assert_allclose(table.measure_starts, expected["measure_positions"], err_msg=stem)
        np.testing.assert_allclose(table.beat_positions, expected["beat_positions"], err_msg=stem)
        np.testing.assert_allclose(table.section_positions, expected["section_positions"], err_msg=stem)


def test_every_golden_score_is_compared(golden: Path) -> None:
    stems = {path.name.removesuffix(".csv.gz") for path in (golden / "features/scores").glob("*.csv.gz")}
    assert stems == set(GOLDEN_SCORES)


def test_all_score_keys_are_made_in_their_widths(published: dict[str, ScoreTable]) -> None:
    table = published[GOLDEN_SCORES[0]]
    for key, values in table.features.items():
        assert values.dtype == float
        assert values.reshape(len(table.notes), -1).shape[1] == KEY_WIDTHS[key] == SCORE_FEATURES[key][0]


def test_notes_are_in_order_of_onset_grace_and_falling_pitch(published: dict[str, ScoreTable]) -> None:
    for table in published.values():
        notes = table.notes
        order = np.lexsort((-notes["pitch"], notes["grace_order"], notes["onset_div"]))
        np.testing.assert_array_equal(order, np.arange(len(notes)))


def test_all_scores_of_the_corpus_are_readable_in_seconds(percepiano_root: Path) -> None:
    paths = sorted((percepiano_root / "virtuoso/data/score_xml").glob("*.musicxml"))
    tables = [read_score(path, compat="published", composer="Schubert") for path in paths]
    assert sum(len(table.notes) for table in tables) == 45_112
    assert all(np.isfinite(values).all() for table in tables for values in table.features.values())
