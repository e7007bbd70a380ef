"""The corpora of a run: where each lies, and the performances of the rated one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from percepiano_core.corpus.names import path_problem
from percepiano_core.corpus.readers import check_root, ratings_path, survey
from percepiano_core.corpus.records import Performance
from percepiano_core.corpus.root import VARIABLE, corpus_folder, overriding, telling_variable
from percepiano_core.errors import UserError
from percepiano_core.quality import LEFT_OUT, QualityLine


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


def rated_corpus(block: Mapping[str, Any], report: Callable[[str], None]) -> RatedCorpus:
    """The rated corpus of the configuration (`corpora: rated`); UserError if it is not there or incomplete.

    report : is told what of it is left out, and that the environment names another folder than the configuration
    """
    root = corpus_folder("rated", block["root"])
    assert root is not None  # the schema wants one
    check_path(root)
    with telling_variable("rated"):
        check_root(block["reader"], root)
        performances, lines = survey(block["reader"], root)
    if overriding("rated") and root != Path(block["root"]):
        report(f"corpus: {root}, as {VARIABLE} says, not {block['root']} as configured (corpora.rated.root)")
    _report_left_out([line for line in lines if line.consequence == LEFT_OUT], report)
    return RatedCorpus(block["reader"], root, block["kind"], tuple(performances))


def check_path(path: Path) -> None:
    """UserError for the path of a file or folder that Snakemake would take for a pattern."""
    problem = path_problem(str(path))
    if problem:
        raise UserError(path, problem, "rename it")


def _report_left_out(lines: list[QualityLine], report: Callable[[str], None]) -> None:
    if lines:
        first = f"{lines[0].file}: {lines[0].problem}"
        count = "1 performance is" if len(lines) == 1 else f"{len(lines)} performances are"
        report(f"corpus: {count} left out, see results/quality/corpus.csv; first {first}")
