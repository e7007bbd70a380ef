"""By which way performances are rated: from their notes, from their sound, or from both.

MIDI files have notes alone. A recording has sound, and notes once it is transcribed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from percepiano_core.errors import UserError

By = Literal["auto", "sound", "transcription", "both"]
NOTES, SOUND = "symbolic", "audio"  # the systems whose networks read notes, and hear sound
GIVE_SOUND = "give the recording, or networks that read notes (and the score) by --weights"


def chosen_ways(by: By, midis: Sequence[Path], score: Path | None, there: Collection[str]) -> tuple[str, ...]:
    """Which of NOTES and SOUND the performances are rated by.

    "auto" is SOUND where networks of that system are there and no score is given; else NOTES, if they are there.

    midis : the performances that are MIDI files
    there : systems that have trained networks

    UserError for a MIDI file that is to be heard, and for no score where notes are read.
    """
    ways = {"sound": (SOUND,), "transcription": (NOTES,), "both": (NOTES, SOUND)}.get(by)
    ways = ways or _by_itself(midis, score, there)
    if midis and SOUND in ways:
        problem = "it is a MIDI file, and what is asked hears sound"
        raise UserError(midis[0], problem, GIVE_SOUND if by == "auto" else "give the recording, or leave --by out")
    if NOTES in ways and score is None:
        raise UserError("--score", "is missing, and networks that read notes need it", "add --score SCORE.musicxml")
    return ways


def _by_itself(midis: Sequence[Path], score: Path | None, there: Collection[str]) -> tuple[str, ...]:
    if NOTES not in there and SOUND in there:
        return (SOUND,)
    if midis or score is not None:
        return (NOTES,)
    return (NOTES,) if NOTES in there and SOUND not in there else (SOUND,)
