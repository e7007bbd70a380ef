"""Splits of any corpus: roles, promises and errors, on random corpora and small ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.splits.blocks import column_blocks
from percepiano_core.splits.build import build_split, split_kind
from percepiano_core.splits.folds import ROLES, Fold, Split, SplitCorpus, assign, split_corpus
from percepiano_core.splits.leakage import assert_no_leak, assert_sound
from percepiano_core.splits.registry import SPLITS, register

COMPLETE = ("both", "player_clean", "segment_clean", "work")
KEYS = {
    "work": lambda played, groups: played.work,
    "segment": lambda played, groups: played.segment,
    "group": lambda played, groups: groups[played.segment],
    "player": lambda played, groups: played.performer,
}
PROMISES = {  # docs/splits.md, "The seven splits"
    "performer": ("player",),
    "segment": ("segment",),
    "segment_clean": ("segment", "group"),
    "player_clean": ("player",),
    "both": ("segment", "group", "player"),
    "both_diagonal": ("segment", "group", "player"),
    "work": ("work",),
}


def played(work: int, segment: int, player: int, deadpan: bool = False) -> Performance:
    name = "Score" if deadpan else str(player)
    return Performance(
        performance=f"w{work}_{name}_{segment}",
        segment=f"w{work}_{segment}",
        piece=f"w{work}",
        work=f"w{work}",
        movement=f"w{work}",
        composer="",
        bars=8,
        segment_number=str(segment),
        player=name,
        performer=f"w{work}/{name}",
        player_index=-1 if deadpan else player,
        deadpan=deadpan,
        midi=f"w{work}_{name}_{segment}.mid",
        score="",
        midi_sha256=f"w{work}_{name}_{segment}",
    )


def full_corpus(works: int, segments: int, players: int) -> list[Performance]:
    """Every player plays every segment of every work, and each segment is rendered once."""
    people = [played(w, s, p) for w in range(works) for s in range(segments) for p in range(players)]
    return people + [played(w, s, -1, deadpan=True) for w in range(works) for s in range(segments)]


def alone(performances: list[Performance]) -> dict[str, str]:
    """Every segment a text group of its own."""
    return {each.segment: each.segment for each in performances}


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[Performance], dict[str, str]]:
    """Corpora with gaps (not every player plays all) and with segments joined into text groups."""
    full = full_corpus(draw(st.integers(1, 3)), draw(st.integers(2, 8)), draw(st.integers(3, 14)))
    dropped = draw(st.sets(st.integers(0, len(full) - 1), max_size=len(full) // 3))
    performances = [each for index, each in enumerate(full) if index not in dropped]
    size = draw(st.integers(1, 3))
    groups = {each.segment: f"{each.work}_{int(each.segment_number) // size * size}" for each in performances}
    return performances, groups


@pytest.mark.parametrize("name", sorted(PROMISES))
@given(corpus=corpora())
@settings(max_examples=60, deadline=None)
def test_a_split_keeps_its_promise_or_says_why_it_cannot_be_made(
    name: str, corpus: tuple[list[Performance], dict[str, str]]
) -> None:
    performances, groups = corpus
    try:
        split = build_split(name, performances, groups)
    except UserError as error:
        assert "too few" in str(error)
        return
    _check_roles(split)
    _check_promise(split, performances, groups)
    checked = split_corpus(performances, groups)
    assert_sound(split, checked, complete=name in COMPLETE)
    assert_no_leak(split, checked)


def _check_roles(split: Split) -> None:
    for fold in split.folds.values():
        names = [name for role in ROLES for name in getattr(fold, role)]
        assert len(names) == len(set(names))
        assert all(getattr(fold, role) == tuple(sorted(getattr(fold, role))) != () for role in ROLES)


def _check_promise(split: Split, performances: list[Performance], groups: dict[str, str]) -> None:
    by_name = {each.performance: each for each in performances}
    for kind in PROMISES[split.name]:
        assert kind in split.keeps_apart
        for fold in split.folds.values():
            test = {KEYS[kind](by_name[name], groups) for name in fold.test}
            assert test.isdisjoint(KEYS[kind](by_name[name], groups) for name in fold.train + fold.valid)


@pytest.mark.parametrize("name", COMPLETE)
def test_block_splits_test_every_performance_once(name: str) -> None:
    performances = full_corpus(works=3, segments=8, players=9)
    split = build_split(name, performances, alone(performances))
    tested = Counter(name for fold in split.folds.values() for name in fold.test)
    assert tested == Counter(each.performance for each in performances)


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_a_small_demonstration_corpus_has_every_split(name: str) -> None:
    performances = full_corpus(works=3, segments=4, players=11)
    split = build_split(name, performances, alone(performances))
    assert all(getattr(fold, role) for fold in split.folds.values() for role in ROLES)


def test_registered_splits_are_the_seven_with_segment_alone_drawing() -> None:
    assert set(SPLITS) == set(PROMISES)
    assert [name for name, kind in SPLITS.items() if kind.has_draws] == ["segment"]
    assert {name for name, kind in SPLITS.items() if kind.complete} == set(COMPLETE)


def test_a_new_split_is_one_registered_function() -> None:
    def last_segments(corpus: SplitCorpus, first_tested: int = 3) -> dict[str, Fold]:
        def role(each: Performance) -> str:
            number = int(each.segment_number)
            return "test" if number >= first_tested else "valid" if number == first_tested - 1 else "train"

        return {"0": assign(corpus.performances, role)}

    performances = full_corpus(works=1, segments=4, players=2)
    register("the last segments", keeps_apart=("segment",), complete=False)(last_segments)
    try:
        split = build_split("last_segments", performances, alone(performances))
    finally:
        del SPLITS["last_segments"]
    assert split.folds["0"].test == ("w0_0_3", "w0_1_3", "w0_Score_3")
    assert_no_leak(split, split_corpus(performances, alone(performances)))


def test_draws_of_the_segment_split_differ_and_are_named_by_their_seed() -> None:
    performances = full_corpus(works=3, segments=8, players=9)
    first, second = (build_split("segment", performances, alone(performances), {"draw": seed}) for seed in (42, 43))
    assert (first.label, second.label) == ("segment_seed42", "segment_seed43")
    assert first.sha256 != second.sha256


def test_segment_test_set_holds_the_least_whole_segments_above_15_percent() -> None:
    performances = full_corpus(works=2, segments=10, players=9)
    fold = build_split("segment", performances, alone(performances)).folds["0"]
    assert len(fold.test) == 30  # 15 % of 200 is 30, three segments of ten


def test_performer_split_deals_by_the_given_indices() -> None:
    performances = full_corpus(works=1, segments=2, players=4)
    split = build_split(
        "performer", performances, alone(performances), {"test_indices": [0], "valid_indices": [[1], [2]]}
    )
    fold = split.folds["1"]
    assert fold.test == ("w0_0_0", "w0_0_1")
    assert fold.valid == ("w0_2_0", "w0_2_1")
    assert set(fold.train) == {"w0_1_0", "w0_1_1", "w0_3_0", "w0_3_1", "w0_Score_0", "w0_Score_1"}


def test_renderings_go_to_the_given_column_else_to_the_smallest() -> None:
    performances = full_corpus(works=2, segments=2, players=5)  # columns of people: 2, 1, 1, 1 players
    columns = column_blocks(performances, {"w1": 3})
    assert (columns["w0/Score"], columns["w1/Score"]) == (1, 3)


def test_players_are_dealt_by_number_not_by_spelling() -> None:
    performances = [played(0, 0, player) for player in (10, 9, 2, 1)]
    columns = column_blocks(performances, {})
    assert [columns[f"w0/{player}"] for player in (1, 2, 9, 10)] == [0, 1, 2, 3]


def test_parameters_are_recorded_with_their_defaults() -> None:
    performances = full_corpus(works=3, segments=8, players=11)
    split = build_split("performer", performances, alone(performances))
    assert split.parameters == {"test_indices": [1, 2], "valid_indices": [[3, 4], [5, 6], [7, 8], [9, 10]]}


@pytest.mark.parametrize(
    ("name", "works", "segments", "players", "role"),
    [
        ("performer", 1, 4, 2, "valid"),
        ("work", 1, 4, 4, "train"),
        ("segment_clean", 1, 3, 4, "test"),
        ("player_clean", 1, 4, 2, "valid"),
        ("both", 1, 2, 2, "valid"),
    ],
)
def test_a_corpus_too_small_for_a_split_is_named_with_the_empty_role(
    name: str, works: int, segments: int, players: int, role: str
) -> None:
    performances = full_corpus(works, segments, players)
    with pytest.raises(UserError, match=f"split {name}: fold .* has no {role} performance"):
        build_split(name, performances, alone(performances))


def test_a_corpus_of_single_performances_has_no_segment_split() -> None:
    performances = [played(0, segment, 1) for segment in range(9)]
    with pytest.raises(UserError, match="too few segments with more than one performance"):
        build_split("segment", performances, alone(performances))


def test_unknown_split_names_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'segment_clean'"):
        split_kind("segmentclean")


def test_unknown_parameter_names_the_known_ones() -> None:
    performances = full_corpus(works=3, segments=4, players=4)
    with pytest.raises(UserError, match="has no parameter seed; use one of: draw, folds"):
        build_split("segment", performances, alone(performances), {"seed": 1})


def test_a_segment_without_text_group_is_named() -> None:
    performances = full_corpus(works=1, segments=2, players=2)
    with pytest.raises(UserError, match="w0_1: the segment has no text group"):
        build_split("both", performances, {"w0_0": "w0_0"})


def test_a_repeated_name_is_refused() -> None:
    performances = full_corpus(works=1, segments=2, players=2)
    with pytest.raises(UserError, match="names this performance twice"):
        build_split("both", [*performances, replace(performances[0], segment="w0_1")], alone(performances))


def test_the_diagonal_is_four_of_the_cells_of_both() -> None:
    performances = full_corpus(works=3, segments=8, players=9)
    cells = build_split("both", performances, alone(performances)).folds
    diagonal = build_split("both_diagonal", performances, alone(performances)).folds
    assert diagonal == {name: cells[name] for name in ("00", "11", "22", "33")}
