"""The dynamics part of the workflow: what it makes, and what a change makes it run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from workflow_runs import new_run, planned_jobs, snakemake

from percepiano_core.quality import read_quality

pytest.importorskip("torch", reason="needs the torch extra")
pytestmark = pytest.mark.slow

TARGETS = ("results/dynamics/table1.csv", "results/figures/dynamics_table1.svg")
SYNTHETIC = {"tracks": ["synthetic"], "folds": [0]}
BASELINES = {name: {"data": ["synthetic"]} for name in ("constant", "first_beat")}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Path:
    """A finished run of two baselines on the synthetic corpus."""
    run = new_run(tmp_path_factory.mktemp("run"), dynamics=SYNTHETIC, models=BASELINES)
    snakemake(run, *TARGETS, code=code)
    return run


def test_the_table_says_synthetic_and_needs_no_other_stage(finished: Path, code: Path) -> None:
    table = pd.read_csv(finished / TARGETS[0])
    assert set(table["track"]) == {"synthetic", "published"}
    assert table.loc[table["track"] == "synthetic", "note"].str.startswith("SYNTHETIC").all()
    assert not (finished / "results" / "alignment").exists()
    assert planned_jobs(snakemake(finished, *TARGETS, "-n", code=code)) == {}


def test_a_changed_baseline_runs_baselines_and_tables_again(
    finished: Path, code: Path, edited: Callable[[str, str, str], None]
) -> None:
    edited("percepiano_core/dynamics/beat_models/baselines.py", "np.argmax(", "np.argmin(")
    jobs = planned_jobs(snakemake(finished, *TARGETS, "-n", code=code))
    assert set(jobs) == {"fit", "dynamics_table1", "dynamics_figure"} and jobs["fit"] == 2


def test_symbolic_code_is_none_of_its_business(
    finished: Path, code: Path, edited: Callable[[str, str, str], None]
) -> None:
    edited("percepiano_core/symbolic/baselines/mean.py", "def fit_predict", "UNUSED = 1\n\n\ndef fit_predict")
    assert planned_jobs(snakemake(finished, *TARGETS, "-n", code=code)) == {}


def test_tracks_without_a_corpus_are_left_out_and_said_once(tmp_path: Path, code: Path) -> None:
    run = new_run(tmp_path)
    plan = snakemake(run, "-n", code=code)
    assert not any("dynamics" in job for job in planned_jobs(plan))
    assert plan.count("dynamics track T1: left out, its corpus is not at corpora/mazurkabl") == 1


def test_what_is_wrong_with_the_inputs_of_a_track_is_gathered(tmp_path: Path, code: Path) -> None:
    tables = {
        "beat_time/M06-1beat_time.csv": ",measure_number,beat_number,pid1-01,pid2-01\n0,1,2,0.5,0.6\n1,2,0,1.0,1.2\n",
        "markings_dyn/M06-1markings.csv": "piano,forte\n1,2\np,f\n",
        "sones/M06-1/pid1-01Ntot.csv": "".join(f"{row * 512 / 44100},{row % 7}\n" for row in range(1, 200)),
    }
    for name, text in tables.items():
        path = tmp_path / "mazurkabl" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    run = new_run(tmp_path, dynamics={"tracks": ["T1"]}, corpora={"mazurkabl": "mazurkabl"})
    snakemake(run, "results/quality/quality.csv", code=code)
    (line,) = [each for each in read_quality(run / "results/quality/quality.csv") if each.stage == "dynamics"]
    assert (line.subject, line.file) == ("M06-1", "sones/M06-1/pid2-01Ntot.csv")
