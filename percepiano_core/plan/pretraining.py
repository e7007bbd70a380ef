"""Pre-training on unlabelled performances: which performances, in which jobs, and what it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from percepiano_core.corpus.midi_collections import CollectedPerformance, collect_performances, with_scores
from percepiano_core.corpus.root import corpus_folder, telling_variable
from percepiano_core.digest import block_digest
from percepiano_core.plan.batches import batch, batch_count
from percepiano_core.plan.models import resolved_settings

MODULE = "symbolic.midibert.pretraining"
WORDS = "results/pretrained/words.h5"
NOTES = "results/pretrained/notes.h5"
NOTES_OF_BATCH = "results/pretrained/notes/{batch}.h5"
QUALITY_OF_BATCH = "results/quality/pretraining/{batch}.csv"
QUALITY_OF_WORDS = "results/quality/pretraining/words.csv"
WEIGHTS = "results/pretrained/midibert_{size}/weights.safetensors"


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

    def parameter(self, size: str) -> dict[str, Any]:
        """What is recorded of the pre-training of an encoder of this size; whatever changes it makes it run again."""
        settings = resolved_settings(
            MODULE, {**self.block["settings"], "size": {"preset": size}}, "pretraining.settings"
        )
        return {
            "system": "symbolic",
            "data": "unlabelled",
            "model": f"midibert_{size}",
            "split": "pieces",
            "fold": "0",
            "seed": self.block["seed"],
            "module": MODULE,
            "inputs": "performed",
            "settings": settings,
            "corpus": "real",
            "config_digest": block_digest(settings),
        }

    def makes(self, path: str) -> bool:
        """Whether the workflow can make this file: it is one of pre-training, and there is something to learn from."""
        return (path in (WORDS, NOTES) or self.trains(path)) and bool(self.performances)

    def trains(self, path: str) -> bool:
        """Whether the file is weights that pre-training ends in."""
        return re.fullmatch(re.escape(WEIGHTS).replace(r"\{size\}", "[a-z]+"), path) is not None
