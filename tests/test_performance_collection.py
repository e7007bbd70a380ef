"""Notes of unlabelled performances: which are taken, what is left out and reported."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from percepiano_core.corpus.midi_collections import CollectedPerformance, with_scores
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from percepiano_core.features.performance.collection import collection_notes


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    write_corpus(folder, Settings(segments=2))
    return folder


def played(corpus: Path) -> list[CollectedPerformance]:
    """Performances by people of two scores, as the manifest lists them."""
    with (corpus / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    scores = sorted({row["score"] for row in rows})[:2]
    of_scores = [[row for row in rows if row["score"] == score][1:3] for score in scores]
    return [
        CollectedPerformance(corpus / row["midi"], f"Bach: {row['segment']}", corpus / row["score"])
        for rows in of_scores
        for row in rows
    ]


def test_notes_are_those_of_the_score_and_what_does_not_fit_is_told(corpus: Path) -> None:
    first, second, other, *_ = played(corpus)
    wrong = CollectedPerformance(other.midi, first.piece, first.score)
    told: list[str] = []
    notes, unusable = collection_notes([first, second, wrong], "default", told.append)
    assert list(notes) == [f"{each.piece}/{each.midi.stem}" for each in (first, second)]
    lengths = {len(table.locations["beat"]) for table in notes.values()}
    assert len(lengths) == 1
    assert all(table.masks["velocity"].mean() > 0.9 for table in notes.values())
    [line] = unusable
    assert line.subject == f"{wrong.piece}/{wrong.midi.stem}"
    assert line.consequence == "its notes are not learned from"
    assert [line for line in told if line.startswith("left out") and wrong.midi.name in line]
    assert told[-1].startswith("3 of 3")


def test_so_many_performances_of_a_score_are_taken_and_none_without(corpus: Path) -> None:
    performances = [*played(corpus), CollectedPerformance(Path("a.mid"), "Bach: Fugue")]
    assert {str(each.score) for each in with_scores(performances, 1)} == {str(each.score) for each in played(corpus)}
    assert len(with_scores(performances, 1)) == len({each.score for each in played(corpus)})
    assert with_scores([CollectedPerformance(Path("a.mid"), "Bach: Gigue", corpus / "gone.musicxml")], 2) == []
