"""The picture of the splits: the arrays behind it, and a file whose bytes are stable."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from percepiano_core.corpus.records import Performance
from percepiano_core.splits.figures import draw_overview
from percepiano_core.splits.folds import Fold, Split, split_corpus
from percepiano_core.splits.leakage import KINDS, leakage
from percepiano_core.splits.overview import ABSENT, LEFT_OUT, TEST, TRAIN, VALID, overviews, role_grid, works


def _played(work: str, segment: str, player: str) -> Performance:
    name = f"{work}_{player}_{segment}"
    return Performance(
        performance=name,
        segment=f"{work}_{segment}",
        piece=work,
        work=work,
        movement=work,
        composer="",
        bars=8,
        segment_number=segment,
        player=player,
        performer=f"{work}/{player}",
        player_index=0,
        deadpan=player == "Score",
        midi=f"{name}.mid",
        score="",
    )


PLAYED = [("v", "1", "2"), ("v", "1", "10"), ("v", "2", "2"), ("v", "2", "10"), ("w", "1", "Score"), ("w", "1", "3")]
CORPUS = split_corpus([_played(*each) for each in PLAYED], {"v_1": "v_1", "v_2": "v_2", "w_1": "w_1"})
FOLD = Fold(train=("v_2_2",), valid=("v_10_1", "w_3_1"), test=("v_10_2", "v_2_1"))  # w_Score_1 is left out
SPLITS = [Split("segment", draw, "new segments", ("work",), {}, "", {"0": FOLD}) for draw in (42, 43)]


def test_role_grid_sets_works_side_by_side_with_players_by_number() -> None:
    expected = [
        [TEST, TRAIN, VALID],  # players 2 of v and 3 of w
        [VALID, TEST, LEFT_OUT],  # players 10 of v and Score of w
    ]
    np.testing.assert_array_equal(role_grid(FOLD, CORPUS), expected)
    assert works(CORPUS) == [("v", 2), ("w", 1)]


def test_what_nobody_played_is_absent() -> None:
    fewer = split_corpus([each for each in CORPUS.performances if each.performance != "v_10_2"], CORPUS.groups)
    assert role_grid(Fold((), (), ()), fewer)[1, 1] == ABSENT


def test_overview_joins_draws_and_averages_what_leaks() -> None:
    rows = [row for split in SPLITS for row in leakage(split, CORPUS)]
    (overview,) = overviews(SPLITS, rows, CORPUS)
    shared = dict(zip(KINDS, overview.shared.tolist(), strict=True))
    assert (overview.draws, overview.folds) == (2, 1)
    assert (shared["work"], shared["segment"], shared["player"]) == (1.0, 0.5, 0.5)
    assert np.isnan(shared["file"])  # no file hashes


def test_picture_is_an_svg_with_equal_bytes_on_every_run(tmp_path: Path) -> None:
    rows = [row for split in SPLITS for row in leakage(split, CORPUS)]
    for name in ("first.svg", "second.svg"):
        draw_overview(tmp_path / name, overviews(SPLITS, rows, CORPUS), works(CORPUS), "synthetic")
    first, second = ((tmp_path / name).read_bytes() for name in ("first.svg", "second.svg"))
    assert first == second
    assert ElementTree.fromstring(first).tag.endswith("svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.svg", "second.svg"]
