"""The splits of the real corpus equal the golden files, from the corpus table alone."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from golden_files import golden_split

from percepiano_core.corpus.records import Performance
from percepiano_core.splits.blocks import column_blocks, row_blocks
from percepiano_core.splits.build import build_split
from percepiano_core.splits.folds import Split, folds_as_lists, split_corpus

DEADPAN_COLUMNS = {"WoO80": 0, "D935": 3, "D960": 1}  # docs/splits.md, "Exact rules"
PARAMETERS = {
    "segment": {"draw": 42},
    "player_clean": {"deadpan_columns": DEADPAN_COLUMNS},
    "both": {"deadpan_columns": DEADPAN_COLUMNS},
}
HASHES = {  # docs/splits.md, "Files"
    "performer": "481f53398fa038d9",
    "segment": "076a79a9d7e87411",
    "segment_clean": "edf79d2cff940b2c",
    "both": "79638d24e0c54532",
    "work": "be690ea143cf878d",
    "player_clean": "b47fd5540655d732",
}
NAMES = sorted(HASHES)


@pytest.fixture(scope="module")
def rows(golden: Path) -> list[dict[str, str]]:
    with (golden / "splits" / "corpus.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def performances(rows: list[dict[str, str]]) -> list[Performance]:
    return [_performance(row) for row in rows]


@pytest.fixture(scope="module")
def groups(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["segment"]: row["group"] for row in rows}


def _performance(row: dict[str, str]) -> Performance:
    work = row["work"][:4] if row["work"].startswith("D9") else row["work"]
    return Performance(
        performance=row["stem"],
        segment=row["segment"],
        piece=row["piece"],
        work=work,
        movement=row["work"],
        composer=row["stem"].split("_")[0],
        bars=int(row["bars"]),
        segment_number=row["seg"],
        player=row["player"],
        performer=f"{work}/{row['player']}",
        player_index=int(row["perf_fold"]),
        deadpan=row["player"].startswith("Score"),
        midi=f"{row['stem']}.mid",
        score="",
    )


def _split(name: str, performances: list[Performance], groups: dict[str, str]) -> Split:
    return build_split(name, performances, groups, PARAMETERS.get(name))


@pytest.mark.parametrize("name", NAMES)
def test_split_has_the_published_hash(name: str, performances: list[Performance], groups: dict[str, str]) -> None:
    assert _split(name, performances, groups).sha256[:16] == HASHES[name]


@pytest.mark.parametrize("name", NAMES)
def test_split_equals_the_golden_file(
    name: str, golden: Path, performances: list[Performance], groups: dict[str, str]
) -> None:
    split = _split(name, performances, groups)
    expected = golden_split(golden, split.label)
    found = folds_as_lists(split.folds)
    assert set(found) == set(expected)
    for fold, roles in expected.items():
        for role, names in roles.items():
            assert found[fold][role] == sorted(names), (fold, role)


def test_order_of_performances_does_not_matter(performances: list[Performance], groups: dict[str, str]) -> None:
    for name in NAMES:
        assert _split(name, performances[::-1], groups).sha256[:16] == HASHES[name]


def test_blocks_equal_the_golden_rows_and_columns(
    rows: list[dict[str, str]], performances: list[Performance], groups: dict[str, str]
) -> None:
    row_of = row_blocks(split_corpus(performances, groups))
    column_of = column_blocks(performances, DEADPAN_COLUMNS)
    for row, played in zip(rows, performances, strict=True):
        assert (row_of[row["group"]], column_of[played.performer]) == (int(row["row"]), int(row["col"]))


def test_corpus_hash_is_that_of_the_sorted_names(performances: list[Performance], groups: dict[str, str]) -> None:
    assert _split("performer", performances, groups).performances_sha256.startswith("47f53cad7c7b9136")
