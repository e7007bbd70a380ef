"""Each correction of the default preset, shown on a real score that has the defect."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from partitura_reading import partitura_notes

from percepiano_core.features.score.read import read_score
from percepiano_core.features.score_table import ScoreTable
from percepiano_core.score.corrections import DEFAULT, PUBLISHED, Corrections, corrections_for
from percepiano_core.score.written_score import read_written_score


@cache
def scored(folder: Path, stem: str, corrections: Corrections) -> ScoreTable:
    composer = "Beethoven" if stem.startswith("Beethoven") else "Schubert"
    return read_score(folder / f"{stem}.musicxml", corrections, composer)


@pytest.fixture
def scores(percepiano_files: Path) -> Path:
    return percepiano_files / "virtuoso/data/score_xml"


@pytest.fixture(scope="session")
def used_stems(paired_scores: dict[str, Path]) -> list[str]:
    return list(paired_scores)


@pytest.fixture(scope="session")
def all_stems(percepiano_root: Path, used_stems: list[str]) -> list[str]:
    """The 99, where the whole corpus is there."""
    assert len(used_stems) == 99
    return used_stems


def rows_at(table: ScoreTable, quarter: float, pitch: int) -> np.ndarray:
    notes = table.notes
    return np.flatnonzero(np.isclose(notes["onset_quarter"], quarter) & (notes["pitch"] == pitch))


@pytest.mark.parametrize(
    ("stem", "pickup_quarters", "place"),
    [
        ("Schubert_D935_no.3_4bars_Score_25", 0.5, 0.875),
        ("Schubert_D935_no.3_4bars_Score_42", 0.25, 0.9375),
        ("Schubert_D935_no.3_4bars_Score_50", 0.5, 0.875),
    ],
)
def test_d2_a_padded_pickup_is_cut_and_has_its_place_in_the_bar(
    scores: Path, stem: str, pickup_quarters: float, place: float
) -> None:
    table = scored(scores, stem, DEFAULT)
    published = scored(scores, stem, PUBLISHED)
    assert table.measure_starts[1] == pickup_quarters * table.divisions
    assert published.measure_starts[1] > table.measure_starts[1]
    assert table.features["beat_position"][0] == pytest.approx(place)
    assert table.features["beat_importance"][0] < published.features["beat_importance"][0] == 4
    downbeat = table.notes["measure"] == 2
    assert table.features["beat_position"][downbeat][0] == 0
    gaps = np.diff(table.notes["onset_div"]) / table.divisions
    assert gaps.max() < np.diff(published.notes["onset_div"]).max() / published.divisions or stem.endswith("_50")


def test_d2_scores_without_padding_keep_their_bars(scores: Path, used_stems: list[str]) -> None:
    cut = [
        stem
        for stem in used_stems
        if not np.array_equal(
            scored(scores, stem, PUBLISHED).measure_starts,
            scored(scores, stem, replace(PUBLISHED, cut_padded_pickups=True)).measure_starts,
        )
    ]
    assert cut == [f"Schubert_D935_no.3_4bars_Score_{number}" for number in (25, 42, 50)]


def test_d6_the_composer_is_the_piece_s(scores: Path) -> None:
    stem = "Beethoven_WoO80_thema_8bars_Score_1"
    assert scored(scores, stem, DEFAULT).features["composer_vec"][0].argmax() == 2
    assert scored(scores, stem, PUBLISHED).features["composer_vec"][0].argmax() == 13


def test_d10_a_hairpin_does_not_restart_the_distance_from_the_tempo(scores: Path) -> None:
    stem = "Schubert_D960_mv3_8bars_Score_07"  # a tempo at the start, "decresc." at quarter 12
    table, published = scored(scores, stem, DEFAULT), scored(scores, stem, PUBLISHED)
    distance = table.features["distance_from_recent_tempo"]
    np.testing.assert_allclose(distance, table.notes["onset_div"] / table.divisions)
    assert (published.features["distance_from_recent_tempo"] < distance).any()


def test_d12_the_notes_of_a_chord_share_its_beams(scores: Path, used_stems: list[str]) -> None:
    def disagreeing(stem: str, corrections: Corrections) -> int:
        table = scored(scores, stem, corrections)
        seen: dict[tuple[float, int, int], set[tuple[float, ...]]] = {}
        for note, flags in zip(table.notes, table.features["slur_beam_vec"][:, 3:].tolist(), strict=True):
            if not note["is_grace"]:
                key = (float(note["onset_div"]), int(note["voice"]), int(note["staff"]))
                seen.setdefault(key, set()).add(tuple(flags))
        return sum(len(kinds) > 1 for kinds in seen.values())

    assert sum(disagreeing(stem, DEFAULT) for stem in used_stems) == 0
    assert sum(disagreeing(stem, PUBLISHED) for stem in used_stems) > 10 * len(used_stems)


def test_d13_a_staccato_with_an_accent_is_both(scores: Path, used_stems: list[str]) -> None:
    accent, staccato = 2, 3
    both = sum(
        int((scored(scores, stem, DEFAULT).features["notation"][:, [accent, staccato]] == 1).all(axis=1).sum())
        for stem in used_stems
    )
    published = [scored(scores, stem, PUBLISHED).features["notation"] for stem in used_stems]
    assert both > 0
    assert not any((signs[:, [accent, staccato]] == 1).all(axis=1).any() for signs in published)


@pytest.mark.parametrize("number", [10, 19, 36])
def test_d17_a_tremolo_is_the_eighths_that_are_played(scores: Path, number: int) -> None:
    stem = f"Schubert_D960_mv3_8bars_Score_{number}"
    table, published = scored(scores, stem, DEFAULT), scored(scores, stem, PUBLISHED)
    assert (len(published.notes), len(table.notes)) == (62, 104)
    assert Counter(table.notes["pitch"].tolist()).keys() == Counter(published.notes["pitch"].tolist()).keys()
    assert table.notes["duration_quarter"].sum() == pytest.approx(published.notes["duration_quarter"].sum())


def test_d18_an_unknown_tempo_is_missing_but_seconds_go_on(scores: Path) -> None:
    stem = "Schubert_D960_mv2_8bars_Score_01"
    table, published = scored(scores, stem, DEFAULT), scored(scores, stem, PUBLISHED)
    assert np.isnan(table.features["qpm_primo"]).all() and np.isnan(table.features["section_tempo"]).all()
    assert published.features["qpm_primo"][0] == pytest.approx(np.log10(120))
    np.testing.assert_allclose(table.notes["time_sec"], table.notes["onset_div"] / table.divisions / 2)


def test_d18_the_first_tempo_holds_for_the_pickup_before_it(scores: Path) -> None:
    table = scored(scores, "Schubert_D935_no.3_4bars_Score_50", DEFAULT)
    np.testing.assert_allclose(table.features["section_tempo"], np.log10(52.5))


def test_d19_truncated_tick_counts_do_not_shift_bars_or_weights(scores: Path) -> None:
    stem = "Beethoven_WoO80_var18_8bars_Score_12"
    table, published = scored(scores, stem, DEFAULT), scored(scores, stem, PUBLISHED)
    assert published.features["measure_length"].min() < 2.996
    np.testing.assert_allclose(np.diff(table.measure_starts), 3 * table.divisions)
    assert (table.features["beat_importance"] > 0).sum() > (published.features["beat_importance"] > 0).sum()


@pytest.mark.parametrize("stem", ["Schubert_D960_mv2_16bars_Score_08", "Schubert_D960_mv2_8bars_Score_15"])
def test_d20_a_tie_joins_the_notes_that_meet(scores: Path, stem: str) -> None:
    table, published = scored(scores, stem, DEFAULT), scored(scores, stem, PUBLISHED)
    tied = [
        row
        for row in range(len(table.notes))
        if table.notes[row]["duration_div"] != published.notes[row]["duration_div"]
    ]
    assert table.notes["pitch"][tied].tolist() == [68, 68]
    assert sorted(published.notes["duration_quarter"][tied]) == [2.0, 3.0]
    assert sorted(table.notes["duration_quarter"][tied]) == [2.5, 2.5]


def test_d22_staccato_opens_no_section(scores: Path) -> None:
    stem = "Beethoven_WoO80_var6_8bars_Score_5"
    assert len(scored(scores, stem, PUBLISHED).section_positions) == 3
    assert len(scored(scores, stem, DEFAULT).section_positions) == 2


def test_d23_accent_dynamics_mark_the_notes_they_stand_at(scores: Path, all_stems: list[str]) -> None:
    accented = {stem: int((scored(scores, stem, DEFAULT).features["dynamic"][:, 2] != 0).sum()) for stem in all_stems}
    published = [scored(scores, stem, PUBLISHED).features["dynamic"][:, 2] for stem in all_stems]
    assert sum(accented.values()) == 80
    assert sum(count > 0 for count in accented.values()) == 14
    assert not any(component.any() for component in published)


def test_d24_after_an_fp_the_piano_holds(scores: Path) -> None:
    stem = "Schubert_D960_mv3_8bars_Score_07"  # an fp at quarter 6, pp at 24
    table, published = scored(scores, stem, DEFAULT), scored(scores, stem, PUBLISHED)
    for name, level in ((table, -0.4), (published, 0.4)):
        after = (name.notes["onset_quarter"] > 6) & (name.notes["onset_quarter"] < 12)
        np.testing.assert_allclose(name.features["dynamic"][after, 0], level)


def test_d25_a_new_level_ends_the_last_decrescendo(scores: Path) -> None:
    stem = "Schubert_D960_mv2_8bars_Score_04"  # decresc. at quarter 18, pp at 24
    table, published = scored(scores, stem, DEFAULT), scored(scores, stem, PUBLISHED)
    settled = table.features["dynamic"][:, 0] == -0.7
    late = settled & (table.notes["onset_div"] == table.notes["onset_div"].max())
    assert late.any()
    assert (published.features["dynamic"][late, 1] < 0).all()
    assert (table.features["dynamic"][late, 1] == 0).all()


def test_missing_directions_give_nan_and_nothing_else_does(scores: Path, all_stems: list[str]) -> None:
    missing = Counter(
        key
        for stem in all_stems
        for key, values in scored(scores, stem, DEFAULT).features.items()
        if np.isnan(values).any()
    )
    assert missing == {
        "distance_from_recent_tempo": 45,
        "section_tempo": 27,
        "qpm_primo": 27,
        "distance_from_abs_dynamic": 10,
    }


def test_the_presets_are_all_corrections_or_none() -> None:
    assert corrections_for("published") == PUBLISHED == Corrections()
    assert corrections_for("default") == DEFAULT
    with pytest.raises(ValueError, match="compat"):
        corrections_for("both")  # type: ignore[arg-type]


@pytest.mark.slow
def test_notes_are_those_that_partitura_reads(scores: Path, used_stems: list[str]) -> None:
    """By onset to 4 decimals and pitch, with equal lengths and graces; all scores, no exception."""
    assert len(used_stems) > 30
    for stem in used_stems:
        path = scores / f"{stem}.musicxml"
        ours: dict[tuple[float, int, bool], float] = {}
        for note in read_score(path, replace(DEFAULT, expand_tremolos=False), "Schubert").notes:
            key = (round(float(note["onset_quarter"]), 4), int(note["pitch"]), bool(note["is_grace"]))
            ours[key] = max(ours.get(key, 0.0), float(note["duration_quarter"]))
        theirs = partitura_notes(path)
        assert set(theirs) == set(ours), stem
        ordinary = [key for key in ours if not key[2]]
        expected = [theirs[key] for key in ordinary]
        np.testing.assert_allclose([ours[key] for key in ordinary], expected, atol=1e-4, err_msg=stem)


def test_alignment_and_features_read_the_same_notes(scores: Path, used_stems: list[str]) -> None:
    for stem in used_stems[::4]:
        table = read_score(scores / f"{stem}.musicxml", "default", "Schubert")
        struck = read_written_score(scores / f"{stem}.musicxml").struck_notes()
        assert set(struck["note_id"].tolist()) <= set(table.note_ids), stem
        row_of = {name: row for row, name in enumerate(table.note_ids)}
        own = table.notes[[row_of[name] for name in struck["note_id"].tolist()]]
        for field in ("onset_quarter", "duration_quarter", "pitch", "is_grace"):
            np.testing.assert_allclose(own[field], struck[field], err_msg=f"{stem}: {field}")
