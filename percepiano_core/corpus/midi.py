"""Performed notes and pedals of a MIDI file, in ticks and seconds.

All tracks are merged and the tempo map is applied. Times are kept in ticks too, because notes and pedals that share a
tick must compare as equal: in seconds of floating point, about one pedal value in a hundred of PercePiano flips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.corpus.midi_chunks import PERCUSSION, MidiEvents, read_events
from percepiano_core.corpus.midi_clock import Clock, clock_of
from percepiano_core.corpus.midi_notes import (
    DOUBLED,
    LEFT_OPEN,
    RELEASED,
    STRUCK_AGAIN,
    Strike,
    ends_of_all,
    strikes_of,
)
from percepiano_core.corpus.midi_track import CONTROL_CHANGE, NOTE_ON, PROGRAM_CHANGE, Track
from percepiano_core.errors import DataError
from percepiano_core.quality import QualityLine
from percepiano_core.wording import counted

NOTE_DTYPE = np.dtype(
    [
        ("onset_tick", "i8"),
        ("offset_tick", "i8"),
        ("onset_sec", "f8"),
        ("offset_sec", "f8"),
        ("pitch", "i2"),
        ("velocity", "i2"),
    ]
)
CONTROL_DTYPE = np.dtype([("tick", "i8"), ("sec", "f8"), ("number", "i2"), ("value", "i2")])
PEDALS = (64, 66, 67)  # sustain, sostenuto, soft
RESET_CONTROLLERS = 121
PROGRAMS_A_FAMILY = 8  # General MIDI: the first eight programs are pianos and their like
LONGEST_UNRELEASED_SEC, SHORTEST_UNRELEASED_SEC = 10.0, 0.1  # of a note whose note-off is lost
LONG_PAUSE_SEC = 600.0  # between two notes: more than any music has


@dataclass(frozen=True)
class PerformedMidi:
    """What was played.

    Attributes
    ----------
    notes : structured array of NOTE_DTYPE, sorted by (onset tick, pitch, length in ticks); the row is the note's index
    controls : structured array of CONTROL_DTYPE in file order of time (64 sustain, 66 sostenuto, 67 soft)
    ticks_per_quarter : resolution of the file
    end_sec : the file's end of track in seconds; often 20 s after the last note, never a duration
    repairs : what was not as it should be in the file and was repaired or passed over, in a user's words
    """

    notes: np.ndarray
    controls: np.ndarray
    ticks_per_quarter: int
    end_sec: float
    repairs: tuple[str, ...] = ()


def read_performance(path: Path | str) -> PerformedMidi:
    """Read a performance, repairing what is not as it should be (`PerformedMidi.repairs` says what).

    DataError if the file is missing, no MIDI, gives no time base, or holds no notes (docs/corpus.md, "MIDI files").
    """
    return performed_midi(read_events(path), path)


def performed_midi(events: MidiEvents, subject: Path | str) -> PerformedMidi:
    """What was played, from the clean events of a file; errors name `subject`."""
    clock = clock_of(events)
    notes, lost = _notes(events.tracks, clock)
    repairs = (*events.repairs, *lost)
    if not len(notes):
        raise _without_notes(events, subject)
    last = max(max(track.end_tick for track in events.tracks), int(notes["offset_tick"].max()))
    end = float(clock.second(np.array([last]))[0])
    controls, resets = _controls(events.tracks, clock)
    repairs += (*resets, *_long_pauses(notes), *_several_instruments(events.tracks))
    return PerformedMidi(notes, controls, events.ticks_per_quarter, end, repairs)


def repair_line(stage: str, subject: str, file: str, performed: PerformedMidi) -> QualityLine | None:
    """The quality line of a performance that was repaired, else None; arguments as in `QualityLine`."""
    if not performed.repairs:
        return None
    consequence = "what could be read is used, as repaired"
    remedy = "none needed if this is right; else export the performance again"
    return QualityLine(
        stage=stage,
        subject=subject,
        file=file,
        problem="; ".join(performed.repairs),
        consequence=consequence,
        remedy=remedy,
    )


def _without_notes(events: MidiEvents, subject: Path | str) -> DataError:
    told = "; ".join(events.repairs)
    if any(track.broken for track in events.tracks) or not events.tracks:
        reason = told or "it holds no track"
        return DataError(subject, f"not a readable MIDI file ({reason})", "replace it by an intact copy")
    problem = "the performance has no notes" + (f" ({told})" if told else "")
    if any(PERCUSSION in each for each in events.repairs):
        return DataError(subject, problem, "move them to another channel if they are the piano's, and export it again")
    return DataError(subject, problem, "replace it by a recording of the segment")


def _notes(tracks: Sequence[Track], clock: Clock) -> tuple[np.ndarray, list[str]]:
    """Notes of all tracks, and in words which of them have no note-off."""
    all_off = ends_of_all(tracks)
    rows = np.array(
        [(*strike, number) for number, track in enumerate(tracks) for strike in strikes_of(track, all_off)],
        dtype=[*((name, "i8") for name in Strike._fields), ("track", "i8")],
    )
    ending = rows["ending"]
    rows["offset"], cut = _bounded(rows["onset"], rows["offset"], ending, clock)
    order = np.lexsort([rows[name] for name in ("release", "track", "offset", "pitch", "onset")])
    notes = np.empty(len(rows), dtype=NOTE_DTYPE)
    for name in ("onset", "offset"):
        notes[f"{name}_tick"] = rows[name]
        notes[f"{name}_sec"] = clock.second(rows[name])
    notes["pitch"], notes["velocity"] = rows["pitch"], rows["velocity"]
    counts = {
        "at the next strike of the key": (ending == STRUCK_AGAIN) & ~cut,
        "with the note struck at once on the key": (ending == DOUBLED) & ~cut,
        "at the end of the track": (ending == LEFT_OPEN) & ~cut,
        f"after {LONGEST_UNRELEASED_SEC:g} s": cut,
    }
    told = [(counted(int(which.sum()), "note"), where) for where, which in counts.items() if which.any()]
    return notes[order], [f"{number} without a note-off ended {where}" for number, where in told]


def _bounded(onset: np.ndarray, offset: np.ndarray, ending: np.ndarray, clock: Clock) -> tuple[np.ndarray, np.ndarray]:
    """Offset ticks [n], those of notes without a note-off at a sensible length, and which were cut to the longest.

    Files often go on in silence for long after the music, and a note may be struck on the very last tick.
    """
    unreleased = ending != RELEASED
    start = clock.second(onset)
    latest = clock.tick(start + LONGEST_UNRELEASED_SEC)
    earliest = np.maximum(clock.tick(start + SHORTEST_UNRELEASED_SEC), onset + 1)
    cut = unreleased & (offset > latest) & (ending != DOUBLED)
    bounded = np.where(cut, latest, offset)
    bounded = np.where(ending == LEFT_OPEN, np.maximum(bounded, earliest), bounded)
    return bounded, cut


def _controls(tracks: Sequence[Track], clock: Clock) -> tuple[np.ndarray, list[str]]:
    """Controllers of all tracks and channels in order of time; where all are reset, the pedals that were down go up."""
    events = np.concatenate([track.events for track in tracks])
    events = events[events[:, 1] >> 4 == CONTROL_CHANGE >> 4]
    events = events[np.argsort(events[:, 0], kind="stable")]
    if lifted := (events[:, 2] == RESET_CONTROLLERS).any() and _lifted(events):
        events = np.insert(events, [place + 1 for place, _ in lifted], [event for _, event in lifted], axis=0)
    rows = np.empty(len(events), dtype=CONTROL_DTYPE)
    rows["tick"], rows["sec"] = events[:, 0], clock.second(events[:, 0])
    rows["number"], rows["value"] = events[:, 2], events[:, 3]
    return rows, [f"{counted(len(lifted), 'pedal')} lifted by a reset of all controllers"] if lifted else []


def _lifted(events: np.ndarray) -> list[tuple[int, list[int]]]:
    """Pedals that a reset of all controllers lifts: the place of the reset among the events, and the lift."""
    down: dict[tuple[int, int], int] = {}
    lifts = []
    for place, (tick, status, number, value) in enumerate(events.tolist()):
        if number in PEDALS:
            down[status, number] = value
        elif number == RESET_CONTROLLERS:
            for key in [key for key, last in down.items() if key[0] == status and last]:
                lifts.append((place, [tick, *key, 0]))
                down[key] = 0
    return lifts


def _long_pauses(notes: np.ndarray) -> list[str]:
    pauses = np.diff(notes["onset_sec"])
    long = pauses[pauses > LONG_PAUSE_SEC]
    return [f"a pause of {pauses.max() / 60:.0f} minutes between two notes kept"] if len(long) else []


def _several_instruments(tracks: Sequence[Track]) -> list[str]:
    """Whether notes stand under programs of several families, one of them no keyboard: all are read as the piano's."""
    events = np.concatenate([track.events for track in tracks])
    kind = events[:, 1] >> 4
    if not (events[kind == PROGRAM_CHANGE >> 4, 2] // PROGRAMS_A_FAMILY).any():
        return []  # none but pianos, which is what a channel without a program is too
    events = events[np.isin(kind, [PROGRAM_CHANGE >> 4, NOTE_ON >> 4])]
    program: dict[int, int] = {}
    played = set()
    for _, status, first, second in events[np.argsort(events[:, 0], kind="stable")].tolist():
        if status >> 4 == PROGRAM_CHANGE >> 4:
            program[status & 0x0F] = first
        elif status >> 4 == NOTE_ON >> 4 and second:
            played.add(program.get(status & 0x0F, 0) // PROGRAMS_A_FAMILY)
    return [f"notes of {len(played)} families of instruments, all read as the piano's"] if len(played) > 1 else []
