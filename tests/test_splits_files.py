"""Split files: what is written is read back, equal bytes for equal splits, and no edit goes unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from percepiano_core.errors import UserError
from percepiano_core.splits.files import read_split, write_split
from percepiano_core.splits.folds import Fold, Split, folds_sha256

FOLDS = {"0": Fold(("a", "b"), ("c",), ("d",)), "1": Fold(("a", "c"), ("b",), ("d",))}
SPLIT = Split("segment", 42, "segments never trained on", ("segment",), {"folds": 2}, "00", FOLDS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "splits" / "segment_seed42.json"
    write_split(written, SPLIT)
    return written


def test_a_split_is_read_back_as_written(path: Path) -> None:
    assert read_split(path) == SPLIT


def test_writing_twice_gives_equal_bytes_and_leaves_no_other_file(path: Path) -> None:
    first = path.read_bytes()
    write_split(path, SPLIT)
    assert path.read_bytes() == first
    assert b"\r" not in first
    assert list(path.parent.iterdir()) == [path]


def test_the_file_states_the_published_hash(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["sha256"] == folds_sha256(FOLDS) == SPLIT.sha256
    assert content["folds"]["0"] == {"train": ["a", "b"], "valid": ["c"], "test": ["d"]}


def test_hash_is_that_of_compact_json_with_sorted_keys() -> None:
    # sha256sum of {"0":{"test":["b"],"train":["a"],"valid":[]}}
    expected = "2bef8564758b444cddc3059d24175471e586ee9411116cd1cc2b9a89be1579a0"
    assert folds_sha256({"0": Fold(("a",), (), ("b",))}) == expected


def test_an_edited_file_is_refused(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace('"d"', '"e"', 1), encoding="utf-8")
    with pytest.raises(UserError, match="do not match its hash"):
        read_split(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "other"}'])
def test_a_damaged_file_is_refused(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="not a split file"):
        read_split(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such split file"):
        read_split(tmp_path / "none.json")
