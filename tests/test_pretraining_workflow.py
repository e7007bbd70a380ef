"""Pre-training in the workflow: what it waits for, what is left out without a collection to learn from."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from workflow_runs import REPOSITORY, copied_code, new_run, planned_jobs, snakemake

from percepiano_core.quality import read_quality
from percepiano_core.store.notes import read_notes
from percepiano_core.store.predictions import read_predictions

pytest.importorskip("torch", reason="needs the torch extra")
pytestmark = pytest.mark.slow

RUN = "results/runs/symbolic/clean/{model}/performer/fold{fold}/seed0"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code with the MidiBERT-style models alone, which learn for an epoch."""
    folder = copied_code(tmp_path_factory.mktemp("code"))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    shipped = yaml.safe_load((REPOSITORY / "config.yaml").read_text())["models"]
    config["models"] = {name: shipped[name] for name in ("midibert", "midibert_pretrained")}
    for entry in config["models"].values():
        entry["seeds"], entry["settings"]["recipe"]["epochs"] = [0], 1
    settings = {"notes": 32, "recipe": {"epochs": 1, "examples_an_epoch": 4, "batch_size": 2}}
    encoders = {"midibert_tiny": {"module": "symbolic.midibert.pretraining", "settings": settings}}
    config["pretraining"] |= {"encoders": encoders, "of_a_score": 4, "performances_a_job": 3}
    config["ablations"] = {}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return new_run(tmp_path / "run", dynamics={"tracks": ["synthetic"]})


def write_asap(run: Path, rows: list[list[str]]) -> None:
    """List performances as ASAP does: title, MIDI file, score."""
    asap = run / "corpora" / "asap"
    asap.mkdir(parents=True)
    with (asap / "metadata.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["composer", "title", "midi_performance", "xml_score", "maestro_midi_performance"])
        writer.writerows([["Bach", *row, ""] for row in rows])


def test_without_a_collection_the_pretrained_model_is_left_out_and_the_table_made(run: Path, code: Path) -> None:
    output = snakemake(run, "-n", "results/table3.csv", code=code)
    assert "model midibert_pretrained: left out, no results/pretrained/midibert_tiny/weights.safetensors" in output
    jobs = planned_jobs(output)
    assert (jobs["train"], jobs["performed"], jobs["notes"], jobs["pretrain"]) == (4, 1, 0, 0)


def test_a_model_is_fine_tuned_from_what_was_learned_on_a_collection(run: Path, code: Path) -> None:
    performances = sorted((run / "corpus").rglob("*.mid"))[:4]
    write_asap(run, [[f"Fugue {i}", str(path), ""] for i, path in enumerate(performances)])
    folder = RUN.format(model="midibert_pretrained", fold=0)
    snakemake(run, f"{folder}/predictions.csv", code=code)
    assert (
        (run / "results/pretrained/midibert_tiny/history.csv")
        .read_text()
        .startswith("epoch,train_loss,valid_loss,right_bar")
    )
    (block,) = read_predictions(run / folder / "predictions.csv")
    assert ((block.predictions > 0) & (block.predictions < 1)).all()
    assert not list((run / "results/pretrained").rglob("checkpoint*"))


def test_notes_of_a_collection_are_read_by_several_jobs_and_what_does_not_fit_is_listed(run: Path, code: Path) -> None:
    with (run / "corpus" / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    score = str(run / "corpus" / rows[0]["score"])
    of_score = [str(run / "corpus" / row["midi"]) for row in rows if row["score"] == rows[0]["score"]][:3]
    of_another = next(str(run / "corpus" / row["midi"]) for row in rows if row["score"] != rows[0]["score"])
    write_asap(run, [[f"Fugue {i}", midi, score] for i, midi in enumerate([*of_score, of_another])])
    made = "results/pretrained/notes.h5"
    output = snakemake(run, made, code=code)
    parts = sorted((run / "results/quality/pretraining").glob("*.csv"))
    assert {"notes/0.h5", "notes/1.h5"} <= {
        f"notes/{path.name}" for path in (run / "results/pretrained/notes").iterdir()
    }
    assert sorted(read_notes(run / made)) == [f"Bach: Fugue {i}/{Path(midi).stem}" for i, midi in enumerate(of_score)]
    [line] = [line for part in parts for line in read_quality(part)]
    assert line.subject == f"Bach: Fugue 3/{Path(of_another).stem}", output
