"""Bad files are listed, one clear line each, and the rest of the run goes on; bad settings stop it before any work."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import mido
import pandas as pd
import pytest
from workflow_runs import new_run, snakemake

from percepiano_core.quality import QualityLine, read_quality
from percepiano_core.store.notes import read_notes

pytestmark = pytest.mark.slow

BILLION_LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<score-partwise><part-list/><part id="P1">&c;</part></score-partwise>
"""
EXTERNAL_ENTITY = """<?xml version="1.0"?>
<!DOCTYPE score-partwise [<!ENTITY file SYSTEM "file:///etc/hostname">]>
<score-partwise><part-list/><part id="P1">&file;</part></score-partwise>
"""
RATED_AS_REAL = {"reader": "manifest", "root": "corpus", "kind": "real"}
NO_NOTES = """<?xml version="1.0"?>
<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions></attributes></measure></part></score-partwise>
"""


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:24])  # before any note


def without_notes(path: Path) -> None:
    midi = mido.MidiFile(path)
    for track in midi.tracks:
        track[:] = [message for message in track if not message.type.startswith("note")]
    midi.save(path)


def text(content: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(content)

    return write


def read_column(path: Path, column: str = "performance") -> list[str]:
    return pd.read_csv(path, dtype=str, keep_default_na=False)[column].tolist()


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Path:
    """A finished run on a corpus with one fault of each kind."""
    run = new_run(tmp_path_factory.mktemp("damaged"), segments=10)
    corpus = run / "corpus"
    rows = pd.read_csv(corpus / "manifest.csv", dtype=str)
    first = rows.groupby("segment", sort=True).nth(1).reset_index(drop=True)
    truncated(corpus / first["midi"][0])
    without_notes(corpus / first["midi"][1])
    for row, damage in ((2, text(BILLION_LAUGHS)), (3, text(EXTERNAL_ENTITY)), (4, text(NO_NOTES)), (5, Path.unlink)):
        damage(corpus / first["score"][row])
    pd.concat([rows, rows.iloc[[0]]]).to_csv(corpus / "manifest.csv", index=False)
    with (corpus / "ratings.csv").open(newline="") as file:
        header, *ratings = csv.reader(file)
    ratings[3][5] = "77"
    with (corpus / "ratings.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *ratings])
    snakemake(run, code=code)
    return run


@pytest.fixture(scope="module")
def lines(damaged: Path) -> list[QualityLine]:
    return read_quality(damaged / "results/quality/quality.csv")


@pytest.mark.parametrize(
    ("problem", "stage"),
    [
        ("not a readable MIDI file", "alignment"),
        ("no notes", "alignment"),
        ("entit", "alignment"),
        ("is missing", "corpus"),
        ("second row for this performance", "corpus"),
        ("77", "ratings"),
    ],
)
def test_each_fault_is_a_line_that_names_subject_problem_and_remedy(
    lines: list[QualityLine], problem: str, stage: str
) -> None:
    found = [line for line in lines if problem in line.problem and line.stage == stage]
    assert found, [line.problem for line in lines]
    for line in found:
        assert line.subject and line.consequence and line.remedy
        assert "\n" not in line.problem


def test_three_unusable_scores_are_three_lines_of_the_alignment(damaged: Path, lines: list[QualityLine]) -> None:
    scores = [line for line in lines if line.stage == "alignment" and line.file.endswith(".musicxml")]
    assert len(scores) == 3


def test_every_rated_performance_still_has_a_prediction(damaged: Path) -> None:
    labels = pd.read_csv(damaged / "results/ratings/labels_clean.csv")
    listed = pd.read_csv(damaged / "results/corpus/performances.csv")
    table = pd.read_csv(damaged / "results/table3.csv").dropna(subset="r2")
    assert set(labels["performance"]) == set(listed["performance"])
    assert set(table.loc[table["split"] == "both", "n_test"]) == {len(labels)}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("spilts={'names': ['performer']}", ["unknown key 'spilts'", "did you mean 'splits'?"]),
        ("corpora={'rated': {'root': 'nowhere'}}", ["nowhere", "manifest.csv"]),
        ("splits={'names': ['performers']}", ["splits.names.0", "performers"]),
    ],
)
def test_a_wrong_setting_stops_the_run_before_any_work(
    damaged: Path, code: Path, settings: str, words: list[str]
) -> None:
    output = snakemake(damaged, "-n", "--config", settings, code=code, check=False)
    assert all(word in output for word in words), output
    assert "Traceback" not in output
    assert "Job stats" not in output


