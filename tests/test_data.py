"""The committed test data are what they are said to be: published files, and values that were measured elsewhere."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from conftest import DATA

from percepiano_core.corpus.mazurkabl import Mazurka
from percepiano_core.corpus.published_files import published_files

MADE_HERE = ("features/descriptors.npz", "splits/text_chords.json.gz")  # reduced from the corpus; tests compare them
LARGEST = 3_000_000  # bytes of tests/data


def test_the_excerpt_holds_published_files_unchanged(percepiano_excerpt: Path) -> None:
    sha256 = published_files()
    files = [path for path in percepiano_excerpt.rglob("*") if path.is_file()]
    assert len(files) > 90
    for path in files:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256[path.relative_to(percepiano_excerpt).as_posix()]


def test_expected_values_are_those_of_the_shared_folder(shared: Path, golden: Path) -> None:
    for path in (path for path in golden.rglob("*") if path.is_file()):
        name = path.relative_to(golden).as_posix()
        if name in MADE_HERE:
            continue
        source = shared / "golden" / name
        if source.is_file():
            assert path.read_bytes() == source.read_bytes(), name
        else:
            assert gzip.decompress(path.read_bytes()) == source.with_suffix("").read_bytes(), name


def test_the_committed_marks_are_those_of_the_corpus(mazurkabl_root: Path, marked_mazurkas: list[Mazurka]) -> None:
    assert mazurkabl_root.is_dir()
    lines = [f"{m.name},{mark.beat + 1},{mark.level}" for m in marked_mazurkas for mark in m.marks]
    assert (DATA / "mazurkabl" / "marks.csv").read_text().splitlines() == ["mazurka,beat,level", *lines]


def test_the_data_stay_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < LARGEST
