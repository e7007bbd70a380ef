"""What a score says wrongly of lengths, bars and chords: taken as it is meant, and told, or one clear line."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from written_scores import note, read

from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.errors import DataError
from percepiano_core.score.corrections import DEFAULT, PUBLISHED
from percepiano_core.score.misstated_lengths import NOT_POSITIVE, ROUNDED
from percepiano_core.score.reading import read_events
from percepiano_core.score.written_score import WrittenScore, read_written_score

FOUR_FOUR = (
    "<attributes><divisions>8</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"  # ticks
)
WHOLE = note("C", 32, octave=3, voice=5, inside="<type>whole</type><staff>2</staff>")
FULL = note("C", 32, inside="<type>whole</type>")


def document(folder: Path, *measures: str, first: str = FOUR_FOUR) -> Path:
    bars = [measure if measure.startswith("<measure") else f"<measure number='{{}}'>{measure}" for measure in measures]
    numbered = "".join(
        bar.replace("{}", str(i)).replace(">", f">{first if i == 1 else ''}", 1) + "</measure>"
        for i, bar in enumerate(bars, 1)
    )
    path = folder / "score.musicxml"
    path.write_text(f"<score-partwise><part id='P1'>{numbered}</part></score-partwise>", encoding="utf-8")
    return path


def written(folder: Path, *measures: str, first: str = FOUR_FOUR) -> WrittenScore:
    return read_written_score(document(folder, *measures, first=first))


def struck(score: WrittenScore) -> list[tuple[float, float, int]]:
    fields = ("onset_quarter", "duration_quarter", "pitch")
    return [(float(n[fields[0]]), float(n[fields[1]]), int(n["pitch"])) for n in score.struck_notes()]


def lengths(score: WrittenScore) -> list[float]:
    return [round(bar.length, 6) for bar in score.bars]


def back(ticks: int) -> str:
    return f"<backup><duration>{ticks}</duration></backup>"


def tuplet(ticks: list[int], actual: int, normal: int, value: str = "eighth") -> str:
    inside = f"<actual-notes>{actual}</actual-notes><normal-notes>{normal}</normal-notes>"
    kind = f"<type>{value}</type><time-modification>{inside}</time-modification>"
    return "".join(note("CDEFGAB"[place % 7], each, octave=4, inside=kind) for place, each in enumerate(ticks))


HALF = note("G", 16, octave=5, inside="<type>half</type>")
ROUNDED_BARS = {
    "too long, moved back by as much": (tuplet([3] * 12, 3, 2) + back(36) + WHOLE, [i / 3 for i in range(12)]),
    "too long, moved back by a bar": (tuplet([3] * 12, 3, 2) + back(32) + WHOLE, [i / 3 for i in range(12)]),
    "as long, unevenly": (tuplet([3, 3, 2] * 4, 3, 2) + back(32) + WHOLE, [i / 3 for i in range(12)]),
    "moved back into the bar": (
        tuplet([3] * 6, 3, 2) + HALF + back(16) + note("E", 16, voice=2, octave=5) + back(34) + WHOLE,
        [*(i / 3 for i in range(6)), 2, 2],
    ),
    "quintuplets": (tuplet([3, 3, 3, 3, 4], 5, 4) + HALF + back(32) + WHOLE, [0, 0.4, 0.8, 1.2, 1.6, 2]),
    "mended by moves": (
        2 * (tuplet([3] * 3, 3, 2) + back(1)) + HALF + back(32) + WHOLE,
        [*(i / 3 for i in range(6)), 2],
    ),
    "too short": (tuplet([1] * 12, 6, 4, "16th") + HALF + back(28) + WHOLE, [*(i / 6 for i in range(12)), 2]),
}


@pytest.mark.parametrize("name", ROUNDED_BARS)
def test_rounded_tuplets_last_as_long_as_they_are_written(tmp_path: Path, name: str) -> None:
    bar, onsets = ROUNDED_BARS[name]
    score = written(tmp_path, FULL, bar, FULL)
    upper = [onset - 4 for onset, _, pitch in struck(score) if pitch >= 60 and 4 <= onset < 8]
    np.testing.assert_allclose(upper, onsets, atol=1e-9)
    assert (4.0, 4.0, 48) in struck(score)
    assert lengths(score) == [4, 4, 4]
    assert score.repairs == (f"bar 2: {ROUNDED}",)


def test_durations_stay_where_the_bar_does_not_come_out_by_the_values(tmp_path: Path) -> None:
    full_by_ticks = tuplet([3] * 8, 3, 2) + note("G", 8)
    score = written(tmp_path, full_by_ticks, FULL)
    assert [onset for onset, _, _ in struck(score)][:3] == [0, 3 / 8, 6 / 8]
    assert (lengths(score), score.repairs) == ([4, 4], ())


def test_rounding_that_nobody_hears_is_left_and_not_told(tmp_path: Path) -> None:
    fine = FOUR_FOUR.replace("<divisions>8", "<divisions>256")
    bar = tuplet([85, 85, 86], 3, 2) + note("G", 768)
    score = written(tmp_path, bar, first=fine)
    assert [onset for onset, _, _ in struck(score)][:2] == [0, 85 / 256]
    assert score.repairs == ()


def test_a_pickup_of_a_rounded_tuplet_is_a_beat_long(tmp_path: Path) -> None:
    score = written(tmp_path, tuplet([3, 3, 3], 3, 2), FULL)
    assert lengths(score) == [1, 4]
    assert [round(onset, 9) for onset, _, _ in struck(score)] == [-1, round(-2 / 3, 9), round(-1 / 3, 9), 0]


def test_the_published_reading_keeps_the_durations_of_the_file(tmp_path: Path) -> None:
    path = document(tmp_path, tuplet([3] * 12, 3, 2), note("C", -8, inside="<type>quarter</type>") + FULL)
    events = read_events(path, read_musicxml(path), PUBLISHED)
    assert (events.divisions, [each.duration for each in events.notes]) == (8, [3] * 12 + [-8, 32])
    assert events.repairs == {}


@pytest.mark.parametrize(("duration", "moved"), [(-8, 32), (-8, 16), (0, 32), (0, 24)])
def test_a_duration_of_nothing_or_less_is_the_written_one(tmp_path: Path, duration: int, moved: int) -> None:
    first = note("C", duration, inside="<type>quarter</type>")
    score = written(tmp_path, first + note("D", 8) + HALF + back(moved) + WHOLE, FULL)
    assert [each for each in struck(score) if each[0] < 4] == [(0, 4, 48), (0, 1, 60), (1, 1, 62), (2, 2, 79)]
    assert score.repairs == (f"bar 1: {NOT_POSITIVE}",)


def test_a_duration_of_less_than_nothing_stays_where_the_bar_does_not_come_out_by_the_values(tmp_path: Path) -> None:
    score = written(tmp_path, tuplet([43, 28, 28, -35, 42], 9, 4, "16th") + note("D", 22), FULL)
    assert score.repairs == ()


def test_short_notes_that_are_rounded_to_nothing_are_heard_in_turn(tmp_path: Path) -> None:
    run = "".join(note("CDEF"[i], i % 2, inside="<type>64th</type>") for i in range(4))
    score = written(tmp_path, run + note("G", 30), FULL)
    assert [onset for onset, _, _ in struck(score)] == [0, 1 / 16, 1 / 8, 3 / 16, 1 / 4, 4]
    assert score.repairs == (f"bar 1: {ROUNDED}", f"bar 1: {NOT_POSITIVE}")


def test_a_chord_note_after_a_move_to_another_voice_stands_alone(tmp_path: Path) -> None:
    low = WHOLE.replace("<note>", "<note><chord/>")
    score = written(tmp_path, HALF + HALF + back(32) + low + low.replace("<octave>3", "<octave>2"), FULL)
    assert [each for each in struck(score) if each[0] < 4] == [(0, 4, 36), (0, 4, 48), (0, 2, 79), (2, 2, 79)]
    assert score.repairs == ("bar 1: a chord note follows a move to another voice, and stands alone",)


def test_a_chord_of_one_voice_may_be_parted_by_moves(tmp_path: Path) -> None:
    parted = HALF + back(8) + "<forward><duration>8</duration></forward>"
    score = written(tmp_path, parted + note("C", 16, head="<chord/>") + HALF, FULL)
    assert [each for each in struck(score) if each[0] < 4] == [(0, 2, 60), (0, 2, 79), (2, 2, 79)]
    assert score.repairs == ()


LONG = note("C", 16) * 2 + WHOLE
SMALL = note("C", 16, head="<cue/>") + note("C", 32)


@pytest.mark.parametrize("bar", [LONG, LONG.replace("<staff>2</staff>", ""), note("C", 32) * 2 + back(64) + WHOLE])
def test_an_overfull_bar_is_told(tmp_path: Path, bar: str) -> None:
    score = written(tmp_path, FULL, bar, FULL)
    assert lengths(score) == [4, 8, 4]
    assert score.repairs == ("bar 2 is 8 quarters long, its metre says 4",)


def test_many_overfull_bars_are_counted_in_one_line(tmp_path: Path) -> None:
    assert written(tmp_path, FULL, LONG, LONG).repairs == (
        "bar 2 is 8 quarters long, its metre says 4; 1 more bar is longer than the metre says",
    )
    assert written(tmp_path, FULL, LONG, LONG, LONG).repairs[0].endswith("; 2 more bars are longer than the metre says")


@pytest.mark.parametrize(
    "bars",
    [
        (LONG, FULL),  # the first may be free
        (FULL, note("C", 8), note("C", 24), FULL),  # two halves
        (FULL, SMALL, SMALL.replace("<cue/>", "<type size='cue'>half</type>")),  # cadenzas
        (FULL, note("C", 40) + back(40) + WHOLE.replace("32", "40")),  # so in both staves
        (FULL, f"<measure number='X1' implicit='yes'>{LONG}"),
        (FULL, f"<measure number='2' non-controlling='yes'>{LONG}"),
        (FULL, f"<attributes><time><senza-misura/></time></attributes>{LONG}", LONG),
    ],
)
def test_bars_that_the_metre_cannot_judge_are_not_told(tmp_path: Path, bars: tuple[str, ...]) -> None:
    assert written(tmp_path, *bars).repairs == ()


def test_divisions_that_leave_nothing_of_a_bar_are_one_line(tmp_path: Path) -> None:
    broken = FOUR_FOUR.replace("<divisions>8", "<divisions>1000000007")
    line = "(bar 1: by its <divisions> it is only 3.2e-08 quarters long)"
    with pytest.raises(DataError, match=re.escape(line)):
        written(tmp_path, FULL, FULL, first=broken)


@pytest.mark.parametrize("tempo", ["-5", "0", "inf", "nan", "1e400", ""])
def test_a_tempo_that_is_none_is_unknown(tmp_path: Path, tempo: str) -> None:
    sound = f"<sound tempo='{tempo}'/>"
    path = document(tmp_path, f"<direction>{sound}</direction>{FULL}", FULL)
    assert read_events(path, read_musicxml(path), DEFAULT).tempos == []
    table = read(tmp_path, f"<direction>{sound}</direction>" + note("C", 12), corrections=DEFAULT)
    assert np.isnan(table.features["qpm_primo"]).all()
