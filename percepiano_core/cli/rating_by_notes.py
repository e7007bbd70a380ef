"""Ratings of performances by networks that read notes: MIDI files as they are, recordings once they are transcribed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from percepiano_core.cli.performance_file import tell_repairs
from percepiano_core.cli.progress import share_told
from percepiano_core.cli.rating_report import TRANSCRIBER
from percepiano_core.errors import DataError
from percepiano_core.score.corrections import Compat

if TYPE_CHECKING:
    from percepiano_core.alignment.alignment import Alignment
    from percepiano_core.perception.ensemble import Member
    from percepiano_core.sound.repair import Tell


@dataclass(frozen=True)
class ScoreGiven:
    """The score of the performances, and how its features are made.

    Attributes
    ----------
    composer : None: whom the score names, else as in the released code
    """

    path: Path
    composer: str | None
    compat: Compat


@dataclass(frozen=True, eq=False)
class NoteRatings:
    """What an ensemble says of n performances of one score.

    Attributes
    ----------
    members : ratings of each network [k, n, 19]
    alignments : performance -> how it fits the score
    composer : that the networks were given
    transcribed : recording -> how many notes were heard in it
    """

    members: np.ndarray
    alignments: dict[str, Alignment]
    composer: str
    transcribed: dict[str, int]


def rate_notes(
    members: Sequence[Member],
    files: Mapping[str, Path],
    recordings: Collection[str],
    score: ScoreGiven,
    tell: Callable[[Path], Tell],
) -> NoteRatings:
    """Rate performances (name -> file), of which `recordings` are transcribed first.

    tell : recording -> what is told each thing that was repaired in it
    """
    from percepiano_core.features.performance.from_files import read_played, score_composer
    from percepiano_core.features.performed_notes import performed_table
    from percepiano_core.features.score.note_features import PUBLISHED_COMPOSER
    from percepiano_core.symbolic.networks.ensemble import ask, unlabelled

    named = score.composer or score_composer(score.path) or PUBLISHED_COMPOSER
    with TemporaryDirectory() as folder:
        heard = _transcribed({name: files[name] for name in files if name in recordings}, Path(folder), tell)
        with _as_recording(heard, files):
            played = read_played(score.path, {**files, **heard}, score.compat, named)
    for name in played.keys() - heard.keys():
        tell_repairs(files[name], played[name].performed)
    examples = unlabelled({name: each.descriptors for name, each in played.items()})
    notes = {name: each.notes for name, each in played.items()}
    said = ask(members, examples, notes, {name: performed_table(each.performed) for name, each in played.items()})
    alignments = {name: each.alignment for name, each in played.items()}
    return NoteRatings(said, alignments, named, {name: len(played[name].performed.notes) for name in heard})


def _transcribed(recordings: Mapping[str, Path], folder: Path, tell: Callable[[Path], Tell]) -> dict[str, Path]:
    """MIDI files that are heard in the recordings, by their names; DataError for the first that cannot be used."""
    if not recordings:
        return {}
    from percepiano_core.audio.transcription.transcribe import by_network, transcribe_files

    numbered = {str(number): path for number, path in enumerate(recordings.values())}  # names may be paths
    done = []
    for each in transcribe_files(numbered, folder, by_network(progress=share_told(), tell=tell)):
        if isinstance(each, DataError):
            raise each
        done.append(each.midi)
    return dict(zip(recordings, done, strict=True))


@contextmanager
def _as_recording(heard: Mapping[str, Path], files: Mapping[str, Path]) -> Iterator[None]:
    """Let errors about a transcription name the recording that it is of."""
    try:
        yield
    except DataError as error:
        name = next((name for name, midi in heard.items() if str(midi) == error.subject), None)
        if name is None:
            raise
        raise DataError(files[name], f"{error.problem}, as {TRANSCRIBER} hears it", error.remedy) from None
