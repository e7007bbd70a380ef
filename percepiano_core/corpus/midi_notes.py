"""Notes of a track from its note-ons and note-offs, also where some are lost."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from percepiano_core.corpus.midi_track import CONTROL_CHANGE, NOTE_OFF, NOTE_ON, Track

# Controllers that end all notes of their channel: all sound off, all notes off, and the four changes of mode
ALL_OFF = frozenset({120, 123, 124, 125, 126, 127})
SWEPT_KEYS = 64  # note-offs at once: a program that silences every key, whether it sounds or not
RELEASED, STRUCK_AGAIN, DOUBLED, LEFT_OPEN = range(4)  # how a note ended
_LAST = 1 << 62  # place of a release that is not in the file


class Strike(NamedTuple):
    """One note: its ticks, its key, and how it ended; `release` is the place of its note-off among the events."""

    onset: int
    offset: int
    pitch: int
    velocity: int
    ending: int
    release: int


class _Open:
    """Strikes of one key, and the releases since all its strikes were last released."""

    def __init__(self) -> None:
        self.strikes: deque[tuple[int, int]] = deque()  # tick, velocity
        self.releases: list[tuple[int, int]] = []  # tick, place among the events


def ends_of_all(tracks: Sequence[Track]) -> dict[int, list[int]]:
    """Channel -> ticks, ascending, at which some track ends all notes of it."""
    found = defaultdict(list)
    for track in tracks:
        events = track.events[track.events[:, 1] >> 4 == CONTROL_CHANGE >> 4]
        for tick, status, _, _ in events[np.isin(events[:, 2], list(ALL_OFF))].tolist():
            found[status & 0x0F].append(tick)
    return {channel: sorted(ticks) for channel, ticks in found.items()}


def strikes_of(track: Track, all_off: Mapping[int, Sequence[int]]) -> list[Strike]:
    """All notes of a track, in no order; `all_off` as `ends_of_all` gives it.

    Notes of one key of one channel are released in the order in which they were struck. Where fewer were released than
    struck, one that was struck again before any release is taken as the one whose note-off is lost: it ends where the
    key is struck next, and the others keep their own ends. A note-off with nothing to release is passed over.
    """
    found: list[Strike] = []
    keys: defaultdict[int, _Open] = defaultdict(_Open)  # by channel and pitch
    for place, (tick, status, first, second) in enumerate(_of_notes(track.events).tolist()):
        channel = status & 0x0F
        if status >= CONTROL_CHANGE:
            for number in [number for number in keys if number >> 7 == channel]:
                found += _closed(keys.pop(number), number & 0x7F, (), tick, RELEASED)
            continue
        key = keys[channel << 7 | first]
        if status >= NOTE_ON and second:
            key.strikes.append((tick, second))
        elif len(key.strikes) > len(key.releases):
            key.releases.append((tick, place))
            # A strike on the tick of a release may be written before it: the release is of the strikes before.
            count = len(key.releases)
            if len(key.strikes) == count or key.strikes[count][0] == tick:
                found += _in_order([key.strikes.popleft() for _ in range(count)], key.releases, first)
                key.releases = []
    for number, key in keys.items():
        if key.strikes:
            found += _closed(key, number & 0x7F, all_off.get(number >> 7, ()), track.end_tick, LEFT_OPEN)
    return found


def _of_notes(events: np.ndarray) -> np.ndarray:
    """Note-ons, note-offs and ends of all notes [k, 4]; note-offs for the whole keyboard at once are such an end."""
    kind, is_off = events[:, 1] >> 4, np.isin(events[:, 2], list(ALL_OFF))
    is_note = np.isin(kind, [NOTE_OFF >> 4, NOTE_ON >> 4])
    events = events[is_note | ((kind == CONTROL_CHANGE >> 4) & is_off)]
    kind = events[:, 1] >> 4
    strikes = (kind == NOTE_ON >> 4) & (events[:, 3] > 0)
    releases = np.flatnonzero(~strikes & (kind != CONTROL_CHANGE >> 4))
    if len(releases) - int(strikes.sum()) >= SWEPT_KEYS // 2:
        at_once = events[releases, 0] * 16 + (events[releases, 1] & 0x0F)  # tick and channel
        _, group, size = np.unique(at_once, return_inverse=True, return_counts=True)
        swept = releases[size[group] >= SWEPT_KEYS]
        events[swept, 1] = CONTROL_CHANGE | events[swept, 1] & 0x0F
    return events


def _in_order(strikes: Sequence[tuple[int, int]], releases: Sequence[tuple[int, int]], pitch: int) -> list[Strike]:
    return [
        Strike(onset, offset, pitch, velocity, RELEASED, place)
        for (onset, velocity), (offset, place) in zip(strikes, releases, strict=True)
    ]


def _closed(key: _Open, pitch: int, all_off: Sequence[int], end: int, ending: int) -> list[Strike]:
    """Notes of a key of which some have no note-off: they end at its next strike, when all notes end, or at `end`."""
    lost = _unreleased([tick for tick, _ in key.strikes], [tick for tick, _ in key.releases])
    kept = [index for index in range(len(key.strikes)) if index not in lost]
    strikes = list(key.strikes)
    found = dict(zip(kept, _in_order([strikes[index] for index in kept], key.releases, pitch), strict=True))
    for index in sorted(lost, reverse=True):
        onset, velocity = strikes[index]
        following = found.get(index + 1)
        if following and following.onset == onset:
            how = DOUBLED if following.ending == RELEASED else following.ending
            found[index] = following._replace(velocity=velocity, ending=how)
            continue
        stops = [(tick, RELEASED) for tick in all_off[bisect_right(all_off, onset) :][:1]]
        if following:
            stops.append((following.onset, STRUCK_AGAIN))
        offset, how = min(stops, default=(end, ending))
        found[index] = Strike(onset, offset, pitch, velocity, how, _LAST)
    return list(found.values())


def _unreleased(strikes: Sequence[int], releases: Sequence[int]) -> set[int]:
    """Which strikes have no release, when each release is taken as that of the latest strike before it."""
    waiting: list[int] = []
    following = iter(enumerate(strikes))
    upcoming = next(following, None)
    for release in releases:
        while upcoming is not None and upcoming[1] < release:
            waiting.append(upcoming[0])
            upcoming = next(following, None)
        waiting.pop()
    if upcoming is not None:
        waiting += [upcoming[0], *(index for index, _ in following)]
    return set(waiting)
