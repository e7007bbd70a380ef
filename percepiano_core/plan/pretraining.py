"""Pre-training on unlabelled performances: which performances, in which jobs, and what it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from percepiano_core.corpus.midi_collections import CollectedPerformance, collect_performances, with_scores
from percepiano_core.corpus.root import corpus_folder, telling_variable
from percepiano_core.digest import block_digest
from percepiano_core.plan.batches import batch, batch_count
from percepiano_core.plan.models import check_name, modules_with, resolved_settings

WORDS = "results/pretrained/words.h5"
NOTES = "results/pretrained/notes.h5"
NOTES_OF_BATCH = "results/pretrained/notes/{batch}.h5"
QUALITY_OF_BATCH = "results/quality/pretraining/{batch}.csv"
QUALITY_OF_WORDS = "results/quality/pretraining/words.csv"
RECONSTRUCTION = "results/figures/reconstruction_{encoder}.svg"
WEIGHTS = "results/pretrained/{encoder}/weights.safetensors"


@dataclass(frozen=True)
class Encoder:
    """An encoder that is pre-trained.

    Attributes
    ----------
    name : in files
    module : below percepiano_core, that pre-trains it
    inputs : what it learns from, "words" or "mel"
    settings : of the module, resolved
    needs : packages that it cannot do without
    """

    name: str
    module: str
    inputs: str
    settings: dict[str, Any]
    needs: tuple[str, ...]


def configured_encoders(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Encoder]:
    """Name -> encoder; UserError, one line, for a module or settings that are wrong."""
    return {name: _encoder(name, entry) for name, entry in entries.items()}


def _encoder(name: str, entry: Mapping[str, Any]) -> Encoder:
    place = f"pretraining.encoders.{name}"
    check_name(f"{place}.module", entry["module"], modules_with("pretrain"), "a module that pre-trains")
    settings = resolved_settings(entry["module"], entry["settings"], f"{place}.settings")
    module = import_module(f"percepiano_core.{entry['module']}")
    return Encoder(name, entry["module"], module.INPUTS, settings, tuple(getattr(module, "NEEDS", ())))


@dataclass(frozen=True)
class Pretraining:
    """Pre-training as configured: the block `pretraining`, and where corpora are."""

    block: Mapping[str, Any]
    corpora: Mapping[str, Any]

    @cached_property
    def performances(self) -> list[CollectedPerformance]:
        """Performances of the collections that are there, less the rated works; none where there is no collection."""
        asap = corpus_folder("asap", self.corpora["asap"]) if self.block["asap"] else None
        there = asap if asap is not None and asap.is_dir() else None
        maestro = corpus_folder("maestro", self.corpora["maestro"])
        with telling_variable("asap"), telling_variable("maestro"):
            return collect_performances(there, maestro, self.block["leave_out"])

    @cached_property
    def encoders(self) -> dict[str, Encoder]:
        """The encoders that can be pre-trained."""
        return configured_encoders(self.block["encoders"])

    @cached_property
    def heard(self) -> dict[str, Path]:
        """Performances that are heard, so many of each piece: piece and name of the file -> MIDI file."""
        taken: Counter[str] = Counter()
        found: dict[str, Path] = {}
        most = self.block["heard_of_a_piece"] or len(self.performances)
        for each in self.performances:
            taken[each.piece] += 1
            if taken[each.piece] <= most:
                found.setdefault(f"{each.piece.replace('/', '_')}/{each.midi.stem}", each.midi)
        return found

    @cached_property
    def with_scores(self) -> list[CollectedPerformance]:
        """Those that have a score, so many of each."""
        return with_scores(self.performances, self.block["of_a_score"])

    def batch(self, number: int) -> Sequence[CollectedPerformance]:
        """Performances whose notes one job reads."""
        return batch(self.with_scores, self.block["performances_a_job"], number)

    @property
    def batches(self) -> range:
        """Numbers of the jobs that read them."""
        return range(batch_count(self.with_scores, self.block["performances_a_job"]))

    def parameter(self, name: str) -> dict[str, Any]:
        """What is recorded of the pre-training of an encoder; whatever changes it makes it run again."""
        encoder = self.encoders[name]
        return {
            "system": encoder.module.partition(".")[0],
            "data": "unlabelled",
            "model": name,
            "split": "pieces",
            "fold": "0",
            "seed": self.block["seed"],
            "module": encoder.module,
            "inputs": encoder.inputs,
            "settings": encoder.settings,
            "corpus": "real",
            "config_digest": block_digest(encoder.settings),
        }

    def encoder_of(self, path: str) -> Encoder | None:
        """The encoder whose weights a file is, if it is one of pre-training."""
        return next((each for name, each in self.encoders.items() if path == WEIGHTS.format(encoder=name)), None)

    def makes(self, path: str) -> bool:
        """Whether the workflow can make this file: it is one of pre-training, and there is something to learn from."""
        return (path in (WORDS, NOTES) or self.trains(path)) and bool(self.performances)

    def trains(self, path: str) -> bool:
        """Whether the file is weights that pre-training ends in."""
        return self.encoder_of(path) is not None
