"""What transkun hears in a waveform: notes and pedals, a window of sound at a time.

A window is 16 s, and what the network holds of one is all that is in memory beside the waveform. Windows overlap, and
an event that begins in the second half of an overlap is left to the next window, which hears what follows it. A track
is decoded from the end of the last event that was heard whole. (The released code takes steps of 8 s, which is to hear
everything twice, and leaves nothing to the next window: docs/transcription.md, "Method".)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from percepiano_core.audio.transcription.decoding import best_events
from percepiano_core.audio.transcription.network import HOP, SAMPLE_RATE, TRACKS, TranskunNetwork

WINDOW_SAMPLES = 16 * SAMPLE_RATE  # as in training: of shorter or longer windows far fewer notes are heard
WINDOW_FRAMES = round(WINDOW_SAMPLES / HOP)
OVERLAP = 86  # frames (2 s) that windows share at least
LEAD = 43  # frames of silence (1 s) that are heard before and after the recording, where it costs no window
NEAR = 4  # frames before a window in which an event may have begun that the window hears as beginning


@dataclass(slots=True)
class Event:
    """A note or a pedal that is down.

    Attributes
    ----------
    track : its pitch, or the number of its controller with a minus
    first, last : frames in which it begins and ends
    onset_sec, offset_sec : seconds from the beginning of the recording
    velocity : 0 to 127
    whole : whether its end was heard
    """

    track: int
    first: int
    last: int
    onset_sec: float
    offset_sec: float
    velocity: int
    whole: bool


def hear(
    network: TranskunNetwork,
    waveform: np.ndarray,
    threads: int = 1,
    progress: Callable[[float], None] = lambda done: None,
) -> list[Event]:
    """Notes and pedals of a waveform [samples] at SAMPLE_RATE, track by track in order of time.

    Events of a track do not overlap. progress : is told the share that is done after each window
    """
    tracks: list[list[Event]] = [[] for _ in TRACKS]
    start = np.zeros(len(TRACKS), dtype=np.int64)
    begins = window_begins(len(waveform))
    with _threads(threads), torch.inference_mode():
        for number, (first, following) in enumerate(pairwise([*begins, begins[-1] + WINDOW_FRAMES + 2]), 1):
            bound = (first + WINDOW_FRAMES + following) // 2  # the middle of the overlap, or the end
            for index, is_begun, event in _window_events(network, waveform, first, start):
                if event.first <= bound:
                    _add(tracks[index], event, is_begun, first)
                    if event.whole:
                        start[index] = event.last
            progress(number / len(begins))
    return [event for track in tracks for event in _without_overlaps(track)]


def window_begins(samples: int) -> list[int]:
    """Frame in which each window begins: as few as overlap enough, at equal distances; below 0 is before the sound."""
    frames = -(-samples // HOP)
    count = max(-(-(frames - OVERLAP) // (WINDOW_FRAMES - OVERLAP)), 1)
    spare = WINDOW_FRAMES + (count - 1) * (WINDOW_FRAMES - OVERLAP) - frames
    lead = min(LEAD, spare // 2)
    if count == 1:
        return [-lead]
    step = -(-(frames + 2 * lead - WINDOW_FRAMES) // (count - 1))
    return [number * step - lead for number in range(count)]


def _window_events(
    network: TranskunNetwork, waveform: np.ndarray, first: int, start: np.ndarray
) -> Iterator[tuple[int, bool, Event]]:
    """Events of the window from frame `first` on: the index of their track, whether they begin here, what they are."""
    context = network(torch.from_numpy(_sound(waveform, first * HOP)))
    end, begin, single = network.scorer(context)
    found = best_events(end, begin, single, np.maximum(start - first, 0))
    if not len(found):
        return
    velocity, shift, inside = (each.numpy() for each in network.attributes(context, torch.from_numpy(found)))
    seconds = (found[:, 1:] + first + shift) * (HOP / SAMPLE_RATE)
    is_begun = (found[:, 1] > 0) | inside[:, 0]
    whole = (found[:, 2] < WINDOW_FRAMES) | inside[:, 1]
    for row, (index, from_frame, to_frame) in enumerate(found.tolist()):
        onset, offset = np.maximum(seconds[row], 0).tolist()
        frames = (from_frame + first, to_frame + first)
        event = Event(TRACKS[index], *frames, onset, offset, int(velocity[row]), bool(whole[row]))
        yield index, bool(is_begun[row]), event


def _sound(waveform: np.ndarray, begin: int) -> np.ndarray:
    """WINDOW_SAMPLES samples from `begin` on, zeros where the recording has none."""
    before = max(-begin, 0)
    inside = waveform[max(begin, 0) : begin + WINDOW_SAMPLES]
    return np.pad(inside, (before, WINDOW_SAMPLES - before - len(inside)))


def _add(track: list[Event], event: Event, is_begun: bool, window: int) -> None:
    """Put an event of a window at the end of a track, or together with one that goes on from the window before."""
    previous = track[-1] if track else None
    if previous is not None and event.onset_sec < previous.offset_sec and event.first < previous.last:
        if not is_begun:
            previous.last, previous.whole = event.last, event.whole
            previous.offset_sec = max(event.offset_sec, previous.offset_sec)
        elif previous.first >= window - NEAR:
            track[-1] = event  # the same, heard again with what follows it
        else:
            track.append(event)
    elif is_begun:
        track.append(event)


def _without_overlaps(track: list[Event]) -> Iterator[Event]:
    """End each event where the next one begins, at the latest."""
    for event, following in pairwise(track):
        event.offset_sec = min(event.offset_sec, following.onset_sec)
    yield from (event for event in track if event.offset_sec > event.onset_sec)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Let torch compute with so many threads, and then with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
