"""Transcriptions of the rated performances' sound: which performances, in which jobs, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from percepiano_core.corpus.midi_files import midi_files
from percepiano_core.plan.batches import batch, batch_count
from percepiano_core.plan.recordings import RENDERED, RENDERED_TABLE
from percepiano_core.plan.spectrograms import RECORDINGS, Spectrograms
from percepiano_core.plan.splits import PlannedSplit, tested_performances

TRANSCRIPTION = "transcription"  # in the place of an instrument: what a model of descriptors hears
MIDI = "results/transcribed/midi/{batch}"
QUALITY = "results/quality/transcription/{batch}.csv"
DESCRIPTORS = "results/features/transcribed.csv"
NOTE_DISTANCES = "results/transcribed/note_distances.csv"
DESCRIPTOR_DISTANCES = "results/transcribed/descriptor_distances.csv"
DESCRIBED_QUALITY = "results/quality/transcription/descriptors.csv"


@dataclass(frozen=True)
class Transcriptions:
    """Transcription as configured: the block `transcription`, the sound, and the splits of the run."""

    block: Mapping[str, Any]
    heard: Spectrograms
    splits: Mapping[str, PlannedSplit]

    @property
    def instrument(self) -> str:
        """The instrument whose sound is transcribed."""
        return self.heard.usual

    @cached_property
    def names(self) -> list[str]:
        """Performances that are transcribed: those of the test roles of the splits that are named, else all."""
        every = list(self.heard.renderings.files("rated"))
        if not self.block["tested_in"]:
            return every
        named = [split for split in self.splits.values() if split.name in self.block["tested_in"]]
        wanted = {name for split in named for name in tested_performances(split, self.heard.renderings.rated)}
        return [name for name in every if name in wanted]

    @property
    def batches(self) -> range:
        """Numbers of the jobs."""
        return range(batch_count(self.names, self.block["files_a_job"]))

    def batch(self, number: int) -> Sequence[str]:
        """Names of the performances of one job."""
        return batch(self.names, self.block["files_a_job"], number)

    def sound(self, number: int) -> dict[str, Any]:
        """Files that hold the sound of a job: renderings and their tables, or recordings."""
        own = {"own": self.own} if self.own else {}
        if self.instrument == RECORDINGS:
            return own | {"recordings": [str(path) for path in self.recorded(number).values()]}
        named = {"corpus": "rated", "instrument": self.instrument}
        batches = self.heard.renderings.batches("rated", list(self.batch(number)))
        patterns = {"audio": RENDERED, "tables": RENDERED_TABLE}
        return own | {key: [each.format(**named, batch=n) for n in batches] for key, each in patterns.items()}

    def recorded(self, number: int) -> dict[str, Path]:
        """The recordings of a job by the names of their performances; none where they are rendered."""
        there = self.heard.recordings if self.instrument == RECORDINGS else {}
        return {name: there[name] for name in self.batch(number) if name in there}

    @cached_property
    def own(self) -> list[str]:
        """MIDI files that another transcriber made; UserError for a folder without any, none where none is named."""
        folder = self.block["folder"]
        return [str(path) for path in midi_files("folder", folder).values()] if folder else []

    @property
    def scores(self) -> dict[str, Path]:
        """Score of each performance that is transcribed."""
        rated, names = self.heard.renderings.rated, set(self.names)
        return {each.performance: rated.root / each.score for each in rated.performances if each.performance in names}

    @property
    def midi(self) -> dict[str, Path]:
        """The true MIDI file of each performance that is transcribed."""
        files = self.heard.renderings.files("rated")
        return {name: files[name] for name in self.names}

    @property
    def quality(self) -> list[str]:
        """Lists of what could not be transcribed or described."""
        return [*(QUALITY.format(batch=number) for number in self.batches), DESCRIBED_QUALITY]

    @property
    def lacking(self) -> str:
        """Why nothing can be transcribed; "" where it can."""
        if self.block["folder"] is None and find_spec("transkun") is None:
            return "transkun is not installed (pip install --no-deps transkun==2.0.1)"
        return self.heard.lacking_usual()
