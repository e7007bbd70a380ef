"""The dynamics part of the workflow: what it makes, and what a change makes it run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from workflow_runs import copied_code, new_run, planned_jobs, snakemake

pytest.importorskip("torch", reason="needs the torch extra")
pytestmark = pytest.mark.slow

TARGETS = ("results/dynamics/table1.csv", "results/figures/dynamics_table1.svg")
SYNTHETIC = {
    "tracks": ["synthetic"],
    "folds": [0],
    "models": {"constant": {"tracks": ["synthetic"]}, "first_beat": {"tracks": ["synthetic"]}},
}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_code(tmp_path_factory.mktemp("code"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Path:
    """A finished run of two baselines on the synthetic corpus."""
    run = new_run(tmp_path_factory.mktemp("run"), dynamics=SYNTHETIC)
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
    edited("percepiano_core/dynamics/baselines.py", "np.argmax(", "np.argmin(")
    jobs = planned_jobs(snakemake(finished, *TARGETS, "-n", code=code))
    assert set(jobs) == {"dynamics_fit", "dynamics_table1", "dynamics_figure"} and jobs["dynamics_fit"] == 2


def test_symbolic_code_is_none_of_its_business(
    finished: Path, code: Path, edited: Callable[[str, str, str], None]
) -> None:
    edited("percepiano_core/symbolic/mean.py", "def fit_predict", "UNUSED = 1\n\n\ndef fit_predict")
    assert planned_jobs(snakemake(finished, *TARGETS, "-n", code=code)) == {}


def test_tracks_without_a_corpus_are_left_out_and_said_once(tmp_path: Path, code: Path) -> None:
    run = new_run(tmp_path)
    plan = snakemake(run, "-n", code=code)
    assert not any("dynamics" in job for job in planned_jobs(plan))
    assert plan.count("dynamics track T1: no MazurkaBL at corpora/mazurkabl") == 1
