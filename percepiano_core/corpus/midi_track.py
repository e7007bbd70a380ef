"""The events of one MIDI track, from its bytes, however odd: what cannot be an event is passed over and counted.

Source: Standard MIDI Files 1.0. mido, which writes the MIDI files here, refuses a whole file for one byte that no note
depends on (a key signature of eight flats, a velocity of 133); a player reads over it, and so does this.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

NOTE_OFF, NOTE_ON, KEY_PRESSURE, CONTROL_CHANGE, PROGRAM_CHANGE = 0x80, 0x90, 0xA0, 0xB0, 0xC0
_SYSTEM, _SYSTEM_EXCLUSIVE, _ESCAPE, _REALTIME, _META = 0xF0, 0xF0, 0xF7, 0xF8, 0xFF
_END_OF_TRACK, _SET_TEMPO = 0x2F, 0x51  # kinds of meta events
_COMMON_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of system common messages; the others have none
_HIGHEST = 127  # of a data byte
_LARGEST = (1 << 32) - 1  # of a number of variable length; the standard allows 28 bits, and some write one more


@dataclass
class Track:
    """What stands in one track.

    Attributes
    ----------
    events : [n, 4] of tick, status (kind and channel), first and second data byte (0 where the event has one), in order
    tempos : tick and microseconds a quarter of each tempo event
    end_tick : of the last event, the end of track if there is one
    size : bytes that were read, up to the end of track
    ended : whether there is an end of track
    broken : whether the bytes stop making sense, or stop, before the end
    faults : how many events had what fault: "clipped", "left out", "tempo"
    """

    events: np.ndarray = field(default_factory=lambda: np.empty((0, 4), dtype="i8"))
    tempos: list[tuple[int, int]] = field(default_factory=list)
    end_tick: int = 0
    size: int = 0
    ended: bool = False
    broken: bool = False
    faults: Counter[str] = field(default_factory=Counter)


def read_track(chunk: bytes) -> Track:
    """All whole events of a track's bytes, up to the end of track, the last byte, or the first that makes no sense."""
    track = Track()
    flat: list[int] = []
    try:
        _read_events(chunk, track, flat)
    except (IndexError, _Senseless):
        track.broken = True
    track.events = np.array(flat, dtype="i8").reshape(-1, 4)
    return track


class _Senseless(Exception):
    """Bytes that are no event."""


def _read_events(chunk: bytes, track: Track, flat: list[int]) -> None:
    """Fill the track; IndexError where the bytes stop inside an event. One loop, because there are millions."""
    position, tick, running, size = 0, 0, 0, len(chunk)
    while position < size and not track.ended:
        delta = chunk[position]
        position += 1
        if delta > _HIGHEST:
            delta, position = _quantity(chunk, position - 1)
        status = chunk[position]
        if status >= _SYSTEM:
            position = _system_event(chunk, position, tick + delta, track)
        else:
            if status > _HIGHEST:
                running = status
                position += 1
            elif not running:
                raise _Senseless
            # Running status goes on after meta and system events: forbidden, but written, and never meant otherwise.
            first = chunk[position]
            second = 0 if PROGRAM_CHANGE <= running < 0xE0 else chunk[position + 1]
            if first | second > _HIGHEST:
                first, second, position = _odd_data(chunk, position, running, track)
            else:
                position += 1 if PROGRAM_CHANGE <= running < 0xE0 else 2
            if first <= _HIGHEST and running < 0xD0:
                flat += (tick + delta, running, first, second)
        tick += delta
        track.end_tick, track.size = tick, position


def _quantity(chunk: bytes, position: int) -> tuple[int, int]:
    """A number of variable length, and the position after it."""
    value = 0
    while True:
        byte = chunk[position]
        position += 1
        value = value << 7 | byte & _HIGHEST
        if value > _LARGEST:
            raise _Senseless
        if byte <= _HIGHEST:
            return value, position


def _system_event(chunk: bytes, position: int, tick: int, track: Track) -> int:
    """Note tempo and end of track; the position after the event."""
    status = chunk[position]
    if status == _META:
        kind = chunk[position + 1]
        payload, position = _payload(chunk, position + 2)
        if kind == _SET_TEMPO:
            tempo = int.from_bytes(payload[:3])
            if tempo and len(payload) >= 3:
                track.tempos.append((tick, tempo))
            else:
                track.faults["tempo"] += 1
        track.ended = kind == _END_OF_TRACK
        return position
    if status in (_SYSTEM_EXCLUSIVE, _ESCAPE):
        return _payload(chunk, position + 1)[1]
    return position + 1 + _COMMON_DATA.get(status, 0)


def _payload(chunk: bytes, position: int) -> tuple[bytes, int]:
    """The bytes whose number is given before them, and the position after them."""
    length, position = _quantity(chunk, position)
    if position + length > len(chunk):
        raise IndexError
    return chunk[position : position + length], position + length


def _odd_data(chunk: bytes, position: int, status: int, track: Track) -> tuple[int, int, int]:
    """Data bytes of an event of which one is above 127, and the position after them; a first one above 127 stays so.

    A value above 127 is taken as 127, a key or controller that cannot be is left out with its event, and a realtime
    byte (clock, start, active sensing) that was recorded in the middle of the event is passed over.
    """
    values: list[int] = []
    while len(values) < (1 if PROGRAM_CHANGE <= status < 0xE0 else 2):
        byte = chunk[position]
        position += 1
        is_realtime = _REALTIME <= byte < _META
        if is_realtime and (not values or (_event_at(chunk, position + 1) and not _event_at(chunk, position))):
            continue
        values.append(byte)
    first, second = (*values, 0)[:2]
    if first > _HIGHEST:
        track.faults["left out"] += 1
    elif second > _HIGHEST:
        track.faults["clipped"] += 1
    return first, min(second, _HIGHEST), position


def _event_at(chunk: bytes, position: int) -> bool:
    """Whether a time, a status byte and its data stand here."""
    try:
        _, position = _quantity(chunk, position)
        status = chunk[position]
        data = chunk[position + 1 : position + (2 if PROGRAM_CHANGE <= status < 0xE0 else 3)]
        return status >= _SYSTEM or (status > _HIGHEST and max(data, default=0) <= _HIGHEST)
    except (IndexError, _Senseless):
        return False
