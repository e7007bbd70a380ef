"""The leakage checker: the measured table of the real corpus, and splits broken on purpose."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from percepiano_core.corpus import percepiano
from percepiano_core.corpus.published_files import published_files
from percepiano_core.corpus.records import Performance
from percepiano_core.errors import UserError
from percepiano_core.splits.build import build_split, split_kind
from percepiano_core.splits.folds import Fold, Split, SplitCorpus, split_corpus
from percepiano_core.splits.leakage import assert_no_leak, assert_sound, leakage, write_leakage

DEADPAN_COLUMNS = {"deadpan_columns": {"WoO80": 0, "D935": 3, "D960": 1}}
SPLITS = {
    "performer": {},
    "segment": {"draw": 42},
    "segment_clean": {},
    "player_clean": DEADPAN_COLUMNS,
    "both": DEADPAN_COLUMNS,
    "work": {},
}
MEASURED = [  # docs/splits.md, "What leaks": split, fold, test, piece, segment, group, player, renderings
    ("performer", "0", 193, 193, 193, 193, 0, 0),
    ("performer", "3", 193, 193, 193, 193, 0, 0),
    ("segment", "0", 187, 173, 0, 133, 187, 20),
    ("segment_clean", "0", 295, 225, 0, 0, 295, 32),
    ("both", "00", 77, 52, 0, 0, 0, 10),
    ("work", "WoO80", 238, 0, 0, 0, 0, 34),
]
DRAWS = {42: (173, 133), 43: (157, 130), 44: (172, 172), 45: (174, 156), 46: (139, 117), 47: (179, 149)}


@pytest.fixture(scope="module")
def corpus(percepiano_names: Path, golden: Path) -> SplitCorpus:
    performances, _ = percepiano.survey(percepiano_names)
    with (golden / "splits" / "corpus.csv").open(encoding="utf-8") as file:
        groups = {row["segment"]: row["group"] for row in csv.DictReader(file)}
    sha256 = published_files()
    return split_corpus([replace(each, midi_sha256=sha256[each.midi]) for each in performances], groups)


def _split(corpus: SplitCorpus, name: str, **parameters: object) -> Split:
    return build_split(name, corpus.performances, corpus.groups, {**SPLITS[name], **parameters})


@pytest.mark.parametrize(("name", "fold", "test", "piece", "segment", "group", "player", "renderings"), MEASURED)
def test_leak_table_equals_the_measured_one(
    corpus: SplitCorpus,
    name: str,
    fold: str,
    test: int,
    piece: int,
    segment: int,
    group: int,
    player: int,
    renderings: int,
) -> None:
    row = next(row for row in leakage(_split(corpus, name), corpus) if row.fold == fold)
    found = [row.shared["train", kind] for kind in ("piece", "segment", "group", "player")]
    assert (row.sizes["test"], *found, row.renderings) == (test, piece, segment, group, player, renderings)


@pytest.mark.parametrize("draw", sorted(DRAWS))
def test_draws_leak_pieces_and_texts_as_measured(corpus: SplitCorpus, draw: int) -> None:
    row = leakage(_split(corpus, "segment", draw=draw), corpus)[0]
    assert (row.shared["train", "piece"], row.shared["train", "group"]) == DRAWS[draw]


@pytest.mark.parametrize("name", sorted(SPLITS))
def test_real_splits_are_sound_and_keep_their_promise(corpus: SplitCorpus, name: str) -> None:
    split = _split(corpus, name)
    assert_sound(split, corpus, split_kind(name).complete)
    assert_no_leak(split, corpus)


def test_only_the_segment_split_has_the_same_file_on_both_sides(corpus: SplitCorpus) -> None:
    leaking = {
        name: any(
            row.shared[role, "file"] for row in leakage(_split(corpus, name), corpus) for role in ("train", "valid")
        )
        for name in SPLITS
    }
    assert [name for name, leaks in leaking.items() if leaks] == ["segment"]


def _played(name: str, segment: str, player: str, sha256: str = "") -> Performance:
    performer = f"w/{player}"
    return Performance(
        name, segment, "piece", "w", "w", "", 8, "1", player, performer, 0, False, f"{name}.mid", "", sha256
    )


SMALL = split_corpus(
    [
        _played("a1", "a", "1", "x"),
        _played("a2", "a", "2", "y"),
        _played("b1", "b", "1", "x"),
        _played("c3", "c", "3", "z"),
    ],
    {"a": "a", "b": "a", "c": "c"},
)


def _small(keeps_apart: tuple[str, ...], fold: Fold) -> Split:
    return Split("broken", None, "", keeps_apart, {}, "", {"0": fold})


@pytest.mark.parametrize(
    ("kind", "test", "train"),
    [
        ("segment", "a1", "a2"),
        ("player", "a1", "b1"),
        ("group", "a2", "b1"),
        ("file", "a1", "b1"),
        ("work", "a1", "c3"),
    ],
)
@pytest.mark.parametrize("role", ["train", "valid"])
def test_a_broken_promise_is_named_with_an_example(kind: str, test: str, train: str, role: str) -> None:
    fold = replace(Fold((), (), (test,)), **{role: (train,)})
    with pytest.raises(
        UserError, match=rf"fold 0 has 1 of 1 test performances \({test} ...\) whose {kind} is in {role}"
    ):
        assert_no_leak(_small((kind,), fold), SMALL)


def test_what_a_split_does_not_promise_may_leak() -> None:
    assert_no_leak(_small(("segment",), Fold(("b1",), ("c3",), ("a1",))), SMALL)


def test_overlapping_roles_are_refused() -> None:
    with pytest.raises(UserError, match="in two roles"):
        assert_sound(_small((), Fold(("a1", "b1"), ("c3",), ("a1",))), SMALL)


def test_a_pooled_split_that_misses_a_performance_is_refused() -> None:
    split = _small((), Fold(("a1", "b1"), ("c3",), ("a2",)))
    assert_sound(split, SMALL)
    with pytest.raises(UserError, match="exactly once"):
        assert_sound(split, SMALL, complete=True)


def test_a_split_of_another_corpus_is_refused() -> None:
    with pytest.raises(UserError, match="names zz, which the corpus does not have"):
        leakage(_small((), Fold(("a1",), ("c3",), ("zz",))), SMALL)


def test_without_file_hashes_the_file_column_is_empty_not_zero(tmp_path: Path) -> None:
    unhashed = split_corpus([replace(each, midi_sha256="") for each in SMALL.performances], SMALL.groups)
    rows = leakage(_small((), Fold(("a1", "b1"), ("c3",), ("a2",))), unhashed)
    write_leakage(tmp_path / "leakage.csv", rows)
    assert (tmp_path / "leakage.csv").read_bytes().decode().splitlines() == [
        "split,fold,train,valid,test,renderings_in_test,"
        "work_in_train,piece_in_train,segment_in_train,group_in_train,player_in_train,file_in_train,"
        "work_in_valid,piece_in_valid,segment_in_valid,group_in_valid,player_in_valid,file_in_valid",
        "broken,0,2,1,1,0,1,1,1,1,0,,1,1,0,0,0,",
    ]
