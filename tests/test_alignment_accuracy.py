"""The matcher against known alignments: annotated ASAP recordings and simulated performances."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from percepiano_core.alignment.accuracy import KnownAlignment, agreement, annotated, windows
from percepiano_core.alignment.match import align
from percepiano_core.alignment.simulate import FAULTLESS, ORDINARY, Playing, simulate
from percepiano_core.corpus.asap import AsapRecording, list_recordings, read_note_alignment
from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.errors import DataError, UserError
from percepiano_core.score.corrections import DEFAULT
from percepiano_core.score.note_list import joined_ties
from percepiano_core.score.reading import read_events
from percepiano_core.score.repeats import full_order
from percepiano_core.score.written_score import read_written_score

REFERENCE_EXCERPTS, REFERENCE_WHOLE = 0.984, 0.984  # docs/alignment.md, "Accuracy", rounded down
SAMPLE = ("Bach/Fugue/bwv_856", "Mozart/Piano_Sonatas/11-3", "Chopin/Etudes_op_10/12", "Scriabin/Etudes_op_8/11")


def known_alignment(root: Path, recording: AsapRecording) -> KnownAlignment:
    score, performed = unfolded_notes(root / recording.score), read_performance(root / recording.midi)
    return annotated(score, performed, read_note_alignment(root / recording.note_alignment))


def unfolded_notes(path: Path) -> np.ndarray:
    """Notes to strike with all repeats played, as the annotations have them."""
    score = read_written_score(path)
    return score.struck_notes(full_order([bar.marks for bar in score.bars]))


@pytest.fixture(scope="module")
def recordings(asap_root: Path) -> dict[str, AsapRecording]:
    return {str(Path(recording.score).parent): recording for recording in list_recordings(asap_root)}


@pytest.fixture(scope="module")
def whole_pieces(asap_root: Path, recordings: dict[str, AsapRecording]) -> list[KnownAlignment]:
    """All 42 recordings; reading and unfolding them takes about 40 seconds."""
    return [known_alignment(asap_root, recording) for recording in recordings.values()]


@pytest.fixture(scope="module")
def scores(paired_scores: dict[str, Path]) -> list[np.ndarray]:
    """The notes of the PercePiano scores that performances belong to: 99, of the excerpt fewer."""
    return [read_written_score(path).struck_notes() for path in paired_scores.values()]


def f1_scores(known: Iterable[KnownAlignment]) -> np.ndarray:
    return np.array([_f1(item) for item in known])


def _f1(known: KnownAlignment) -> float:
    found = align(known.score_notes, known.performed).matches
    return agreement(found.tolist(), known.matches.tolist()).f1


def test_42_annotated_recordings_are_listed(recordings: dict[str, AsapRecording]) -> None:
    assert len(recordings) == 42
    assert all(recording.robust for recording in recordings.values())


def test_unfolded_score_ids_are_the_annotated_ones(asap_root: Path, recordings: dict[str, AsapRecording]) -> None:
    recording = recordings["Bach/Fugue/bwv_856"]
    lines = read_note_alignment(asap_root / recording.note_alignment)
    path = asap_root / recording.score
    events = read_events(path, read_musicxml(path), DEFAULT)
    names = {note.note_id for note in joined_ties(events, [n for n in events.notes if not n.is_rest], DEFAULT)}
    assert {f"{name}-1" for name in names} == {line.score_id for line in lines if line.score_id}
    merged = names - set(unfolded_notes(path)["note_id"].tolist())
    assert len(merged) == 3  # unisons, which the annotation lists twice


def test_annotated_matches_join_equal_pitches(asap_root: Path, recordings: dict[str, AsapRecording]) -> None:
    known = known_alignment(asap_root, recordings["Bach/Fugue/bwv_856"])
    assert len(known.matches) == 729
    pitches = known.score_notes["pitch"][known.matches[:, 0]], known.performed.notes["pitch"][known.matches[:, 1]]
    assert np.mean(pitches[0] == pitches[1]) >= 0.99


@pytest.mark.slow
def test_excerpts_of_a_few_pieces_are_matched(asap_root: Path, recordings: dict[str, AsapRecording]) -> None:
    pieces = [known_alignment(asap_root, recordings[name]) for name in SAMPLE]
    scores = f1_scores(excerpt for piece in pieces for excerpt in windows(piece, 48, 3))
    assert len(scores) == 12
    assert scores.mean() >= 0.97  # with Scriabin op. 8/11, the hardest of all


@pytest.mark.slow
@pytest.mark.parametrize(("quarters", "count"), [(48, 3), (24, 4)])
def test_excerpts_of_asap_reach_the_reference(whole_pieces: list[KnownAlignment], quarters: float, count: int) -> None:
    scores = f1_scores(excerpt for piece in whole_pieces for excerpt in windows(piece, quarters, count))
    assert len(scores) == 42 * count
    assert scores.mean() >= REFERENCE_EXCERPTS


@pytest.mark.slow
def test_whole_pieces_of_asap_reach_the_reference(whole_pieces: list[KnownAlignment]) -> None:
    scores = f1_scores(whole_pieces)
    assert scores.mean() >= REFERENCE_WHOLE
    assert scores.min() >= 0.9


EXCERPT_ALLOWANCE = 0.003  # the committed excerpt holds the hardest scores, one in three of all
PLAYINGS = pytest.mark.parametrize(
    ("playing", "reference"), [(FAULTLESS, 0.998), (ORDINARY, 0.995)], ids=["faultless", "ordinary"]
)


def allowed(reference: float, scores: list[np.ndarray]) -> float:
    return reference if len(scores) == 99 else reference - EXCERPT_ALLOWANCE


@PLAYINGS
def test_simulated_performances_are_matched(scores: list[np.ndarray], playing: Playing, reference: float) -> None:
    generator = np.random.default_rng(20)
    found = f1_scores(simulate(score, playing, generator) for score in scores[:: len(scores) // 24])
    assert found.mean() >= allowed(reference, scores)


@pytest.mark.slow
@PLAYINGS
@pytest.mark.parametrize("seed", range(3))
def test_simulated_performances_of_all_scores_are_matched(
    scores: list[np.ndarray], playing: Playing, reference: float, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    assert f1_scores(simulate(score, playing, generator) for score in scores).mean() >= allowed(reference, scores)


def test_a_folder_without_the_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"metadata\.csv is missing"):
        list_recordings(tmp_path)


@pytest.mark.parametrize("text", ["a\tb\n1\t2\n", "xml_id\tmidi_id\tpitch\tonset\nn1\tn2\tlow\t0.5\n"])
def test_another_table_is_no_note_alignment(text: str, tmp_path: Path) -> None:
    (tmp_path / "n.tsv").write_text(text)
    with pytest.raises(DataError, match="not a note alignment"):
        read_note_alignment(tmp_path / "n.tsv")


def test_a_missing_note_alignment_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"n\.tsv: is missing"):
        read_note_alignment(tmp_path / "n.tsv")
