"""A MIDI file as the tracks that are in it, whatever its header, its lengths and what lies around them say.

Source: Standard MIDI Files 1.0; RIFF-wrapped files (.rmi) as Microsoft's "Multimedia Data Standards Update" has them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.corpus.midi_track import NOTE_ON, Track, read_track
from percepiano_core.errors import DataError
from percepiano_core.file_kinds import kind_of
from percepiano_core.files import input_problem
from percepiano_core.wording import counted

PERCUSSION_CHANNEL = 9  # General MIDI's channel 10, counted from 0
PERCUSSION = "of the percussion channel (10)"
LARGEST_MIDI = 200_000_000  # bytes; the longest performances have a hundredth of it
PATTERNS = 2  # the format whose tracks are independent of each other
DEFAULT_TEMPO = 500_000  # microseconds a quarter, MIDI 1.0
FRAMES_A_SECOND = {24: 24.0, 25: 25.0, 29: 30 / 1.001, 30: 30.0}  # SMPTE; 29 is 30 drop frame
FRAMES_TOLD = {29: "29.97"}
_INTACT, _EXPORT = "replace it by an intact copy", "export the performance again, in ticks a quarter"
_PADDING = b"\0\r\n\t "
_HEADER_SIZE = 14
_HEADER, _TRACK = b"MThd", b"MTrk"


@dataclass(frozen=True)
class MidiEvents:
    """The clean events of a file, which all that reads MIDI here begins with.

    Attributes
    ----------
    tracks : those that are in the file, in order, without the percussion channel
    ticks_per_quarter : resolution; of a file that counts frames, the ticks of half a second
    tick_seconds : length of a tick in a file that counts frames, where tempo events do not count; else None
    repairs : what was repaired or passed over, in a user's words
    """

    tracks: list[Track]
    ticks_per_quarter: int
    tick_seconds: float | None
    repairs: tuple[str, ...]


def read_events(path: Path | str) -> MidiEvents:
    """The events of a file; DataError where it is missing or nothing in it can be played."""
    try:
        if Path(path).exists() and (problem := input_problem(Path(path), LARGEST_MIDI)) is not None:
            raise DataError(path, *problem)
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(path, "no such MIDI file", "restore it or remove its line from the manifest") from None
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror})", "give a file that can be read") from None
    return parse_events(content, path)


def parse_events(content: bytes, subject: Path | str) -> MidiEvents:
    """The events of a file's bytes; errors name `subject`."""
    if _HEADER not in content:
        raise DataError(subject, f"not a MIDI file but {kind_of(content).name}", "give the performance as MIDI (.mid)")
    body, repairs = _unwrapped(content)
    if len(body) < _HEADER_SIZE:
        raise DataError(subject, "not a readable MIDI file (it ends in its header)", _INTACT)
    form, announced, division = (int.from_bytes(body[start : start + 2]) for start in (8, 10, 12))
    resolution, tick_seconds = _time_base(division, subject)
    if tick_seconds is not None:
        frames = 256 - (division >> 8)
        repairs.append(f"times counted in SMPTE frames, {FRAMES_TOLD.get(frames, frames)} a second, not in quarters")
    tracks, told = _tracks(body)
    repairs += told
    if announced != len(tracks):
        repairs.append(f"{counted(len(tracks), 'track')} in the file, {announced} announced")
    repairs += _without_percussion(tracks)
    patterns = sum(bool(_strikes(track).any()) for track in tracks)
    if form == PATTERNS and patterns > 1:
        problem = f"{patterns} independent patterns (MIDI format 2), none of which is the performance"
        raise DataError(subject, problem, "export it as MIDI format 0 or 1")
    return MidiEvents(tracks, resolution, tick_seconds, (*repairs, *_faults(tracks)))


def _unwrapped(content: bytes) -> tuple[bytes, list[str]]:
    """The MIDI file inside what is around it, and what that was."""
    start = content.index(_HEADER)
    if content[:4] == b"RIFF" and content[8:12] == b"RMID":
        said = start + int.from_bytes(content[max(start - 4, 0) : start], "little")
        if content[start - 8 : start - 4] != b"data":
            said = len(content)
        stop = _midi_stop(content, start)
        fits = stop <= said <= len(content) if stop <= len(content) else said >= start + _HEADER_SIZE
        if fits:
            return content[start:said], ["MIDI taken out of a RIFF file"]
        return content[start:stop], ["MIDI taken out of a RIFF file, whose sizes are wrong"]
    return content[start:], [f"{counted(start, 'byte')} before the header passed over"] if start else []


def _midi_stop(content: bytes, start: int) -> int:
    """Where the last track ends by the lengths of the chunks of MIDI; behind the file where they are wrong."""
    stop = start + 8 + int.from_bytes(content[start + 4 : start + 8])
    while content[stop : stop + 4] == _TRACK:
        stop += 8 + int.from_bytes(content[stop + 4 : stop + 8])
    return stop


