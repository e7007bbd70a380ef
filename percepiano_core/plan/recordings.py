"""Sound: what is rendered of MIDI files, in which jobs, and the recordings that a person has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from percepiano_core.corpus.asap import AsapRecording
from percepiano_core.corpus.asap_dynamics import annotations_path, marked_recordings, performance_name
from percepiano_core.corpus.midi_files import midi_files
from percepiano_core.corpus.root import corpus_folder, telling_variable
from percepiano_core.digest import block_digest
from percepiano_core.errors import UserError
from percepiano_core.plan.batches import batch, batches_of
from percepiano_core.plan.corpora import RatedCorpus, check_path
from percepiano_core.plan.pretraining import Pretraining
from percepiano_core.sound.recording_files import sound_files
from percepiano_core.sound.rendering import find_font, program_version
from percepiano_core.training.run_folder import RUN_FILE

RENDERED = "results/recordings/{corpus}/{instrument}/audio/{batch}"
RENDERED_TABLE = "results/recordings/{corpus}/{instrument}/batch_{batch}.csv"
RENDERED_QUALITY = "results/quality/recordings/{corpus}_{instrument}_{batch}.csv"
OWN_RUN = "results/runs/dynamics/T3/listener/pieces/fold0/seed0"
UNLABELLED = "unlabelled"  # the collections of performances that encoders learn from, less the rated works
SETTINGS = ("sample_rate", "gain", "polyphony", "tail_seconds")  # of the rendering, that its samples depend on

_midi_files, _found_font = cache(midi_files), cache(find_font)  # asked for every batch


@dataclass(frozen=True)
class Renderings:
    """Rendering as configured: the block `rendering`, where corpora are, the rated one, and what is unlabelled."""

    block: Mapping[str, Any]
    corpora: Mapping[str, Any]
    rated: RatedCorpus
    pretraining: Pretraining

    @property
    def settings(self) -> dict[str, Any]:
        """What the samples of a rendering depend on, beside font and program."""
        return {name: self.block[name] for name in SETTINGS}

    @property
    def instruments(self) -> dict[str, str]:
        """Name of each configured instrument -> its sound font, as configured."""
        return dict(self.block["instruments"])

    @property
    def usual(self) -> str:
        """The instrument that is heard where none is named."""
        return str(self.block["usual"])

    def font(self, instrument: str) -> dict[str, str]:
        """The sound font of an instrument and the hash of its bytes; UserError if it is not installed."""
        font = _found_font(self.instruments[instrument])
        return {"path": str(font.path), "sha256": font.sha256}

    @cached_property
    def program(self) -> str:
        """Version of the program that renders; UserError if it is not installed."""
        return program_version()

    @cached_property
    def asap(self) -> dict[str, AsapRecording]:
        """Name of each performance of ASAP that dynamics can be learned from -> the recording."""
        return {performance_name(each): each for each in marked_recordings(self.root("asap"))}

    def root(self, corpus: str) -> Path:
        """Folder of a corpus that is rendered: "rated", "asap", "maestro", UNLABELLED; UserError if none is named."""
        if corpus == UNLABELLED:
            return Path(os.path.commonpath([path.parent for path in self.pretraining.heard.values()]))
        folder = self.rated.root if corpus == "rated" else corpus_folder(corpus, self.corpora[corpus])
        if folder is None:
            raise UserError(f"corpora: {corpus}", "no folder is named", "name the folder that the corpus is in")
        return folder

    def files(self, corpus: str) -> dict[str, Path]:
        """Name of each performance of a corpus -> its MIDI file."""
        if corpus == UNLABELLED:
            return self.pretraining.heard
        with telling_variable(corpus):
            return _midi_files(self.rated.reader if corpus == "rated" else corpus, self.root(corpus))

    def batch(self, corpus: str, number: int) -> dict[str, Path]:
        """The performances of one job."""
        return dict(batch(list(self.files(corpus).items()), self.block["files_a_job"], number))

    def batches(self, corpus: str, names: list[str] | None = None) -> list[int]:
        """Numbers of the jobs that render the named performances; of all, if none are named."""
        files = self.files(corpus)
        return batches_of(list(files) if names is None else names, list(files), self.block["files_a_job"])

    def asap_performances(self, piece: str) -> list[str]:
        """Names of the performances of a piece of ASAP."""
        return [name for name in self.asap if name.rpartition("/")[0] == piece]

    def asap_label_files(self, piece: str) -> list[Path]:
        """What the labels of a piece of ASAP are read from: scores, alignments, beats; and the performed velocities."""
        found = [self.asap[name] for name in self.asap_performances(piece)]
        paths = [p for r in found for p in (r.score, r.note_alignment, annotations_path(r.midi), r.midi)]
        return [self.root("asap") / path for path in dict.fromkeys(paths)]

    def asap_sound(self, piece: str, pattern: str) -> list[str]:
        """Files (RENDERED, RENDERED_TABLE) of the jobs that render the performances of a piece of ASAP."""
        batches = self.batches("asap", self.asap_performances(piece))
        return [self._named(pattern, "asap", self.usual, number) for number in batches]

    def tables(self, corpus: str, instrument: str) -> list[str]:
        """Tables of all renderings of a corpus on an instrument."""
        return [self._named(RENDERED_TABLE, corpus, instrument, number) for number in self.batches(corpus)]

    def asap_quality(self) -> list[str]:
        """Lists of what could not be rendered of what dynamics are learned from."""
        batches = self.batches("asap", list(self.asap))
        return [self._named(RENDERED_QUALITY, "asap", self.usual, number) for number in batches]

    def _named(self, pattern: str, corpus: str, instrument: str, number: int) -> str:
        return pattern.format(corpus=corpus, instrument=instrument, batch=number)


@dataclass(frozen=True)
class OwnRecordings:
    """A folder of recordings of one's own, with beats and marks where they are annotated (track T3)."""

    folder: Path

    @cached_property
    def sounds(self) -> list[Path]:
        """Sound files."""
        return list(sound_files(self.folder).values())

    @cached_property
    def annotations(self) -> list[Path]:
        """Tables of beats and marks."""
        return sorted([*self.folder.glob("beat_time/*.csv"), *self.folder.glob("markings_dyn/*.csv")])

    def check_paths(self) -> None:
        """UserError for a file whose name Snakemake would take for a pattern."""
        for path in [*self.sounds, *self.annotations]:
            check_path(path)

    @property
    def quality(self) -> str:
        """List of what could not be listened to."""
        return "results/quality/dynamics/recordings.csv"

    @property
    def run_files(self) -> list[str]:
        """Prediction files of a run on them, where they can be scored."""
        return [f"{OWN_RUN}/{name}" for name in ("predictions.h5", RUN_FILE)] if self.scored else []

    @property
    def scored(self) -> bool:
        """Whether there is something to be scored."""
        return bool(self.sounds and self.annotations)


def own_parameter(block: Mapping[str, Any], code_digest: str) -> dict[str, Any]:
    """What is recorded of the run on recordings of one's own, from the configured block `dynamics`."""
    made_by = {key: block[key] for key in ("weights", "protocol")}
    return {
        **dict(zip(("system", "data", "model", "split"), Path(OWN_RUN).parts[2:6], strict=True)),
        "seed": 0,
        "module": "dynamics.listen.folder",
        "inputs": "sound",
        "settings": made_by,
        "corpus": "real",
        "config_digest": block_digest(made_by),
        "code_digest": code_digest,
    }
