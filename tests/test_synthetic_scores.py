"""The synthetic scores are playable music in valid MusicXML, and mean the same to partitura as to the simulation."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percepiano_core.corpus.synthetic.catalogue import STYLES, plan_segments
from percepiano_core.corpus.synthetic.composition import compose
from percepiano_core.corpus.synthetic.dynamics import hairpins_in_force, marks_in_force, written_level
from percepiano_core.corpus.synthetic.engraving import engrave
from percepiano_core.corpus.synthetic.music import DIVISIONS, Key, SegmentScore, score_notes

PLANS = plan_segments(16)
SCORES = [compose(plan, seed=0) for plan in PLANS]
any_score = st.builds(compose, st.sampled_from(PLANS), st.integers(0, 10_000))


def _measures(score: SegmentScore) -> list[ElementTree.Element]:
    return ElementTree.fromstring(engrave(score)).findall("./part/measure")


def _voice_lengths(measure: ElementTree.Element) -> dict[str, int]:
    """Divisions written in each voice, as a reader of the file counts them."""
    lengths: dict[str, int] = defaultdict(int)
    for note in measure.findall("note"):
        if note.find("chord") is None and note.find("grace") is None:
            lengths[note.findtext("voice", "")] += int(note.findtext("duration", "0"))
    return lengths


@settings(max_examples=60, deadline=None)
@given(any_score)
def test_every_voice_fills_its_measure_and_backups_return_to_the_barline(score: SegmentScore) -> None:
    for measure in _measures(score):
        full = score.pickup if measure.get("number") == "0" else score.metre.bar
        lengths = _voice_lengths(measure)
        assert {"1", "5"} <= set(lengths)
        assert set(lengths.values()) == {full}
        backups = [int(backup.findtext("duration", "0")) for backup in measure.findall("backup")]
        assert backups == [full] * (len(lengths) - 1)


@settings(max_examples=60, deadline=None)
@given(any_score)
def test_no_key_is_wanted_twice_at_once(score: SegmentScore) -> None:
    notes = score_notes(score)
    notes = notes[notes["duration"] > 0]
    for pitch in np.unique(notes["pitch"]):
        same = np.sort(notes[notes["pitch"] == pitch], order="onset")
        assert (same["onset"][1:] >= (same["onset"] + same["duration"])[:-1]).all()


@settings(max_examples=60, deadline=None)
@given(any_score)
def test_the_hands_stay_on_the_keyboard_and_apart(score: SegmentScore) -> None:
    notes = score_notes(score)
    melody, rest = notes[notes["voice"] == 1], notes[notes["voice"] > 2]
    assert notes["pitch"].min() >= 28
    assert notes["pitch"].max() <= 96
    assert np.median(melody["pitch"]) > np.median(rest["pitch"]) + 7


@settings(max_examples=40, deadline=None)
@given(any_score)
def test_accidentals_alone_say_which_key_is_meant(score: SegmentScore) -> None:
    """A player who knows the key signature and reads signs from left to right plays the written alterations."""
    sign_value = {"flat-flat": -2, "flat": -1, "natural": 0, "sharp": 1, "double-sharp": 2}
    signature = {p.letter: p.alter for p in (score.key.pitch(degree) for degree in range(7))}
    for measure in _measures(score):
        in_force: dict[tuple[str, str, str], int] = {}
        for note in _in_time(measure):
            step, octave = note.findtext("pitch/step", ""), note.findtext("pitch/octave", "")
            line = (note.findtext("staff", ""), step, octave)
            if note.find("accidental") is not None:
                in_force[line] = sign_value[note.findtext("accidental", "")]
            read = in_force.get(line, signature["CDEFGAB".index(step)])
            assert read == int(note.findtext("pitch/alter", "0"))


def _in_time(measure: ElementTree.Element) -> list[ElementTree.Element]:
    timed, now, onset = [], 0, 0
    for element in measure:
        duration = int(element.findtext("duration", "0"))
        if element.tag == "backup":
            now -= duration
        elif element.tag == "note":
            if element.find("chord") is None:
                onset, now = now, now + duration
            if element.find("pitch") is not None and element.find("grace") is None:
                timed.append((onset, int(element.findtext("voice", "0")), element))
    return [note for _, _, note in sorted(timed, key=lambda row: row[:2])]


@settings(max_examples=40, deadline=None)
@given(any_score)
def test_beams_slurs_tuplets_ties_tremolos_and_hairpins_are_closed(score: SegmentScore) -> None:
    root = ElementTree.fromstring(engrave(score))
    for level in ("1", "2"):
        values = [beam.text for beam in root.iter("beam") if beam.get("number") == level]
        assert values.count("begin") == values.count("end")
    for tag in ("slur", "tuplet", "tied", "tremolo"):
        kinds = [element.get("type") for element in root.iter(tag)]
        assert kinds.count("start") == kinds.count("stop")
    wedges = [wedge.get("type") for wedge in root.iter("wedge")]
    assert wedges[1::2] == ["stop"] * (len(wedges) // 2)
    assert "stop" not in wedges[::2]


def test_the_default_corpus_holds_what_the_features_have_to_read() -> None:
    text = b"".join(engrave(score) for score in SCORES).decode()
    for element in (
        "<grace",
        "<tremolo",
        "<tied",
        "<slur",
        "<tuplet",
        "<chord",
        "<wedge",
        "<staccato",
        "<accent",
        "<sf",
    ):
        assert element in text, element
    assert {(s.metre.beats, s.metre.beat_type) for s in SCORES} == {(3, 4), (4, 4), (2, 2), (6, 8)}
    assert len({(s.key.fifths, s.key.minor) for s in SCORES}) == len(STYLES)
    assert sum(s.pickup > 0 for s in SCORES) == 1
    assert len({s.work for s in SCORES}) == 3


def test_adding_segments_leaves_the_others_as_they_are() -> None:
    assert plan_segments(5) == PLANS[:5]
    assert len({plan.segment for plan in plan_segments(60)}) == 60


def test_repeated_and_halved_phrases_share_their_text() -> None:
    by_name = {score.segment: score for score in SCORES}
    first, repeat = by_name["Synthetic_Waltz_8bars_1"], by_name["Synthetic_Waltz_8bars_3"]
    assert first.text == repeat.text
    assert engrave(first) != engrave(repeat)
    whole, half = by_name["Synthetic_Sonatina_mv1_8bars_01"], by_name["Synthetic_Sonatina_mv1_4bars_01"]
    inside = score_notes(whole)[score_notes(whole)["onset"] < half.end]
    assert np.array_equal(inside[["onset", "pitch"]], score_notes(half)[["onset", "pitch"]])


@pytest.mark.parametrize(
    ("key", "tonic", "leading"), [(Key(1), 55, 66), (Key(-4), 56, 67), (Key(-3, True), 60, 71), (Key(2, True), 59, 70)]
)
def test_keys_spell_their_scales(key: Key, tonic: int, leading: int) -> None:
    assert key.pitch(0).midi == tonic
    assert key.pitch(6, raised=key.minor).midi == leading
    assert len({key.pitch(degree).letter for degree in range(7)}) == 7


def test_hairpins_lead_to_the_next_mark() -> None:
    many = (compose(plan, seed) for seed in range(20) for plan in PLANS[:5])
    score = next(each for each in many if [m.value for m in each.marks][:4] == ["p", "crescendo", "stop", "f"])
    bar = score.metre.bar
    level = written_level(score, np.arange(0, 5 * bar, bar // 2))
    assert level[:5] == pytest.approx([-1.0] * 5)
    assert (np.diff(level[4:]) >= 0).all()
    assert level[8] == pytest.approx(1.0)
    assert marks_in_force(score, [0, 4 * bar - 1, 4 * bar]) == ["p", "p", "f"]
    assert hairpins_in_force(score, [0, 3 * bar, 5 * bar]) == ["", "crescendo", ""]


LOAD = """
import sys, warnings
import partitura
warnings.simplefilter("error")
for path in sys.argv[1:]:
    notes = partitura.load_score(path)[0].note_array(include_grace_notes=True)
    for note in notes:
        print(note["id"], note["onset_quarter"], note["duration_quarter"], note["pitch"], note["voice"], sep=",")
"""


def test_partitura_reads_the_same_notes_without_a_warning(tmp_path: Path) -> None:
    paths = [tmp_path / f"{score.segment}.musicxml" for score in SCORES]
    for path, score in zip(paths, SCORES, strict=True):
        path.write_bytes(engrave(score))
    shown = subprocess.run([sys.executable, "-c", LOAD, *map(str, paths)], capture_output=True, text=True, check=True)
    read = [line.split(",") for line in shown.stdout.splitlines()]
    found = [(name, round(float(on), 4), round(float(length), 4), int(p), int(v)) for name, on, length, p, v in read]
    assert sorted(found) == sorted(row for score in SCORES for row in _written(score))


def _written(score: SegmentScore) -> list[tuple[str, float, float, int, int]]:
    """(id, onset, duration in quarters, pitch, voice) of each note as it stands on paper."""
    rows = []
    for event in score.events:
        for index, pitch in enumerate((*event.graces, *event.pitches)):
            duration = 0 if index < len(event.graces) else event.duration
            name = f"n{event.first_id + index}"
            onset, length = round(event.onset / DIVISIONS, 4), round(duration / DIVISIONS, 4)
            rows.append((name, onset, length, pitch.midi, event.voice))
    return rows
