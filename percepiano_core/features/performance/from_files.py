"""Single performances of a score, straight from their files: notes with all features, and descriptors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from percepiano_core.alignment.account import reason_of_failure
from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.performance import align_performance
from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.errors import DataError
from percepiano_core.features.assembly import NoteTable
from percepiano_core.features.descriptors.performance import performance_descriptors
from percepiano_core.features.performance.segment import segment_features
from percepiano_core.features.score.read import read_score
from percepiano_core.features.score.words import tables
from percepiano_core.score.corrections import Compat
from percepiano_core.score.written_score import WrittenScore, read_written_score

SAME_MUSIC = "check that both are the same piece, and of the same edition"


@dataclass(frozen=True, eq=False)
class Played:
    """A performance beside its score: how they fit, its notes (one row a score note), its descriptors by column."""

    performed: PerformedMidi
    alignment: Alignment
    notes: NoteTable
    descriptors: Mapping[str, float]


def read_played(score_path: Path, midis: Mapping[str, Path], compat: Compat, composer: str) -> dict[str, Played]:
    """Performances by name, from the MIDI files of one score; features as the stages of the workflow make them.

    `composer` as in the composer table ("Schubert", ...). DataError for a file that cannot be read, and for a
    performance that does not fit the score.
    """
    written = read_written_score(score_path)
    found = {}
    for name, midi in midis.items():
        performed = read_performance(midi)
        found[name] = performed, fitting_alignment(written, performed, midi)
    segment = segment_features(partial(read_score, score_path, compat, composer), found, compat)
    return {
        name: Played(performed, alignment, segment.table(name), performance_descriptors(performed, alignment))
        for name, (performed, alignment) in found.items()
    }


def fitting_alignment(score: WrittenScore, performed: PerformedMidi, midi: Path, remedy: str = SAME_MUSIC) -> Alignment:
    """The alignment of a performance; DataError where it is not one of the score (status "failed")."""
    aligned = align_performance(score, performed)
    if aligned.status == "failed":
        raise DataError(midi, f"{reason_of_failure(aligned)} ({score.path.name})", remedy)
    return aligned


def score_composer(path: Path) -> str:
    """The composer of the composer table whom the score names as its creator; "" if there is none."""
    creators = read_musicxml(path).iterfind("identification/creator[@type='composer']")
    words = " ".join(creator.text or "" for creator in creators)
    return next((name for name in tables()["composers"] if name.casefold() in words.casefold()), "")
