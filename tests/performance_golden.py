"""Builds the inputs of the performance features from the golden files, so that no score parser is needed."""

from __future__ import annotations

import csv
import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np

from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.features.feature_sets import KEY_WIDTHS
from percepiano_core.features.performance.published_notes import as_published
from percepiano_core.features.score_table import SCORE_NOTE_DTYPE, ScoreTable

STEMS = (
    "Beethoven_WoO80_thema_8bars_11_1",
    "Beethoven_WoO80_var12_8bars_1_9",
    "Beethoven_WoO80_var25_8bars_14_14",
    "Schubert_D960_mv2_16bars_6_08",
    "Schubert_D960_mv2_8bars_2_11",
    "Schubert_D960_mv3_8bars_Score_36",
)


@cache
def columns(path: Path) -> dict[str, np.ndarray]:
    """A gzipped CSV as columns; text columns stay text."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    table = {}
    for name, values in zip(header, zip(*rows, strict=True), strict=True):
        try:
            table[name] = np.array([float(value) for value in values])
        except ValueError:
            table[name] = np.array(values)
    return table


def score_stem(stem: str) -> str:
    piece, _, segment = stem.rsplit("_", 2)
    return f"{piece}_Score_{segment}"


def score_table(golden: Path, stem: str) -> ScoreTable:
    """The published score of a performance, from golden/features/scores."""
    folder = golden / "features" / "scores"
    name = score_stem(stem)
    table = columns(folder / f"{name}.csv.gz")
    manifest = json.loads((folder / "manifest.json").read_text())[name]
    divisions = int(manifest["divisions"])
    notes = np.zeros(len(table["midi_pitch"]), dtype=SCORE_NOTE_DTYPE)
    sources = {
        "onset_div": table["xml_pos_div"],
        "duration_div": table["duration"] * divisions,
        "onset_quarter": table["onset_quarter"],
        "duration_quarter": table["duration"],
        "pitch": table["midi_pitch"],
        "voice": table["voice"],
        "staff": table["staff"],
        "measure": table["measure_number"],
        "grace_order": table["grace_order"],
        "is_grace": table["is_grace"],
        "is_overlapped": table["is_overlapped"],
        "is_arpeggiated": table["notation_5"],
        "is_trill": table["notation_0"],
        "preceded_by_grace": table["preceded_by_grace_note"],
        "time_sec": table["time_position_s"],
        "duration_sec": table["duration_s"],
    }
    for field, values in sources.items():
        notes[field] = values
    return ScoreTable(
        notes=notes,
        divisions=divisions,
        measure_starts=np.array(manifest["measure_positions"], dtype="f8"),
        beat_positions=np.array(manifest["beat_positions"], dtype="f8"),
        section_positions=np.array(manifest["section_positions"], dtype="f8"),
        features={key: _feature(table, key) for key in KEY_WIDTHS if key in table or f"{key}_0" in table},
        locations={level: table[f"loc_{level}"].astype("i8") for level in ("beat", "measure", "voice", "section")},
    )


def _feature(table: dict[str, np.ndarray], key: str) -> np.ndarray:
    if key in table:
        return table[key]
    return np.column_stack([table[f"{key}_{i}"] for i in range(KEY_WIDTHS[key])])


def published_performance(root: Path, stem: str) -> PerformedMidi:
    """A performance of the corpus with its notes as the published code orders them."""
    path = root / "virtuoso" / "data" / "all_2rounds" / f"{stem}.mid"
    return as_published(read_performance(path), path)[0]
