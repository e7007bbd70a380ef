"""Scores and performances that people had trouble with: right, or one clear line.

Each case is a score, a performance of it at 120 quarters a minute and the notes that it strikes (tests/data/README.md).
What is expected beside that list stands here: refusals by their line, and how many notes have no partner.
"""

from __future__ import annotations

import ast
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.performance import align_performance
from percepiano_core.corpus.midi import read_performance
from percepiano_core.errors import DataError
from percepiano_core.features.performance.from_files import read_played
from percepiano_core.score.written_score import read_written_score

ARCHIVE = Path(__file__).parent / "data" / "cases.tar.xz"
REFUSED_SCORES = {
    "latin1_undeclared": "says that it is utf-8, but line 3 holds other bytes",
    "octave_missing": "bar 3: a <pitch> has no <octave>",
}
REFUSED_PERFORMANCES = {"midi_division_0": "division"}
UNFIT = ("perf_disjoint_pitches", "perf_one_note", "perf_one_note_wrong", "perf_two_notes", "score_one_note_other")
UNLISTED = {
    "alter_missing_accidental_double": 60,
    "alter_quarter_tone": 60,
    "chord_first_in_bar": 57,
    "chord_first_in_piece": 60,
    "divisions_absent": 60,
    "hidden_first_chord_note": 56,
    "microtone_quarter_sharp": 56,
    "namespace": 60,
    "septuplet_rounding": 59,
    "step_lowercase": 60,
    "time_only_second": 55,
    "timewise": 60,
    "tremolo_blank": 54,
}
"""Notes struck where the case does not list them."""
# These play what the case was made from, where the score says something else.
MISSED = {"alter_missing_accidental_double": 5, "alter_quarter_tone": 5, "chord_first_in_bar": 2}
ADDED = {"glissando_played": 13, "alter_missing_accidental_double": 5, "alter_quarter_tone": 5, "chord_first_in_bar": 5}
ONE_ONSET = ("score_one_chord", "score_one_note")
# The features keep one row for a trill that is written out in hidden notes, and both notes of a unison.
OTHER_ROWS = {"hidden_trill_voice": 54 - 61, "tie_unison_two_voices": 1}
TEMPO = 120.0  # quarters a minute of the performances
OTHER_TEMPO = {"midi_tempo_in_second_track": 60.0}


def names() -> list[str]:
    with tarfile.open(ARCHIVE) as archive:
        return sorted({Path(name).parts[1] for name in archive.getnames() if len(Path(name).parts) == 3})


CASES = names()
READ = [name for name in CASES if name not in REFUSED_SCORES]
FITTING = [name for name in READ if name not in {*REFUSED_PERFORMANCES, *UNFIT}]


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder / "cases"


def score_of(case: Path) -> Path:
    return next(case.glob("score.*"))


def listed(case: Path) -> list[tuple[float, float, int]]:
    """(onset, duration, pitch) of the notes that the case says are struck."""
    lines = (case / "expected.txt").read_text(encoding="utf-8").splitlines()
    return [ast.literal_eval(line) for line in lines if re.match(r"\([-0-9]", line)]


def aligned(case: Path) -> Alignment:
    return align_performance(read_written_score(score_of(case)), read_performance(case / "perf.mid"))


@pytest.mark.parametrize("name", READ)
def test_the_score_strikes_the_notes_that_are_known(cases: Path, name: str) -> None:
    expected = listed(cases / name)
    if name in REFUSED_PERFORMANCES:
        notes = read_written_score(score_of(cases / name)).struck_notes()
    else:
        notes = aligned(cases / name).score_notes
    found = sorted((n["onset_quarter"], n["duration_quarter"], int(n["pitch"])) for n in notes)
    assert len(found) == (len(expected) or UNLISTED.get(name, len(found)))
    if expected:
        np.testing.assert_allclose(np.array(found), np.array(sorted(expected), dtype=float), atol=1e-3)


@pytest.mark.parametrize("name", sorted(REFUSED_SCORES))
def test_a_score_that_cannot_be_read_is_one_line(cases: Path, name: str) -> None:
    with pytest.raises(DataError, match=re.escape(REFUSED_SCORES[name])) as caught:
        read_written_score(score_of(cases / name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(REFUSED_PERFORMANCES))
def test_a_performance_that_cannot_be_read_is_one_line(cases: Path, name: str) -> None:
    with pytest.raises(DataError, match=REFUSED_PERFORMANCES[name]) as caught:
        read_performance(cases / name / "perf.mid")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", UNFIT)
def test_other_music_and_single_notes_fail(cases: Path, name: str) -> None:
    assert aligned(cases / name).status == "failed"


@pytest.mark.parametrize("name", FITTING)
def test_every_note_finds_its_partner(cases: Path, name: str) -> None:
    alignment = aligned(cases / name)
    assert alignment.status in ("good", "usable")
    assert len(alignment.deletions) <= MISSED.get(name, 0)
    assert len(alignment.insertions) <= ADDED.get(name, 0)


@pytest.mark.parametrize("name", FITTING)
def test_the_features_have_a_row_a_note_and_the_tempo_that_is_played(cases: Path, name: str) -> None:
    case = cases / name
    played = read_played(score_of(case), {"take": case / "perf.mid"}, "default", "")["take"]
    tempo = 10 ** played.notes.values["beat_tempo"][played.notes.masks["beat_tempo"]]
    if name not in ONE_ONSET:
        assert np.median(tempo) == pytest.approx(OTHER_TEMPO.get(name, TEMPO), rel=0.03)
    notes = played.alignment.score_notes
    assert len(played.notes.values["midi_pitch"]) == len(notes) + OTHER_ROWS.get(name, 0)