def _time_base(division: int, subject: Path | str) -> tuple[int, float | None]:
    """Ticks a quarter, and the seconds of a tick where the file counts frames."""
    if not division & 0x8000:
        if division:
            return division, None
        raise DataError(subject, "its header gives 0 ticks a quarter (division 0), so that no time is known", _EXPORT)
    frames, ticks = 256 - (division >> 8), division & 0xFF
    if frames not in FRAMES_A_SECOND or not ticks:
        told = f"{counted(ticks, 'tick')} a frame, {counted(frames, 'frame')} a second"
        raise DataError(
            subject, f"its header counts {told}, which SMPTE does not have, so that no time is known", _EXPORT
        )
    rate = FRAMES_A_SECOND[frames] * ticks
    return round(rate * DEFAULT_TEMPO * 1e-6), 1 / rate


def _tracks(body: bytes) -> tuple[list[Track], list[str]]:
    """All tracks after the header, wherever they are, and what does not fit around them."""
    tracks: list[Track] = []
    repairs: list[str] = []
    position = 8 + int.from_bytes(body[4:8])
    if not _is_chunk(body, position):
        position = _HEADER_SIZE  # where the six bytes end that every header has
    while position < len(body):
        if body[position : position + 4] == _TRACK and len(body) >= position + 8:
            track, position, told = _track(body, position, len(tracks) + 1)
            tracks.append(track)
            repairs += told
        elif _is_chunk(body, position):  # of another kind, which the standard says to pass over
            position += 8 + int.from_bytes(body[position + 4 : position + 8])
        else:
            following = body.find(_TRACK, position + 1)
            stray = body[position : following if following >= 0 else len(body)]
            if stray.strip(_PADDING):
                place = "between" if following >= 0 else "behind"
                repairs.append(f"{counted(len(stray), 'byte')} {place} the tracks passed over")
            position += len(stray)
    return tracks, repairs


def _is_chunk(body: bytes, position: int) -> bool:
    """Whether a chunk begins here: four letters, and a length that the file has room for (a track's may be wrong)."""
    name, length = body[position : position + 4], int.from_bytes(body[position + 4 : position + 8])
    fits = position + 8 + length <= len(body)
    return name == _TRACK or (len(name) == 4 and name.isalnum() and name.isascii() and fits)


def _track(body: bytes, position: int, number: int) -> tuple[Track, int, list[str]]:
    """The track that begins here, the position after it, and what is wrong with it."""
    start = position + 8
    said = start + int.from_bytes(body[position + 4 : start])
    fits = said == len(body) or (said < len(body) and _is_chunk(body, said))
    stop = said
    if not fits:  # a wrong length, a missing end, or stray bytes: up to the next track it is this one
        following = body.find(_TRACK, start)
        stop = following if following >= 0 else len(body)
    track = read_track(body[start:stop])
    if track.broken and said < stop:
        shorter = read_track(body[start:said])
        if not shorter.broken:  # the length is right, and what is behind is no track
            return shorter, said, []
    if not track.ended:
        return track, stop, _unended(track, f"track {number}", said - start, at_end=not fits and stop == len(body))
    end = start + track.size
    if end == said:
        return track, end, []
    if not fits or body[end : end + 4] == _TRACK:
        return track, end, [f"the length that track {number} gives is wrong; its end was found"]
    return track, said, [f"{counted(said - end, 'byte')} behind the end of track {number} passed over"]


def _unended(track: Track, name: str, length: int, at_end: bool) -> list[str]:
    """What is wrong with a track without an end, of which whole events up to `track.size` of `length` bytes are used.

    at_end : whether it goes on to the end of a file in which its length does not fit
    """
    if at_end and track.size <= length:
        track.broken = True
        return [f"the file ends in the middle of {name}"]
    if track.size > length:
        return [f"the length that {name} gives is wrong, and it has no end"]
    return [f"{name} makes no sense after {track.size} of {counted(length, 'byte')}"] if track.broken else []


def _strikes(track: Track) -> np.ndarray:
    """Which events [n] strike a note."""
    return (track.events[:, 1] >> 4 == NOTE_ON >> 4) & (track.events[:, 3] > 0)


def _without_percussion(tracks: list[Track]) -> list[str]:
    """Take the percussion channel out of the tracks where it holds notes: a drum set or a click, never the piano."""
    number = sum(int((_strikes(track) & _is_percussion(track)).sum()) for track in tracks)
    if not number:
        return []
    for track in tracks:
        track.events = track.events[~_is_percussion(track)]
    return [f"{counted(number, 'note')} {PERCUSSION} left out"]


def _is_percussion(track: Track) -> np.ndarray:
    return track.events[:, 1] & 0x0F == PERCUSSION_CHANNEL


def _faults(tracks: list[Track]) -> list[str]:
    """What was repaired in single events."""
    faults: Counter[str] = sum((track.faults for track in tracks), Counter())
    told = {
        "clipped": ("value", "above 127 taken as 127"),
        "left out": ("event", "with a key or controller above 127 left out"),
        "tempo": ("tempo event", "without a tempo passed over"),
    }
    return [f"{counted(faults[kind], noun)} {rest}" for kind, (noun, rest) in told.items() if faults[kind]]
