"""The rules behind the score features of tempo and dynamics: marks, words, and the sets they are part of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from written_scores import BAR, direction, dynamics, note, read, words

from percepiano_core.features.feature_sets import FEATURE_SETS, KEY_WIDTHS, NORMALISED_KEYS, column_names, set_width
from percepiano_core.features.score.words import dynamic_vector, keywords_for, regularised, tables, tempo_vector
from percepiano_core.score.corrections import DEFAULT, PUBLISHED


def test_a_metronome_mark_is_a_tempo_only_when_corrected(tmp_path: Path) -> None:
    mark = "<metronome><beat-unit>half</beat-unit><beat-unit-dot/><per-minute>40</per-minute></metronome>"
    bars = (direction(mark) + note("C", 12), BAR)
    table = read(tmp_path, *bars)
    assert table.features["qpm_primo"][0] == pytest.approx(np.log10(120.0))
    assert table.notes["time_sec"].tolist() == pytest.approx([0, 1.5])
    assert 10 ** read(tmp_path, *bars, corrections=PUBLISHED).features["qpm_primo"][0] == pytest.approx(120)


def test_seconds_follow_the_tempo(tmp_path: Path) -> None:
    fast, slow = (direction("<words>x</words>", f"<sound tempo='{qpm}'/>") for qpm in (120, 60))
    table = read(tmp_path, fast + BAR, slow + BAR, BAR)
    assert table.notes["time_sec"].tolist() == pytest.approx([0, 1.5, 4.5])
    assert table.notes["duration_sec"].tolist() == pytest.approx([1.5, 3, 3])
    np.testing.assert_allclose(10 ** table.features["section_tempo"], [120, 60, 60])


def test_directions_hold_from_their_place(tmp_path: Path) -> None:
    table = read(tmp_path, BAR, dynamics("p") + words("cresc.") + BAR, dynamics("f") + dynamics("sf") + BAR, BAR)
    assert table.features["dynamic"].tolist() == [
        [-0.4, 0, 0, 0],  # the first level holds backwards
        [-0.4, 0.7, 0, 0],
        [0.4, 0, 0.5, 0],
        [0.4, 0, 0, 0],
    ]
    assert table.features["distance_from_abs_dynamic"].tolist() == [-3, 0, 0, 3]
    published = read(
        tmp_path,
        BAR,
        dynamics("p") + words("cresc.") + BAR,
        dynamics("f") + dynamics("sf") + BAR,
        corrections=PUBLISHED,
    )
    assert published.features["dynamic"][:, 2].tolist() == [0, 0, 0]


def test_a_hairpin_ends_at_its_stop(tmp_path: Path) -> None:
    opening, stop = (direction(f"<wedge type='{kind}' number='1'/>") for kind in ("diminuendo", "stop"))
    table = read(tmp_path, dynamics("f") + opening + BAR, BAR + stop, BAR)
    assert table.features["dynamic"][:, 1].tolist() == [-0.7, -0.7, 0]


def test_a_score_without_directions_says_missing(tmp_path: Path) -> None:
    table = read(tmp_path, BAR, BAR)
    assert np.isnan(table.features["distance_from_abs_dynamic"]).all()
    assert np.isnan(table.features["distance_from_recent_tempo"]).all()
    published = read(tmp_path, BAR, BAR, corrections=PUBLISHED)
    assert published.features["distance_from_abs_dynamic"].tolist() == [0, 3]


def test_a_relative_tempo_restarts_the_distance_from_the_tempo(tmp_path: Path) -> None:
    table = read(tmp_path, words("Allegro") + BAR, words("rit.") + BAR, BAR)
    assert table.features["distance_from_recent_tempo"].tolist() == [0, 0, 3]
    assert table.features["tempo"][1].tolist() == [0.5, 0, -0.5, 0, 0]
    assert table.section_positions.tolist() == pytest.approx([0, 12, 24.1])
    assert table.locations["section"].tolist() == [0, 1, 1]


def test_words_become_the_published_vectors(golden: Path) -> None:
    published = json.loads((golden / "features/direction_words.json").read_text(encoding="utf-8"))
    for example in published["examples"]:
        assert dynamic_vector(example["text"]).tolist() == example["dynamic"], example
        assert tempo_vector(example["text"]).tolist() == example["tempo"], example
    for table, name in (("dynamic_words", "dynamic_vector"), ("tempo_words", "tempo_vector")):
        entries = [[entry["word"], entry["index"], entry["value"]] for entry in published[name]["entries"]]
        assert tables()[table] == entries
    assert tables()["composers"] == published["composer_order"][:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("sempre più mosso", True), ("stringendo", True), ("acc.", True), ("sempre staccato", False), ("riten.", True)],
)
def test_whole_words_open_a_relative_tempo(text: str, expected: bool) -> None:
    keywords = keywords_for(DEFAULT)
    assert keywords.holds(keywords.relative_tempos, "words", text) is expected


def test_glued_keywords_are_told_apart() -> None:
    for corrections, expected in ((DEFAULT, True), (PUBLISHED, False)):
        keywords = keywords_for(corrections)
        assert keywords.holds(keywords.relative_dynamics, "words", "sotto voce") is expected
        assert keywords.holds(keywords.relative_dynamics, "words", "decresc.") is True


def test_regularisation_takes_one_pass_over_blanks() -> None:
    assert regularised("Poco,(cresc.)") == "poco cresc "
    assert regularised("a    b") == "a  b"


def test_feature_sets_have_the_published_widths_and_places() -> None:
    widths = {"score78": 78, "score79": 79, "published101": 101, "published9": 9, "published84": 84}
    assert {name: set_width(name) for name in widths} == widths
    columns = column_names("published101")
    assert len(columns) == len(set(columns)) == 101
    places = {"duration": 0, "qpm_primo": 3, "pitch_0": 12, "notation_0": 66, "beat_tempo": 77, "pedal_cut": 91}
    places |= {"mmidi_pitch": 92, "midi_pitch_unnorm": 96, "following_rest_unnorm": 100}
    assert {name: columns.index(name) for name in places} == places
    assert all(key in KEY_WIDTHS for keys in FEATURE_SETS.values() for key in keys)


def test_the_standardised_keys_are_those_of_the_published_statistics(golden: Path) -> None:
    published = json.loads((golden / "features/published_stats.json").read_text(encoding="utf-8"))
    assert set(published["stats"]) == NORMALISED_KEYS
