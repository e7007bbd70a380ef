"""Pre-training in the workflow: what it waits for, what is left out without a collection to learn from."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from workflow_runs import REPOSITORY, copied_code, new_run, planned_jobs, snakemake

from percepiano_core.store.predictions import read_predictions

pytest.importorskip("torch", reason="needs the torch extra")
pytestmark = pytest.mark.slow

RUN = "results/runs/clean/{model}/performer/folds_{fold}/seed0"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code with the MidiBERT-style models alone, which learn for an epoch."""
    folder = copied_code(tmp_path_factory.mktemp("code"))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    shipped = yaml.safe_load((REPOSITORY / "config.yaml").read_text())["models"]
    config["models"] = {name: shipped[name] for name in ("midibert", "midibert_pretrained")}
    for entry in config["models"].values():
        entry["settings"]["training"]["epochs"] = 1
    config["pretraining"] |= {"plan": {"notes": 32, "epochs": 1, "batches": 2, "batch_size": 2}}
    config["ablations"] = {}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return new_run(tmp_path / "run", dynamics={"tracks": ["synthetic"]})


def test_without_a_collection_the_pretrained_model_is_left_out_and_the_table_made(run: Path, code: Path) -> None:
    output = snakemake(run, "-n", "results/table3.csv", code=code)
    assert "model midibert_pretrained: left out, no results/pretrained/midibert_tiny.safetensors" in output
    jobs = planned_jobs(output)
    assert (jobs["train"], jobs["performed"], jobs["notes"], jobs["pretrain"]) == (4, 1, 0, 0)


def test_a_model_is_fine_tuned_from_what_was_learned_on_a_collection(run: Path, code: Path) -> None:
    asap = run / "corpora" / "asap"
    asap.mkdir(parents=True)
    performances = sorted((run / "corpus").rglob("*.mid"))[:4]
    with (asap / "metadata.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["composer", "title", "midi_performance", "maestro_midi_performance"])
        writer.writerows([["Bach", f"Fugue {i}", str(path), ""] for i, path in enumerate(performances)])
    folder = RUN.format(model="midibert_pretrained", fold=0)
    snakemake(run, f"{folder}/predictions.csv", code=code)
    assert (
        (run / "results/pretrained/midibert_tiny.csv").read_text().startswith("epoch,train_loss,valid_loss,right_bar")
    )
    (block,) = read_predictions(run / folder / "predictions.csv")
    assert ((block.predictions > 0) & (block.predictions < 1)).all()
    assert not list((run / "results/pretrained").glob("*.state"))
