"""The corpora of a run: where each lies, and the performances of the rated one."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from percepiano_core.corpus.readers import check_root, ratings_path, survey
from percepiano_core.corpus.records import Performance
from percepiano_core.corpus.root import corpus_root

ROOT_VARIABLES = {"asap": "ASAP_ROOT", "maestro": "MAESTRO_ROOT", "mazurkabl": "MAZURKABL_ROOT"}
"""Corpus -> environment variable whose folder wins over the configured one."""


@dataclass(frozen=True)
class RatedCorpus:
    """The corpus that people rated: its reader, its folder, "real" or "synthetic", its performances by name."""

    reader: str
    root: Path
    kind: str
    performances: tuple[Performance, ...]

    @cached_property
    def segments(self) -> dict[str, list[Performance]]:
        """Segment -> its performances, both in order of name."""
        groups: dict[str, list[Performance]] = defaultdict(list)
        for each in sorted(self.performances, key=lambda each: (each.segment, each.performance)):
            groups[each.segment].append(each)
        return dict(groups)

    @property
    def ratings(self) -> Path:
        """The table of single ratings."""
        return ratings_path(self.reader, self.root)

    @property
    def midi_files(self) -> list[Path]:
        """MIDI file of every performance."""
        return [self.root / each.midi for each in self.performances]

    @property
    def score_files(self) -> list[Path]:
        """Score of every segment, each file once."""
        return sorted({self.root / each.score for each in self.performances})

    def midi_of(self, segment: str) -> list[Path]:
        """MIDI files of a segment's performances, in the order of `names_of`."""
        return [self.root / each.midi for each in self.segments[segment]]

    def names_of(self, segment: str) -> list[str]:
        """Names of a segment's performances."""
        return [each.performance for each in self.segments[segment]]

    def score_of(self, segment: str) -> Path:
        """Score of a segment."""
        return self.root / self.segments[segment][0].score


def rated_corpus(block: Mapping[str, Any]) -> RatedCorpus:
    """The rated corpus of the configuration (`corpora: rated`); UserError if it is not there or incomplete."""
    root = corpus_root(block["root"])
    check_root(block["reader"], root)
    performances, _ = survey(block["reader"], root)
    return RatedCorpus(block["reader"], root, block["kind"], tuple(performances))


def corpus_folder(name: str, corpora: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Path | None:
    """Folder of an unlabelled corpus, as the environment or the configuration names it; None: none is named."""
    named = environment.get(ROOT_VARIABLES.get(name, "")) or corpora[name]
    return Path(named) if named else None
