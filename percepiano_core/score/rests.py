"""Rests that follow notes (docs/score_reading.md, "Rests")."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from percepiano_core.score.events import ScoreNote


@dataclass(slots=True)
class _Silence:
    """Consecutive rests of one voice."""

    onset: float
    duration: float
    voice: int
    has_fermata: bool


def attach_rests(notes: list[ScoreNote], rests: list[ScoreNote]) -> None:
    """Give each note the rest that begins where it ends in its voice.

    Parameters
    ----------
    notes : pitched notes in score order
    rests : printed rests in document order
    """
    onsets = [note.onset for note in notes]
    for silence in _fused(rests):
        last = max(bisect_right(onsets, silence.onset) - 1, 0)
        for note in reversed(notes[: last + 1]):
            if note.voice != silence.voice:
                continue
            if note.end == silence.onset:
                note.following_rest = silence.duration
                note.followed_by_fermata_rest = note.followed_by_fermata_rest or silence.has_fermata
            elif note.end < silence.onset:
                break


def _fused(rests: list[ScoreNote]) -> list[_Silence]:
    """Rests joined to those that follow without a gap in their voice.

    As published, the search of a rest ends at one that is fused already or begins later than the silence ends, and
    the last rest of the file is never joined to another.
    """
    silences = [_Silence(rest.onset, rest.duration, rest.voice, rest.has_fermata) for rest in rests]
    for index, silence in enumerate(silences):
        end = silence.onset + silence.duration
        for following in silences[index + 1 : -1]:
            if following.duration == 0:
                break
            if following.onset == end and following.voice == silence.voice:
                silence.duration += following.duration
                silence.has_fermata = silence.has_fermata or following.has_fermata
                following.duration = 0
                end = silence.onset + silence.duration
            elif following.onset > end:
                break
    return [silence for silence in silences if silence.duration != 0]
