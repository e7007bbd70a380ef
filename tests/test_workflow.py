"""The workflow: what runs, what a change invalidates, what survives a kill and bad input."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflow_runs import (
    command,
    environment,
    new_run,
    planned_jobs,
    planned_outputs,
    snakemake,
)

from percepiano_core.evaluation.ratings.table3 import TABLE3_COLUMNS
from percepiano_core.training.settings import merged

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, code: Path) -> Path:
    """A finished run."""
    run = new_run(tmp_path_factory.mktemp("run"))
    snakemake(run, code=code)
    return run


def test_the_table_has_its_columns_and_says_synthetic(finished: Path) -> None:
    table = pd.read_csv(finished / "results/table3.csv")
    assert tuple(table.columns) == TABLE3_COLUMNS
    assert set(table["status"]) == {"synthetic", "not run"}
    assert set(table.loc[table["status"] == "not run", "model"]) >= {"Later"}
    assert table.loc[table["status"] == "synthetic", "r2"].notna().all()
    networks = table[table["model"].str.startswith("Bi-LSTM") & (table["status"] == "synthetic")]
    assert set(networks["split"]) == {"performer"}


def test_a_finished_run_has_nothing_to_do(finished: Path, code: Path) -> None:
    assert planned_jobs(snakemake(finished, "-n", code=code)) == {}


def test_touched_and_moved_files_rerun_nothing(finished: Path, code: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(finished, moved)
    for path in moved.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            path.touch()
    assert planned_jobs(snakemake(moved, "-n", code=code)) == {}


def test_one_changed_midi_reruns_its_segment_and_what_depends_on_it(finished: Path, code: Path, tmp_path: Path) -> None:
    run = tmp_path / "changed"
    shutil.copytree(finished, run)
    segment = sorted(path.stem for path in (run / "results/alignment").glob("*.h5"))[2]
    manifest = pd.read_csv(run / "corpus/manifest.csv", dtype=str)
    midi = run / "corpus" / manifest.loc[manifest["segment"] == segment, "midi"].iloc[1]
    other = run / "corpus" / manifest.loc[manifest["segment"] == segment, "midi"].iloc[2]
    midi.write_bytes(other.read_bytes())

    output = snakemake(run, "-n", code=code)
    jobs = planned_jobs(output)
    assert jobs["align"] == jobs["features"] == 1
    assert {f"results/alignment/{segment}.h5", f"results/features/{segment}.h5"} <= planned_outputs(output)
    assert {"split", "labels", "text_groups", "performances"}.isdisjoint(jobs)
    unaffected = {"mean", "segment_mean"}
    assert not any(f"/{model}/" in name for model in unaffected for name in planned_outputs(output))


def test_comments_and_docstrings_rerun_nothing(finished: Path, code: Path, edited: Callable) -> None:
    edited("percepiano_core/features/descriptors/raw.py", "import numpy as np\n", "import numpy as np  # arrays\n")
    edited("percepiano_core/perception/descriptor_models/ridge.py", '"""Linear', '"""A linear')
    assert planned_jobs(snakemake(finished, "-n", code=code)) == {}


def test_a_model_s_module_reruns_its_folds_and_the_tables_alone(finished: Path, code: Path, edited: Callable) -> None:
    edited("percepiano_core/perception/descriptor_models/ridge.py", "centre = train", "centre = 1 * train")
    output = snakemake(finished, "-n", code=code)
    fits = {name for name in planned_outputs(output) if "/runs/" in name}
    assert fits and all("/ridge/" in name for name in fits)
    assert set(planned_jobs(output)) == {"fit", "table3", "figures", "provenance", "all"}


def test_the_hierarchy_reruns_its_own_folds_and_not_those_of_the_notes(
    finished: Path, code: Path, edited: Callable
) -> None:
    edited("percepiano_core/symbolic/han/layers/stages.py", "self.contribution = 1.0", "self.contribution = 2.0")
    output = snakemake(finished, "-n", code=code)
    runs = {name for name in planned_outputs(output) if "/runs/" in name}
    assert runs and all("/bilstm_sa_han/" in name for name in runs)
    jobs = planned_jobs(output)
    assert jobs["train"] == 4
    assert {"align", "features", "notes", "descriptors", "fit", "split"}.isdisjoint(jobs)


def test_a_limit_leaves_folds_and_seeds_of_a_network_out(finished: Path, code: Path, tmp_path: Path) -> None:
    run = tmp_path / "limited"
    shutil.copytree(finished, run)
    settings = yaml.safe_load((run / "run.yaml").read_text())

    def planned(*folds: str) -> str:
        limits = {"performer": {"folds": list(folds), "seeds": [3]}}
        (run / "run.yaml").write_text(yaml.safe_dump(settings | {"models": {"bilstm_sa": {"limits": limits}}}))
        return snakemake(run, "-n", "results/table3.csv", code=code, check=False)

    runs = {name for name in planned_outputs(planned("1", "2")) if name.endswith("predictions.csv")}
    assert {name.partition("bilstm_sa/")[2] for name in runs} == {
        f"performer/fold{fold}/seed3/predictions.csv" for fold in "12"
    }
    assert "bilstm_sa on performer is run by fold 0, 1, 2, 3, not by 9" in planned("9")


def test_a_combination_says_which_of_its_members_is_not_run(finished: Path, code: Path, tmp_path: Path) -> None:
    run = tmp_path / "combined"
    shutil.copytree(finished, run)
    settings = yaml.safe_load((run / "run.yaml").read_text())
    average = {"title": "Average", "module": "perception.weighted_average", "inputs": "predictions"}
    average |= {"splits": ["both"], "settings": {"members": ["ridge", "bilstm_sa"], "steps": 2}}
    (run / "run.yaml").write_text(yaml.safe_dump(settings | {"models": {"average": average}}))
    output = snakemake(run, "-n", "results/table3.csv", code=code, check=False)
    assert "model average: its member bilstm_sa is not run on both" in output


def test_a_score_feature_reruns_features_and_nothing_before_or_beside(
    finished: Path, code: Path, edited: Callable
) -> None:
    edited("percepiano_core/features/score/metre_features.py", "LOOK_BACK_DURATIONS = 4", "LOOK_BACK_DURATIONS = 5")
    jobs = planned_jobs(snakemake(finished, "-n", code=code))
    assert jobs["features"] == 6
    assert {"align", "descriptors", "fit"}.isdisjoint(jobs)


def test_one_setting_reruns_what_reads_it(finished: Path, code: Path) -> None:
    settings = (finished / "run.yaml").read_text()
    (finished / "run.yaml").write_text(settings.replace("resamples: 50", "resamples: 60"))
    jobs = planned_jobs(snakemake(finished, "-n", code=code))
    (finished / "run.yaml").write_text(settings)
    assert {"table3", "figures"} <= set(jobs)
    assert {"align", "features", "descriptors", "fit", "split"}.isdisjoint(jobs)


def test_killed_runs_end_with_the_same_table_byte_for_byte(finished: Path, code: Path, tmp_path: Path) -> None:
    run = new_run(tmp_path / "killed")
    draw = random.Random(0)
    for _ in range(3):
        process = subprocess.Popen(
            command(run, code=code),
            env=environment(code),
            cwd=run,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(draw.uniform(5, 20))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        snakemake(run, "--unlock", code=code)
    snakemake(run, code=code)
    for name in ("table3.csv", "table3_per_dimension.csv", "ablation.csv", "features/descriptors.csv"):
        assert (run / "results" / name).read_bytes() == (finished / "results" / name).read_bytes(), name


def test_shuffled_ratings_leave_nothing_to_predict(code: Path, tmp_path: Path) -> None:
    run = new_run(
        tmp_path / "shuffled",
        segments=14,
        ratings={"shuffle_seed": 1},
        splits={"names": ["performer", "segment", "segment_clean", "player_clean", "both", "work"]},
    )
    snakemake(run, "results/table3.csv", code=code)
    table = pd.read_csv(run / "results/table3.csv").dropna(subset="r2")
    assert set(table["labels"]) == {"clean_shuffled1"}
    assert table["r2"].max() <= 0.02


def test_the_workflow_is_free_of_lint(finished: Path, code: Path) -> None:
    assert "Lints for" not in snakemake(finished, "--lint", code=code)


def test_the_workflow_runs_as_a_module_of_another_one(code: Path, tmp_path: Path) -> None:
    run = new_run(tmp_path / "outer")
    config = yaml.safe_load((code / "config.yaml").read_text())
    settings = yaml.safe_load((run / "run.yaml").read_text())
    (run / "outer.yaml").write_text(yaml.safe_dump({"percepiano": merged(config, settings), "other": 1}))
    (run / "Snakefile").write_text(
        'configfile: "outer.yaml"\n\n\n'
        f"module percepiano:\n    snakefile:\n        {str(code / 'Snakefile')!r}\n"
        '    config:\n        config["percepiano"]\n\n\n'
        "use rule * from percepiano as percepiano_*\n\n\n"
        'rule summary:\n    default_target: True\n    input:\n        "results/ratings/labels_clean.csv",\n'
        '        "results/runs/symbolic/clean/mean/performer/fold0/seed0/predictions.csv",\n'
        '    output:\n        "summary.txt",\n    shell:\n        "wc -l {input} > {output}"\n'
    )
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    done = subprocess.run(command, cwd=run, env=environment(code), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "predictions.csv" in (run / "summary.txt").read_text()
