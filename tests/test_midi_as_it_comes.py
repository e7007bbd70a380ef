"""MIDI files as they come: played notes are right whatever is odd around them, and what was repaired is said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midi_strategies import (
    END_OF_TRACK,
    WrittenMidi,
    chunk,
    damaged_midi,
    header,
    meta,
    midi,
    off,
    on,
    quantity,
    track_bytes,
    written_midi,
)

from percepiano_core.corpus.midi import PerformedMidi, performed_midi, read_performance, repair_line
from percepiano_core.corpus.midi_chunks import LARGEST_MIDI, parse_events
from percepiano_core.corpus.midi_clock import clock_of
from percepiano_core.corpus.midi_writing import write_performance
from percepiano_core.errors import DataError
from percepiano_core.features.performance.published_notes import as_published, release_ranks

SCALE = [(240 * k, 240 * k + 216, pitch, 60 + k) for k, pitch in enumerate((60, 62, 64, 60, 62, 64))]
EVENTS = sorted(
    [(onset, on(pitch, velocity)) for onset, _, pitch, velocity in SCALE]
    + [(offset, off(pitch)) for _, offset, pitch, _ in SCALE]
)
USUAL = b"\x01\xe0"  # 480 ticks a quarter


def read(content: bytes) -> PerformedMidi:
    return performed_midi(parse_events(content, "a.mid"), "a.mid")


def rows(performed: PerformedMidi) -> list[tuple[int, int, int, int]]:
    return performed.notes[["onset_tick", "offset_tick", "pitch", "velocity"]].tolist()


def lengths(content: bytes, pitch: int = 60) -> list[int]:
    notes = read(content).notes
    chosen = notes[notes["pitch"] == pitch]
    return (chosen["offset_tick"] - chosen["onset_tick"]).tolist()


def refusal(content: bytes) -> DataError:
    with pytest.raises(DataError) as error:
        read(content)
    return error.value


def strokes(*pairs: tuple[int, bytes]) -> bytes:
    return midi(list(pairs))


def test_plain_file_is_read_and_nothing_is_said() -> None:
    performed = read(midi(EVENTS))
    assert rows(performed) == SCALE
    assert performed.notes["onset_sec"][1] == 0.25
    assert performed.repairs == ()
    assert repair_line("alignment", "one", "a.mid", performed) is None


@pytest.mark.parametrize(
    ("division", "tick_seconds", "rate"),
    [
        (b"\xe7\x28", 0.001, 25),
        (b"\xe8\x50", 1 / 1920, 24),
        (b"\xe3\x64", 1.001 / 3000, 29.97),
        (b"\xe2\x50", 1 / 2400, 30),
    ],
)
def test_smpte_times_are_frames_and_no_tempo_counts(division: bytes, tick_seconds: float, rate: float) -> None:
    performed = read(midi([(0, meta(0x51, b"\x01\0\0")), *EVENTS], division=division))
    np.testing.assert_allclose(performed.notes["onset_sec"], [240 * k * tick_seconds for k in range(6)], rtol=1e-12)
    assert f"SMPTE frames, {rate} a second" in performed.repairs[0]
    assert performed.ticks_per_quarter == round(0.5 / tick_seconds)


@pytest.mark.parametrize("division", [b"\0\0", b"\xe7\0", b"\x80\x28", b"\xf0\x28"])
def test_file_without_a_time_base_is_refused(division: bytes) -> None:
    assert "no time is known" in refusal(midi(EVENTS, division=division)).problem


@pytest.mark.parametrize("number", range(5))
def test_lost_note_off_leaves_the_other_notes_of_the_key_alone(number: int) -> None:
    struck = [(480 * k, on(60)) for k in range(5)]
    released = [(480 * k + 400, off(60)) for k in range(5) if k != number]
    content = midi(sorted(struck + released))
    known = [400] * 5
    known[number] = 480 if number < 4 else 96  # to the next strike; the last one, on the last tick, for a tenth second
    assert lengths(content) == known
    where = "next strike of the key" if number < 4 else "end of the track"
    assert read(content).repairs == (f"1 note without a note-off ended at the {where}",)


def test_two_lost_note_offs_of_one_key() -> None:
    struck = [(480 * k, on(60)) for k in range(6)]
    released = [(480 * k + 400, off(60)) for k in (0, 2, 3, 5)]
    assert lengths(midi(sorted(struck + released))) == [400, 480, 400, 400, 480, 400]


def test_lost_note_off_where_every_strike_is_written_before_the_release_on_its_tick() -> None:
    events = []
    for k in range(5):
        events.append((480 * k, on(60)))
        if k not in (0, 2):  # the release of note 1 is lost
            events.append((480 * k, off(60)))
    assert lengths(midi([*events, (2400, off(60))])) == [480] * 5


def test_overlapping_strikes_of_a_key_are_released_in_order() -> None:
    content = strokes((0, on(60)), (300, on(60)), (400, off(60)), (600, on(60)), (700, off(60)), (900, off(60)))
    assert lengths(content) == [400, 400, 300]
    assert read(content).repairs == ()


def test_strike_before_the_release_on_the_same_tick() -> None:
    events = [(240 * k, event) for k in range(4) for event in ([on(60), off(60)] if k else [on(60)])]
    assert lengths(midi([*events, (960, off(60))])) == [240] * 4


def test_doubled_note_on_with_one_note_off() -> None:
    content = strokes((0, on(60)), (0, on(60)), (400, off(60)), (480, on(60)), (480, on(60)), (880, off(60)))
    assert lengths(content) == [400] * 4
    assert read(content).repairs == ("2 notes without a note-off ended with the note struck at once on the key",)


def test_release_on_the_tick_of_a_strike_is_of_a_strike_before() -> None:
    assert lengths(strokes((0, on(60)), (480, on(60)), (960, on(60)), (960, off(60)))) == [480, 480, 96]
    assert lengths(strokes((0, on(60)), (0, on(60)), (0, off(60)))) == [0, 96]


def test_note_of_no_length_stays() -> None:
    assert lengths(strokes((0, on(60)), (0, off(60)), (240, on(60)), (480, off(60)))) == [0, 240]


def test_open_note_ends_at_the_end_of_its_track_but_not_after_half_a_minute_of_silence() -> None:
    def left_open(late: int) -> bytes:
        content = track_bytes([(0, on(60))], end=quantity(late) + END_OF_TRACK)
        other = track_bytes([(0, on(62)), (960 * 40, off(62))])
        return header(USUAL, 2) + chunk(b"MTrk", content) + chunk(b"MTrk", other)

    assert lengths(left_open(700)) == [700]
    assert lengths(left_open(960 * 30)) == [960 * 10]
    assert "after 10 s" in read(left_open(960 * 30)).repairs[0]


@pytest.mark.parametrize("controller", [120, 123, 124, 125, 126, 127])
def test_controllers_that_end_all_notes(controller: int) -> None:
    ends = bytes([0xB0, controller, 0])
    events = [(0, on(60)), (0, on(60, channel=1)), (300, ends), (400, on(60)), (500, off(60)), (600, off(60, 1))]
    assert sorted(lengths(midi(events))) == [100, 300, 600]
    assert read(midi(events)).repairs == ()


def test_note_offs_for_the_whole_keyboard_end_what_hangs_and_shift_nothing() -> None:
    struck = [(480 * k, on(60)) for k in range(4)] + [(0, on(40))]
    released = [(480 * k + 400, off(60)) for k in (1, 2, 3)]
    sweep = [(2400, off(pitch)) for pitch in range(128)]
    content = midi(sorted(struck + released) + sweep)
    assert (lengths(content), lengths(content, 40)) == ([480, 400, 400, 400], [2400])


def test_controller_of_another_track_ends_only_notes_without_a_note_off() -> None:
    notes = [(20, on(60)), (20, on(62)), (720, off(62)), (900, on(64)), (990, off(64))]
    content = midi(notes, [(10, b"\xb0\x7b\0"), (480, b"\xb0\x7b\0")])
    assert (lengths(content, 60), lengths(content, 62)) == ([460], [700])


def test_reset_of_controllers_lifts_pedals_that_are_down() -> None:
    pedal = [(0, b"\xb0\x40\x7f"), (0, b"\xb0\x43\0"), (0, b"\xb1\x40\x7f"), (500, b"\xb0\x79\0")]
    performed = read(midi(EVENTS, pedal))
    assert performed.controls[["tick", "number", "value"]].tolist()[-2:] == [(500, 121, 0), (500, 64, 0)]
    assert performed.repairs == ("1 pedal lifted by a reset of all controllers",)


def test_two_tracks_on_one_channel_keep_their_own_note_offs() -> None:
    content = midi([(0, on(60)), (1900, off(60))], [(480, on(60)), (720, off(60))])
    assert lengths(content) == [1900, 240]


def test_tempo_may_change_between_notes() -> None:
    slow, fast = (meta(0x51, tempo.to_bytes(3)) for tempo in (1_000_000, 250_000))
    performed = read(midi([(480, slow), (960, fast)], EVENTS))
    assert performed.notes["onset_sec"].tolist() == [0, 0.25, 0.5, 1.0, 1.5, 1.625]
    again = clock_of(parse_events(midi([(480, slow), (960, fast)], EVENTS), "a.mid")).tick(performed.notes["onset_sec"])
    assert again.tolist() == performed.notes["onset_tick"].tolist()


def test_pedal_and_tempo_of_other_tracks_count() -> None:
    tempo = [(0, meta(0x51, (1_000_000).to_bytes(3))), (480, b"\xb5\x40\x7f")]
    performed = read(midi(EVENTS, tempo))
    assert performed.notes["onset_sec"][1] == 0.5
    assert performed.controls[["sec", "value"]].tolist() == [(1.0, 127)]


@pytest.mark.parametrize(
    "odd",
    [
        meta(0x59, b"\xf8\0"),  # key signature of eight flats
        meta(0x59, b"\0"),
        meta(0x59, b"\0\xff"),
        meta(0x58, b"\x04\x02"),
        meta(0x20, b""),
        meta(0x54, b""),
        meta(0x60, b"abc"),
        meta(0x03, b"\x83\x53MTrk"),
        b"\xf0\x03\x43\x10\x4c",
        b"\xf7\x01\xfa",
        b"\xf8",
        b"\xfe",
        b"\xf6",
        b"\xf2\x01\x01",
    ],
)
def test_events_that_no_note_depends_on(odd: bytes) -> None:
    events = sorted([*EVENTS, (0, odd), (250, odd), (480, odd)], key=lambda event: event[0])
    performed = read(midi(events, running=True))
    assert rows(performed) == SCALE
    assert performed.repairs == ()


@pytest.mark.parametrize("payload", [b"\0\0\0", b"\x07", b""])
def test_tempo_event_without_a_tempo_is_passed_over(payload: bytes) -> None:
    performed = read(midi([(0, meta(0x51, payload)), *EVENTS]))
    assert performed.notes["onset_sec"][1] == 0.25
    assert performed.repairs == ("1 tempo event without a tempo passed over",)


def test_data_bytes_above_127() -> None:
    loud = read(midi([(0, on(60, 133)), (200, off(60)), (300, b"\x90\x85\x40"), (400, on(62)), (500, off(62))]))
    assert rows(loud) == [(0, 200, 60, 127), (400, 500, 62, 64)]
    assert loud.repairs == ("1 value above 127 taken as 127", "1 event with a key or controller above 127 left out")


@pytest.mark.parametrize("event", [b"\x90\xf8\x3c\x40", b"\x90\x3c\xfe\x40"])
def test_realtime_byte_inside_an_event(event: bytes) -> None:
    assert rows(read(midi([(0, event), (200, off(60)), (300, on(62)), (400, off(62))]))) == [
        (0, 200, 60, 64),
        (300, 400, 62, 64),
    ]


def test_percussion_channel_is_left_out_and_said() -> None:
    click = [(240 * k, event) for k in range(4) for event in (on(37, channel=9), off(37, 9))]
    performed = read(midi(EVENTS, click))
    assert rows(performed) == SCALE
    assert performed.repairs == ("4 notes of the percussion channel (10) left out",)
    assert "4 notes of the percussion channel (10)" in refusal(midi(click)).problem
    assert "move them to another channel" in refusal(midi(click)).remedy


@pytest.mark.parametrize("size", [0, 9, 60, 10**6, 0xFFFFFFFF])
def test_a_riff_file_with_wrong_sizes_is_read_and_said(size: int) -> None:
    inside, chunk = midi(EVENTS), b"LIST\4\0\0\0abcd"
    performed = read(b"RIFF\0\0\0\0RMIDdata" + size.to_bytes(4, "little") + inside + chunk)
    assert performed.repairs == ("MIDI taken out of a RIFF file, whose sizes are wrong",)
    assert len(performed.notes) == len(read(inside).notes)


def test_a_riff_file_without_the_end_of_its_midi_is_cut_off_and_no_more() -> None:
    cut = b"RIFF\0\0\0\0RMIDdata" + len(midi(EVENTS)).to_bytes(4, "little") + midi(EVENTS)[:-9]
    assert read(cut).repairs[:2] == ("MIDI taken out of a RIFF file", "the file ends in the middle of track 1")


def test_a_device_and_what_is_too_large_are_refused_before_they_are_read(tmp_path: Path) -> None:
    with (tmp_path / "large.mid").open("wb") as file:
        file.truncate(LARGEST_MIDI + 1)
    with pytest.raises(DataError, match="has 200 MB, more than any such file"):
        read_performance(tmp_path / "large.mid")
    with pytest.raises(DataError, match="is a device or a pipe"):
        read_performance("/dev/zero")


def test_instruments_of_several_families_are_said_and_pianos_are_not() -> None:
    strings = midi([(0, b"\xc0\x00"), *EVENTS], [(0, b"\xc1\x30"), (0, on(70, channel=1)), (90, off(70, 1))])
    assert read(strings).repairs == ("notes of 2 families of instruments, all read as the piano's",)
    assert len(read(strings).notes) == len(SCALE) + 1
    assert read(midi([(0, b"\xc0\x05"), *EVENTS])).repairs == ()


TRACK = track_bytes(EVENTS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (header(USUAL, 1) + chunk(b"XFIH", b"abcd") + chunk(b"MTrk", TRACK), ""),
        (header(USUAL, 1) + chunk(b"MTrk", TRACK) + b"\n", ""),
        (header(USUAL, 1) + chunk(b"MTrk", TRACK) + b"stray", "5 bytes behind the tracks"),
        (header(USUAL, 1) + b"stray" + chunk(b"MTrk", TRACK), "5 bytes between the tracks"),
        (header(USUAL, 3) + chunk(b"MTrk", TRACK), "1 track in the file, 3 announced"),
        (header(USUAL, 1) + chunk(b"MTrk", TRACK) * 2, "2 tracks in the file, 1 announced"),
        (header(USUAL, 1) + b"MTrk" + (len(TRACK) + 50).to_bytes(4) + TRACK, "length that track 1 gives is wrong"),
        (header(USUAL, 1) + b"MTrk" + (len(TRACK) - 9).to_bytes(4) + TRACK, "length that track 1 gives is wrong"),
        (header(USUAL, 2) + b"MTrk\0\0\0\0" + TRACK + chunk(b"MTrk", TRACK), "length that track 1 gives is wrong"),
        (header(USUAL, 2) + b"MTrk\xff\xff\xff\xff" + TRACK + chunk(b"MTrk", TRACK), "length that track 1"),
        (header(USUAL, 1) + chunk(b"MTrk", TRACK[: -len(END_OF_TRACK) - 1]), ""),
        (header(USUAL, 1) + chunk(b"MTrk", TRACK + b"junk"), "4 bytes behind the end of track 1"),
        (header(USUAL, 1) + chunk(b"MTrk", TRACK[: -len(END_OF_TRACK) - 1]) + b"\n", ""),
        (chunk(b"MThd", b"\0\x01\0\x01\x01\xe0\0\0") + chunk(b"MTrk", TRACK), ""),
        (b"MThd\0\0\0\x07\0\x01\0\x01\x01\xe0" + chunk(b"MTrk", TRACK), ""),
        (b"\r\n" + midi(EVENTS), "2 bytes before the header"),
        (b"RIFF\0\0\0\0RMIDdata" + len(midi(EVENTS)).to_bytes(4, "little") + midi(EVENTS) + b"LIST", "RIFF"),
        (midi(EVENTS, form=2), ""),
        (midi(EVENTS, [(0, meta(0x51, b"\x07\xa1\x20"))], form=2), ""),
    ],
)
def test_container_that_is_odd(content: bytes, said: str) -> None:
    performed = read(content)
    assert sorted(set(rows(performed))) == SCALE
    assert said in "; ".join(performed.repairs)
    assert bool(said) == bool(performed.repairs)


def test_independent_patterns_are_refused() -> None:
    assert "2 independent patterns (MIDI format 2)" in refusal(midi(EVENTS, EVENTS, form=2)).problem
    click = [(0, on(37, channel=9)), (9, off(37, 9))]
    assert rows(read(midi(EVENTS, click, form=2))) == SCALE


def test_truncated_file_gives_its_whole_notes_and_says_so() -> None:
    whole = midi(EVENTS)
    for size in range(len(whole)):
        try:
            performed = read(whole[:size])
        except DataError as error:
            assert "MIDI file" in error.problem
            continue
        onsets = {row[0]: row for row in SCALE}
        assert all(onsets[row[0]][2:] == row[2:] for row in rows(performed))
        missing_nothing = size >= len(whole) - 4
        assert missing_nothing or "the file ends in the middle of track 1" in performed.repairs[0]
    assert len(read(whole[:60]).notes) == 4


def test_track_that_makes_no_sense_is_used_up_to_there() -> None:
    broken = track_bytes(EVENTS[:4])[:-4] + b"\0\xff\x51\xff\xff\xff\xff\xff\0" + track_bytes(EVENTS)
    performed = read(header(USUAL, 1) + chunk(b"MTrk", broken))
    assert rows(performed) == SCALE[:2]
    assert "track 1 makes no sense after" in performed.repairs[0]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "an empty file"),
        (bytes(100), "zero bytes only"),
        (b"<?xml version='1.0'?><score-partwise/>", "MusicXML"),
        ("\ufeff<?xml version='1.0'?><score-partwise/>".encode("utf-16-le"), "MusicXML"),
        (b"PK\x03\x04abc", "zip archive"),
        (b"ID3\x03", "MP3"),
        (b"\xff\xfb\x90\x64", "MP3"),
        (b"RIFF\0\0\0\0WAVEfmt ", "WAV"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"hello", "another kind"),
    ],
)
def test_file_that_is_no_midi_is_called_what_it_is(content: bytes, kind: str) -> None:
    error = refusal(content)
    assert kind in error.problem
    assert "not a MIDI file" in error.problem


def test_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder, not a file"):
        read_performance(tmp_path)


def test_pause_of_days_is_kept_and_said() -> None:
    late = [(tick + (1 << 28), event) for tick, event in EVENTS]
    performed = read(midi([*EVENTS, *late]))
    assert len(performed.notes) == 2 * len(SCALE)
    assert performed.repairs == ("a pause of 4660 minutes between two notes kept",)


def test_repairs_become_a_quality_line() -> None:
    line = repair_line("alignment", "one", "a.mid", read(strokes((0, on(60)), (0, on(62)), (240, off(62)))))
    assert line is not None
    assert line.problem == "1 note without a note-off ended at the end of the track"
    assert (line.subject, line.file, line.stage) == ("one", "a.mid", "alignment")


def test_published_order_of_a_note_without_a_note_off(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(strokes((0, on(60)), (0, on(62)), (240, off(62)), (480, on(60)), (600, off(60))))
    performed = read_performance(path)
    assert as_published(performed, path)[0].notes["pitch"].tolist() == [62, 60, 60]
    assert release_ranks(path, performed.notes)[0] > release_ranks(path, performed.notes)[1]


def test_what_was_read_can_be_written_and_read_again(tmp_path: Path) -> None:
    pedal = [(0, b"\xb0\x40\x7f"), (400, b"\xb0\x40\0")]
    performed = read(midi([*EVENTS[:-1]], pedal, division=b"\xe7\x28"))
    write_performance(tmp_path / "a.mid", performed)
    again = read_performance(tmp_path / "a.mid")
    assert again.repairs == ()
    for name in ("onset_sec", "offset_sec", "pitch", "velocity"):
        np.testing.assert_allclose(again.notes[name], performed.notes[name], atol=0.6 / 960)
    assert again.controls["value"].tolist() == performed.controls["value"].tolist()


def test_mido_reads_ordinary_files_alike(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(midi(EVENTS, running=True))
    messages = [message for track in mido.MidiFile(tmp_path / "a.mid").tracks for message in track]
    struck = [(m.note, m.velocity) for m in messages if m.type == "note_on"]
    assert struck == [row[2:] for row in rows(read_performance(tmp_path / "a.mid"))]


@pytest.mark.parametrize("events", [[(0, on(60))] * 50_000 + [(1, off(60))] * 50_000, [(9, on(60))] * 50_000])
def test_fifty_thousand_strikes_of_one_key_are_read_in_seconds(events: Sequence[tuple[int, bytes]]) -> None:
    begin = time.monotonic()
    assert len(read(midi(list(events))).notes) == 50_000
    assert time.monotonic() - begin < 5


def check_read_back(written: WrittenMidi) -> None:
    performed = read(written.content)
    assert sorted(rows(performed)) == sorted(written.notes)
    order = performed.notes[["onset_tick", "pitch", "offset_tick"]].tolist()
    assert order == sorted(order)
    assert performed.controls[["tick", "number", "value"]].tolist() == written.controls
    for name in ("onset", "offset"):
        expected = performed.notes[f"{name}_tick"] * written.tick_seconds
        np.testing.assert_allclose(performed.notes[f"{name}_sec"], expected, rtol=1e-12)
    assert all(told.startswith(("times counted in SMPTE", "a pause of")) for told in performed.repairs)


def check_damaged(content: bytes) -> None:
    begin = time.monotonic()
    try:
        performed = read(content)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        notes = performed.notes
        assert (notes["offset_tick"] >= notes["onset_tick"]).all()
        assert (
            (notes["velocity"] > 0) & (notes["velocity"] < 128) & (notes["pitch"] >= 0) & (notes["pitch"] < 128)
        ).all()
        assert np.isfinite(notes["offset_sec"]).all()
        assert performed.end_sec >= notes["offset_sec"].max()
    assert time.monotonic() - begin < 2


@settings(max_examples=60, deadline=None)
@given(written_midi())
def test_any_legal_file_is_read_back_exactly(written: WrittenMidi) -> None:
    check_read_back(written)


@settings(max_examples=60, deadline=None)
@given(damaged_midi() | st.binary(max_size=60).map(lambda content: b"MThd" + content))
def test_damaged_bytes_give_a_performance_or_one_clear_line(content: bytes) -> None:
    check_damaged(content)


CASES_REFUSED = {"midi_division_0"}


def test_cases_that_people_had_trouble_with(shared: Path) -> None:
    folders = sorted([*(shared / "cases").glob("midi_*"), *(shared / "cases").glob("perf_overlap*")])
    assert folders
    for folder in folders:
        said = (folder / "expected.txt").read_text()
        count = int(said.split("score notes struck: ")[1].split()[0])
        if folder.name in CASES_REFUSED:
            with pytest.raises(DataError):
                read_performance(folder / "perf.mid")
            continue
        assert len(read_performance(folder / "perf.mid").notes) == count, folder.name