ODD = (
    "a b",
    "it's",
    'say "hi"',
    "100%",
    "-x",
    "--help",
    "c:d",
    "é音",
    "[x]*?",
    "$HOME `ls`",
    "#1;&",
    "~",
    "op.10",
    "(a|b)",
)


@pytest.fixture(scope="module")
def oddly_named(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Path:
    """A run on a corpus whose names hold what shells and paths trip over, in a manifest as Excel writes it."""
    changes = {"corpora": {"rated": RATED_AS_REAL}, "splits": {"names": ["performer"]}}
    run = new_run(tmp_path_factory.mktemp("odd"), segments=2, **changes)
    corpus = run / "corpus"
    rows = pd.read_csv(corpus / "manifest.csv", dtype=str)
    names = {name: f"{ODD[i % len(ODD)]} {i}" for i, name in enumerate(rows["performance"])}
    segments = dict(zip(rows["segment"].unique(), ['it\'s "a b" $HOME', "-100% [é]*?:#&;~"], strict=True))
    (corpus / "midi dir").mkdir()
    for name, midi in zip(rows["performance"], rows["midi"], strict=True):
        (corpus / midi).rename(corpus / "midi dir" / f"{names[name]}.MID")
    rows["performance"], rows["segment"] = rows["performance"].map(names), rows["segment"].map(segments)
    rows["midi"] = "midi dir\\" + rows["performance"] + ".mid"
    rows.columns = [column.replace("_", " ").title() for column in rows.columns]
    rows.to_csv(corpus / "manifest.csv", sep=";", index=False, encoding="utf-16", lineterminator="\r\n")
    ratings = pd.read_csv(corpus / "ratings.csv", dtype=str)
    ratings["filename"] = ratings["filename"].str.removesuffix(".wav").map(names) + ".WAV"
    ratings.to_csv(corpus / "ratings.csv", sep="\t", index=False, encoding="utf-8-sig")
    targets = ("features/descriptors.csv", "notes/notes.h5", "ratings/labels_clean.csv", "corpus/manifest.csv")
    snakemake(run, *(f"results/{name}" for name in targets), code=code)
    return run


def test_odd_names_go_through_the_workflow(oddly_named: Path) -> None:
    listed = set(read_column(oddly_named / "results/corpus/performances.csv"))
    assert len(listed) >= 2 * len(ODD) - 4
    for table in ("features/descriptors.csv", "ratings/labels_clean.csv", "corpus/manifest.csv"):
        assert set(read_column(oddly_named / "results" / table)) == listed
    assert set(read_notes(oddly_named / "results/notes/notes.h5")) == listed
    assert read_quality(oddly_named / "results/quality/corpus.csv") == []


def test_a_job_that_dies_of_a_bug_names_the_segment_in_one_line(
    oddly_named: Path, code: Path, edited: Callable[[str, str, str], None]
) -> None:
    edited(
        "workflow_scripts/align_segment.py",
        "    thresholds = ",
        '    raise ZeroDivisionError("a bug")\n    thresholds = ',
    )
    output = snakemake(oddly_named, "results/features/descriptors.csv", code=code, check=False)
    line = "job align/-100% [é]*?:#&;~: stopped (an error that was not foreseen, ZeroDivisionError: a bug); report it"
    assert line in output
    log = (oddly_named / "results/logs/align/-100% [é]*?:#&;~.log").read_text().splitlines()
    assert log[0].startswith(line)
    assert log[1].startswith("Traceback")
