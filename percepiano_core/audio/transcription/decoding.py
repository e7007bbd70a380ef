"""The best events of every track: the way of highest worth through a semi-Markov conditional random field.

Source: Y. Yan, F. Cwitkowitz and Z. Duan, "Skipping the frame-level: event-based piano transcription with neural
semi-CRFs", NeurIPS 2021. Events of a track do not overlap, but one may begin in the frame in which another ends; frames
without an event are worth nothing. Scores of all pairs of frames are made a block of begins at a time, because those of
a whole window are 170 MB.
"""

from __future__ import annotations

import numpy as np
import torch

BLOCK = 32  # begins whose scores are held at once
SKIP = -1  # of a pointer: no event begins here


def best_events(end: torch.Tensor, begin: torch.Tensor, single: torch.Tensor, start: np.ndarray) -> np.ndarray:
    """Events [n, 3] (track, first and last frame), track by track in order of time.

    end, begin : [tracks, frames, size], whose product times the frames between is what an event is worth
    single : [tracks, frames], what an event of one frame is worth
    start : [tracks], frame from which on a track is decoded
    """
    alone = single.numpy()
    following = _following(end, begin, alone).tolist()
    events = [
        (track, *event)
        for track, (first, pointers, short) in enumerate(zip(start.tolist(), following, alone > 0, strict=True))
        for event in _followed(first, pointers, short.tolist())
    ]
    return np.array(events, dtype=np.int64).reshape(-1, 3)


def _following(end: torch.Tensor, begin: torch.Tensor, single: np.ndarray) -> np.ndarray:
    """Pointers [tracks, frames - 1]: the frame at which the best event that begins here ends, or SKIP."""
    tracks, frames = single.shape
    gain = np.maximum(single, 0)
    value = np.zeros((tracks, frames), dtype=np.float32)  # of the best events from a frame on
    value[:, -1] = gain[:, -1]
    pointers = np.full((tracks, frames - 1), SKIP)
    places = np.arange(frames, dtype=np.float32)
    rows = np.arange(tracks)
    for stop in range(frames - 1, 0, -BLOCK):
        low = max(stop - BLOCK, 0)
        scores = torch.bmm(begin[:, low:stop], end[:, low:].transpose(1, 2)).numpy()  # [tracks, begins, ends]
        scores *= places[None, None, low:] - places[None, low:stop, None]
        for frame in range(stop - 1, low - 1, -1):
            worth = value[:, frame + 1 :] + scores[:, frame - low, frame + 1 - low :]
            best = worth.argmax(axis=1)
            highest = worth[rows, best]
            is_event = highest > value[:, frame + 1]
            pointers[is_event, frame] = best[is_event] + frame + 1
            value[:, frame] = np.where(is_event, highest, value[:, frame + 1]) + gain[:, frame]
    return pointers


def _followed(frame: int, pointers: list[int], short: list[bool]) -> list[tuple[int, int]]:
    """First and last frames of the events of a track, from a frame on."""
    events = []
    last = len(pointers)
    while frame < last:
        if short[frame]:
            events.append((frame, frame))
        following = pointers[frame]
        if following == SKIP:
            frame += 1
        else:
            events.append((frame, following))
            frame = following
    if short[last]:
        events.append((last, last))
    return events
