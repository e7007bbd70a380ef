"""ASAP for dynamics: beats with their metre, level marks of scores, and when a performance plays them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from percepiano_core.corpus.asap import NoteLine, list_recordings, read_note_alignment
from percepiano_core.corpus.asap_dynamics import (
    BeatAnnotations,
    LevelMark,
    MarkedScore,
    annotations_path,
    read_beat_annotations,
    read_marked_score,
)
from percepiano_core.dynamics.examples.asap_labels import asap_labels, mark_times
from percepiano_core.errors import DataError
from percepiano_core.metrics.levels_and_beats import BLANK, CLASSES

SCORE = """<score-partwise><part id="P1">
<measure number="1">
  <attributes><divisions>2</divisions></attributes>
  <direction><direction-type><dynamics><p/></dynamics></direction-type></direction>
  <note id="n1"><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration></note>
  <note id="n2"><chord/><pitch><step>E</step><octave>4</octave></pitch><duration>4</duration></note>
  <note><rest/><duration>2</duration></note>
  <backup><duration>6</duration></backup>
  <note id="n3"><pitch><step>C</step><octave>3</octave></pitch><duration>2</duration></note>
  <direction><direction-type><dynamics><fff/></dynamics></direction-type><offset>1</offset></direction>
  <note id="n4"><pitch><step>C</step><octave>3</octave></pitch><duration>2</duration></note>
</measure>
<measure number="2">
  <direction><direction-type><dynamics><sf/></dynamics></direction-type></direction>
  <note id="n5"><pitch><step>C</step><octave>3</octave></pitch><duration>6</duration></note>
</measure>
</part></score-partwise>"""


def test_marks_and_notes_have_their_written_positions(tmp_path: Path) -> None:
    (tmp_path / "score.musicxml").write_text(SCORE)
    score = read_marked_score(tmp_path / "score.musicxml")
    assert score.marks == (LevelMark(0.0, "p"), LevelMark(1.5, "fff"))  # an accent is no level
    assert score.notes == {"n1": 0.0, "n2": 0.0, "n3": 0.0, "n4": 1.0, "n5": 3.0}


def beats(*times: float) -> BeatAnnotations:
    n = len(times)
    flags = np.zeros(n, dtype=bool)
    return BeatAnnotations(np.array(times), flags, flags, np.zeros((n, 2), dtype=int))


MARKED = MarkedScore((LevelMark(0.5, "p"), LevelMark(2.0, "ff"), LevelMark(9.0, "pp")), {"a": 0.0, "b": 1.0, "c": 2.0})


def test_a_mark_takes_effect_with_the_first_note_at_or_after_it_in_every_repeat() -> None:
    lines = [
        NoteLine(f"{note}-{number}", 60, onset + 10 * number)
        for number in (1, 2)
        for note, onset in (("a", 0.0), ("b", 1.0), ("c", 2.0))
    ]
    times, levels = mark_times(MARKED, lines)
    assert times.tolist() == [11, 12, 21, 22]
    assert levels.tolist() == [CLASSES["p"], CLASSES["ff"]] * 2


def test_beats_before_the_first_mark_are_blank_and_do_not_change() -> None:
    lines = [NoteLine("a-1", 60, 0.0), NoteLine("b-1", 60, 1.02), NoteLine("c-1", 60, 2.0)]
    labels = asap_labels(MARKED, lines, beats(0.0, 1.0, 2.0, 3.0))
    assert labels.level.tolist() == [BLANK, CLASSES["p"], CLASSES["ff"], CLASSES["ff"]]
    assert labels.change_point.tolist() == [False, False, True, False]


def test_an_unplayed_note_hands_the_mark_to_the_next() -> None:
    lines = [NoteLine("a-1", 60, 0.0), NoteLine("b-1", -1, float("nan")), NoteLine("c-1", 60, 2.0)]
    times, levels = mark_times(MarkedScore(MARKED.marks[:1], MARKED.notes), lines)
    assert (times.tolist(), levels.tolist()) == ([2.0], [CLASSES["p"]])


def test_the_loudest_of_simultaneous_marks_counts() -> None:
    score = MarkedScore((LevelMark(0.0, "f"), LevelMark(0.0, "p")), {"a": 0.0})
    assert asap_labels(score, [NoteLine("a-1", 60, 1.0)], beats(1.0)).level.tolist() == [CLASSES["f"]]


def test_a_score_without_marks_has_no_labels() -> None:
    labels = asap_labels(MarkedScore((), {"a": 0.0}), [NoteLine("a-1", 60, 1.0)], beats(1.0, 2.0))
    assert (labels.level.tolist(), labels.change_point.any()) == ([BLANK, BLANK], False)


def test_annotations_keep_every_metre(tmp_path: Path) -> None:
    path = tmp_path / "x_annotations.txt"
    path.write_text("1.0\t1.0\tb\n1.5\t1.5\tdb,3/4,1\n2.0\t2.0\tbR\n2.5\t2.5\tdb,6/8\n3.0\t3.0\tb,,0\n")
    found = read_beat_annotations(path)
    assert found.metre.tolist() == [[0, 0], [3, 4], [3, 4], [6, 8], [6, 8]]
    assert found.downbeat.tolist() == [False, True, False, True, False]
    assert found.uncertain.tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(
    "text", [None, "", "1.0\t1.0\n", "x\tx\tb\n", "1.0\t1.0\tq\n", "2\t2\tb\n1\t1\tb\n", "1\t1\tdb,3-4\n"]
)
def test_broken_annotations_give_one_clear_line(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "a.txt").write_text(text)
    with pytest.raises(DataError, match="annotations") as error:
        read_beat_annotations(tmp_path / "a.txt")
    assert "\n" not in str(error.value)


def test_real_annotations_have_the_known_kinds_and_paths(asap_root: Path) -> None:
    with (asap_root / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(annotations_path(row["midi_performance"]) == row["performance_annotations"] for row in rows)
    found = [read_beat_annotations(asap_root / row["performance_annotations"]) for row in rows[::100]]
    assert all(len(each.times) and each.downbeat.any() for each in found)


def test_a_real_performance_plays_the_marks_of_its_score(asap_root: Path) -> None:
    recording = next(each for each in list_recordings(asap_root) if each.score.startswith("Balakirev/Islamey"))
    score = read_marked_score(asap_root / recording.score)
    lines = read_note_alignment(asap_root / recording.note_alignment)
    annotations = read_beat_annotations(asap_root / annotations_path(recording.midi))
    assert len(mark_times(score, lines)[0]) == len(score.marks) == 69
    assert asap_labels(score, lines, annotations).change_point.sum() == 58
    assert {(12, 16), (6, 8), (2, 4)} == set(map(tuple, annotations.metre.tolist()))


def test_every_static_mark_of_a_real_score_is_read(asap_root: Path) -> None:
    for path in sorted(asap_root.glob("**/xml_score.musicxml"))[::40]:
        directions = re.findall(r"<direction\b.*?</direction>", path.read_text(encoding="utf-8"), re.DOTALL)
        written = Counter(re.findall(r"<(p{1,4}|f{1,4}|mp|mf)\s*/?>", "".join(directions)))
        assert Counter(mark.mark for mark in read_marked_score(path).marks) == written, path
