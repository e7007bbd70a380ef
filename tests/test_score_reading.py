"""What the notation of a score means for the notes that are struck: single rules, by small scores."""

from __future__ import annotations

from pathlib import Path

from written_scores import ATTRIBUTES, note, rest

from percepiano_core.score.written_score import WrittenScore, read_written_score

PAIR = "<type>quarter</type><notations><ornaments><tremolo type='{}'>1</tremolo></ornaments></notations>"


def written(folder: Path, *measures: str, first: str = ATTRIBUTES) -> WrittenScore:
    bars = "".join(
        f"<measure number='{i}'>{first if i == 1 else ''}{bar}</measure>" for i, bar in enumerate(measures, 1)
    )
    path = folder / "score.musicxml"
    path.write_text(f"<score-partwise><part id='P1'>{bars}</part></score-partwise>", encoding="utf-8")
    return read_written_score(path)


def struck(score: WrittenScore) -> list[tuple[float, int]]:
    return [(float(each["onset_quarter"]), int(each["pitch"])) for each in score.struck_notes()]


def back(ticks: int) -> str:
    return f"<backup><duration>{ticks}</duration></backup>"


def test_a_tremolo_finds_its_second_chord_past_another_voice(tmp_path: Path) -> None:
    first, second = note("C", 4, inside=PAIR.format("start")), note("E", 4, inside=PAIR.format("stop"))
    score = written(tmp_path, first + back(4) + note("C", 4, octave=3, voice=2) + second + note("G", 4))
    assert struck(score) == [(0, 48), (0, 60), (0.5, 64), (1, 60), (1.5, 64), (2, 67)]


def test_a_tremolo_keeps_a_start_whose_voice_goes_on_without_a_stop(tmp_path: Path) -> None:
    start, stop = note("C", 4, inside=PAIR.format("start")), note("E", 4, voice=2, inside=PAIR.format("stop"))
    score = written(tmp_path, start + note("D", 4) + back(4) + stop + note("G", 4))
    assert struck(score) == [(0, 60), (1, 62), (1, 64), (2, 67)]


def test_strokes_in_a_tuplet_are_counted_by_the_value_on_the_page(tmp_path: Path) -> None:
    triplets = "<time-modification><actual-notes>3</actual-notes><normal-notes>2</normal-notes></time-modification>"
    strokes = "<notations><ornaments><tremolo type='single'>1</tremolo></ornaments></notations>"
    score = written(tmp_path, note("C", 4, inside=f"<type>quarter</type><dot/>{triplets}{strokes}") + note("D", 8))
    assert [onset for onset, pitch in struck(score) if pitch == 60] == [0, 1 / 3, 2 / 3]


def test_a_transposition_of_one_staff_leaves_the_other(tmp_path: Path) -> None:
    transpose = "<transpose number='2'><chromatic>-2</chromatic></transpose></attributes>"
    upper, lower = note("C", 12, inside="<staff>1</staff>"), note("C", 12, voice=5, octave=3, inside="<staff>2</staff>")
    score = written(tmp_path, upper + back(12) + lower, first=ATTRIBUTES.replace("</attributes>", transpose))
    assert struck(score) == [(0, 46), (0, 60)]


def test_hidden_notes_of_a_padded_pickup_stay(tmp_path: Path) -> None:
    hidden = note("E", 2, voice=2).replace("<note>", "<note print-object='no'>")
    pickup = note("C", 2) + rest(10, hidden=True) + back(12) + hidden + rest(10, hidden=True).replace(">1</v", ">2</v")
    score = written(tmp_path, pickup, note("D", 12))
    assert [pitch for _, pitch in struck(score)] == [60, 64, 62]


def test_a_bar_that_is_only_a_repeat_sign_is_told(tmp_path: Path) -> None:
    sign = "<attributes><measure-style><measure-repeat type='start'>1</measure-repeat></measure-style></attributes>"
    score = written(tmp_path, note("C", 12), sign, note("D", 12))
    assert struck(score) == [(0, 60), (6, 62)]
    assert score.repairs == ("bar 2: a sign asks to play the bar before again; its notes are not written and missing",)
    assert written(tmp_path, note("C", 12), sign + note("C", 12)).repairs == ()
