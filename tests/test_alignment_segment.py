"""A segment with faulty files: what can be used is used, the rest is a line."""

from pathlib import Path

import pytest

from percepiano_core.alignment.alignment import Thresholds
from percepiano_core.alignment.segment import align_segment
from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from percepiano_core.store.alignments import AlignedPerformance, read_segment_alignments, write_segment_alignments


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("segment") / "corpus"
    write_corpus(root, Settings(segments=1, pianists=3))
    return root


def files(corpus: Path) -> tuple[Path, dict[str, Path]]:
    performances = read_manifest(corpus / "manifest.csv")
    return corpus / performances[0].score, {each.performance: corpus / each.midi for each in performances}


def test_an_unreadable_performance_is_left_out_and_listed(corpus: Path, tmp_path: Path) -> None:
    score, performances = files(corpus)
    broken = corpus / "performances" / "broken.mid"
    broken.write_bytes(b"MThd")
    _, aligned, lines = align_segment(score, {**performances, "broken": broken}, Thresholds(), corpus)
    assert set(aligned) == set(performances)
    assert [(line.subject, line.file) for line in lines] == [("broken", "performances/broken.mid")]


def test_under_an_unreadable_score_performances_stay_without_matches(corpus: Path) -> None:
    _, performances = files(corpus)
    notes, aligned, lines = align_segment(corpus / "scores" / "none.musicxml", performances, Thresholds(), corpus)
    assert len(notes) == 0
    assert len(lines) == 1
    assert {alignment.status for _, alignment in aligned.values()} == {"failed"}
    assert all(len(performed.notes) for performed, _ in aligned.values())


def test_configured_thresholds_decide_the_verdict_and_survive_the_store(corpus: Path, tmp_path: Path) -> None:
    score, performances = files(corpus)
    strict = Thresholds(good=1.0, usable=1.0, reported=1.0)
    notes, aligned, lines = align_segment(score, performances, strict, corpus)
    imperfect = {name for name, (_, alignment) in aligned.items() if alignment.c < 1}
    assert imperfect
    assert {line.subject for line in lines} == imperfect
    write_segment_alignments(tmp_path / "a.h5", notes, {name: AlignedPerformance(*it) for name, it in aligned.items()})
    stored = read_segment_alignments(tmp_path / "a.h5").performances
    assert {name for name, each in stored.items() if each.alignment.status == "failed"} == imperfect
