"""The synthetic corpus is whole or absent, the same for the same settings, and says that it is synthetic."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from percepiano_core.cli.synthesize_command import synthesize
from percepiano_core.corpus import manifest_reader
from percepiano_core.corpus.manifest import read_manifest, with_hashes
from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from percepiano_core.errors import UserError
from percepiano_core.splits.groups import chord_sequence, text_groups

SMALL = Settings(seed=1, segments=2, pianists=2)


def _digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_equal_settings_give_equal_bytes(tmp_path: Path) -> None:
    started = time.process_time()
    write_corpus(tmp_path / "first", Settings())
    assert time.process_time() - started < 10
    write_corpus(tmp_path / "second", Settings())
    assert _digests(tmp_path / "first") == _digests(tmp_path / "second")


def test_another_seed_gives_other_music_and_other_playing(tmp_path: Path) -> None:
    write_corpus(tmp_path / "first", SMALL)
    write_corpus(tmp_path / "second", Settings(seed=2, segments=2, pianists=2))
    first, second = _digests(tmp_path / "first"), _digests(tmp_path / "second")
    assert first.keys() == second.keys()
    same = {name for name in first if first[name] == second[name]}
    assert same == {"weights.csv"}


def test_a_second_call_does_nothing(tmp_path: Path) -> None:
    assert write_corpus(tmp_path / "corpus", SMALL)
    before = (tmp_path / "corpus" / "manifest.csv").stat().st_mtime_ns
    assert not write_corpus(tmp_path / "corpus", SMALL)
    assert (tmp_path / "corpus" / "manifest.csv").stat().st_mtime_ns == before


@pytest.mark.parametrize("lost", ["manifest.csv", "ratings.csv", "performances/Synthetic_Waltz_8bars_1_1.mid"])
def test_a_damaged_corpus_is_written_anew(tmp_path: Path, lost: str) -> None:
    write_corpus(tmp_path / "corpus", SMALL)
    whole = _digests(tmp_path / "corpus")
    (tmp_path / "corpus" / lost).unlink()
    assert write_corpus(tmp_path / "corpus", SMALL)
    assert _digests(tmp_path / "corpus") == whole


def test_other_settings_replace_an_older_synthetic_corpus(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", SMALL)
    assert write_corpus(tmp_path / "corpus", Settings(seed=1, segments=1, pianists=1))
    assert len(read_manifest(tmp_path / "corpus" / "manifest.csv")) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(UserError, match="no synthetic corpus"):
        write_corpus(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr("percepiano_core.corpus.synthetic.writing.readme", fail)
    with pytest.raises(OSError, match="disk full"):
        write_corpus(tmp_path / "corpus", SMALL)
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_is_one_that_the_workflow_reads(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    write_corpus(root, Settings())
    manifest_reader.check_root(root)
    performances, left_out = manifest_reader.survey(root)
    assert left_out == []
    assert with_hashes(performances, root) == read_manifest(root / "manifest.csv")
    assert len(performances) == 14 * 12
    assert {each.player_index for each in performances} == set(range(12))
    assert all(each.performance.startswith("Synthetic_") for each in performances)
    assert all(each.deadpan == (each.player == "Score") for each in performances)
    assert len({each.work for each in performances}) == 3
    assert len({each.piece for each in performances}) == 5


def test_only_repeats_and_overlaps_share_their_text(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    write_corpus(root, Settings())
    performances = read_manifest(root / "manifest.csv")
    notes = {each.segment: read_performance(root / each.midi).notes for each in performances if each.deadpan}
    chords = {segment: chord_sequence(table["onset_sec"], table["pitch"]) for segment, table in notes.items()}
    groups = text_groups(chords, {each.segment: each.work for each in performances})
    shared = {segment for segment, name in groups.items() if list(groups.values()).count(name) > 1}
    assert shared == {
        "Synthetic_Waltz_8bars_1",
        "Synthetic_Waltz_8bars_3",
        "Synthetic_Sonatina_mv1_8bars_01",
        "Synthetic_Sonatina_mv1_4bars_01",
    }


def test_the_folder_says_that_it_is_synthetic(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    write_corpus(root, SMALL)
    assert (root / "README.md").read_text(encoding="utf-8").startswith("# SYNTHETIC")
    assert all("synthetic" in path.read_text(encoding="utf-8").lower() for path in (root / "scores").iterdir())


def test_the_command_writes_a_corpus_and_says_so(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(synthesize)
    call = [str(tmp_path / "demo"), "--seed", "4", "--segments", "1", "--pianists", "1"]
    first, second = CliRunner().invoke(app, call), CliRunner().invoke(app, call)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "synthetic corpus written" in first.output
    assert "already there" in second.output
    assert len(read_performance(tmp_path / "demo" / "performances" / "Synthetic_Waltz_8bars_1_1.mid").notes) > 50
