"""The performed notes as the published code read them: which ones it keeps, and their order.

Source: the released code (its MIDI reader is pretty_midi): pitches 21-108, no notes of zero length, sorted by onset;
notes that begin together stay in the order in which the file, track by track, releases them. That order decides where
extra notes enter the assembled rows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.corpus.midi_chunks import read_events
from percepiano_core.corpus.midi_track import NOTE_OFF, NOTE_ON

LOWEST_PITCH, HIGHEST_PITCH = 21, 108  # the keys of a piano


def as_published(performed: PerformedMidi, path: Path | str | None = None) -> tuple[PerformedMidi, np.ndarray]:
    """The performance with its notes as published, and the row that each had in `performed.notes`.

    path : its MIDI file, for the order of releases, see `published_rows`
    """
    ranks = None if path is None else release_ranks(path, performed.notes)
    rows = published_rows(performed.notes, ranks)
    return replace(performed, notes=performed.notes[rows]), rows


def renumbered(match: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A match [n] to the original performed rows as one to the published `rows`; -1 where the note is left out."""
    place = np.full(max(match.max(initial=-1), rows.max(initial=-1)) + 2, -1, dtype="i8")  # place[-1] serves -1
    place[rows] = np.arange(len(rows))
    return place[match]


def published_rows(notes: np.ndarray, release_ranks: np.ndarray | None = None) -> np.ndarray:
    """Rows [k'] of `notes` that the published code keeps, in its order.

    notes : performed notes [k] of percepiano_core.corpus.midi.NOTE_DTYPE
    release_ranks : see `release_ranks`; without it, notes that begin together go by release time, then pitch. On
        PercePiano the order then differs in about a hundred deadpan performances and in no human performance.
    """
    on_piano = (notes["pitch"] >= LOWEST_PITCH) & (notes["pitch"] <= HIGHEST_PITCH)
    ranks = notes["offset_tick"] if release_ranks is None else release_ranks
    order = np.lexsort((notes["pitch"], ranks, notes["onset_tick"]))
    return order[(on_piano & (notes["offset_tick"] > notes["onset_tick"]))[order]]


def release_ranks(path: Path | str, notes: np.ndarray) -> np.ndarray:
    """Place [k] of each performed note's release among all events of the file, one track after the other.

    A note that was ended without a note-off comes after all others.
    """
    rank_of: dict[tuple[int, int], int] = {}
    events = np.concatenate([track.events for track in read_events(path).tracks])
    kind = events[:, 1] >> 4
    releases = (kind == NOTE_OFF >> 4) | ((kind == NOTE_ON >> 4) & (events[:, 3] == 0))
    for rank, (tick, _, pitch, _) in enumerate(events[releases].tolist()):
        rank_of.setdefault((tick, pitch), rank)
    ends = zip(notes["offset_tick"].tolist(), notes["pitch"].tolist(), strict=True)
    return np.array([rank_of.get(end, len(events)) for end in ends])
