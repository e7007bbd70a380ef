"""The dynamics part of the workflow: what it makes, and what a change makes it run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sine_piano import RATE, played, sound_of
from workflow_runs import new_run, planned_jobs, snakemake

from percepiano_core.quality import read_quality

torch = pytest.importorskip("torch", reason="needs the torch extra")

from percepiano_core.dynamics.network.architecture import NetworkConfig  # noqa: E402 - they need torch
from percepiano_core.dynamics.network.model import DynamicsNetwork  # noqa: E402
from percepiano_core.dynamics.network.weights import save_network  # noqa: E402

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
    assert set(table.loc[table["track"] == "synthetic", "status"]) == {"synthetic"}
    assert table.loc[table["track"] == "synthetic", "comparable"].str.startswith("no: the corpus is synthetic").all()
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


def test_recordings_of_one_s_own_are_listened_to_and_scored_where_they_are_annotated(
    tmp_path: Path, code: Path
) -> None:
    torch.manual_seed(0)
    about = {"input": "bssl", "silence": 0.0, "threshold": 0.0}
    save_network(tmp_path / "weights.safetensors", DynamicsNetwork(NetworkConfig(bands=22)), about)
    recordings = tmp_path / "recordings"
    times = "".join(f"{i},{1 + i // 4},{i % 4},{0.5 + 0.5 * i}\n" for i in range(8))
    tables = {
        "beat_time/M06-1beat_time.csv": f",measure_number,beat_number,one\n{times}",
        "markings_dyn/M06-1markings.csv": "piano,forte\n1,5\np,f\n",
    }
    for name, text in tables.items():
        (recordings / name).parent.mkdir(parents=True)
        (recordings / name).write_text(text)
    (recordings / "audio/M06-1").mkdir(parents=True)
    soundfile.write(recordings / "audio/M06-1/one.wav", sound_of(played([[60, 64, 67, 62]] * 2, 0.5)), RATE)
    (recordings / "broken.wav").write_text("no sound")
    (recordings / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(90))
    soundfile.write(recordings / "audio/M06-1/named.flac", 0.1 * np.sin(np.arange(RATE)), RATE, format="WAV")
    run = new_run(tmp_path, dynamics={"tracks": [], "weights": str(tmp_path / "weights.safetensors")})
    snakemake(run, "results/dynamics/table1.csv", "results/dynamics/recordings", code=code)
    table = pd.read_csv(run / "results/dynamics/table1.csv")
    rows = table[table["track"] == "T3"]
    assert set(rows["model"]) == {"Network as trained"} and set(rows["hears"]) == {"sound"}
    assert rows["f1"].notna().any()
    assert (run / "results/dynamics/recordings/audio/M06-1/one.csv").is_file()
    lines = read_quality(run / "results/quality/dynamics/recordings.csv")
    lines = [line for line in lines if line.problem != "no beat was heard in it"]  # the network knows nothing
    assert [(line.subject, line.file, line.consequence) for line in lines] == [
        ("audio/M06-1/named", "audio/M06-1/named.flac", "it is read as what it is"),
        ("broken", "broken.wav", "is not listened to"),
        ("phone", "phone.m4a", "is not listened to"),
    ]
    assert "MPEG-4" in lines[2].problem and "ffmpeg" in lines[2].remedy
