"""The small records that every corpus reader gives: a performance, and its segment's score."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Performance:
    """One recorded or rendered playing of one segment.

    Paths are POSIX, relative to the corpus root. A segment is a score excerpt with many performances; a piece holds
    segments, a work holds pieces. A player number means a person inside one work only, so the key of a person is
    `performer` (docs/corpus.md, "Players and deadpan performances").
    """

    performance: str  # unique key: file name without extension, blanks stripped
    segment: str
    piece: str
    work: str  # unit of the `work` split; raters and players are shared inside it
    movement: str  # unit over which block splits are balanced (D960mv2, D960mv3; else the work)
    composer: str
    bars: int
    segment_number: str
    player: str
    performer: str  # "<work>/<player>"
    player_index: int  # index that the published performer split deals by; -1: never valid nor test
    deadpan: bool  # a deadpan performance of the notation, not a person
    midi: str
    score: str
    midi_sha256: str = ""
    score_sha256: str = ""
