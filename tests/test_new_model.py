"""A newcomer's models, taken from docs/new_model.md, run and have their rows: nothing else needs a change."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflow_runs import REPOSITORY, copied_code, new_run, snakemake

from percepiano_core.training.settings import merged

pytestmark = pytest.mark.slow

PAGE = (REPOSITORY / "docs" / "new_model.md").read_text()
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the models of the page, and of the mean beside them, in a copy of the code that has their modules."""
    code = copied_code(tmp_path_factory.mktemp("code"))
    entries: dict = {}
    for language, text in BLOCK.findall(PAGE):
        if language == "python":
            (code / text.split("\n")[0].removeprefix("# ")).write_text(text)
        else:
            entries = merged(entries, yaml.safe_load(text)["models"])
    config = yaml.safe_load((code / "config.yaml").read_text())
    config["models"] = {"mean": config["models"]["mean"]} | entries
    config["ablations"] = {}
    (code / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    run = new_run(
        tmp_path_factory.mktemp("run"),
        segments=8,
        splits={"names": ["performer"]},
        dynamics={"tracks": ["synthetic"], "folds": [0]},
    )
    snakemake(
        run, "results/table3.csv", "results/dynamics/table1.csv", "results/figures/learning_curves.svg", code=code
    )
    return run


def test_a_model_of_descriptors_and_a_trained_one_of_notes_have_their_rows(finished: Path) -> None:
    table = pd.read_csv(finished / "results/table3.csv").set_index("model")
    assert table.loc[["Nearest performances", "Linear model of note means"], "r2"].notna().all()
    assert table.loc["Nearest performances", "r2"] > table.loc["Mean", "r2"]


def test_a_model_of_sound_has_its_row(finished: Path) -> None:
    table = pd.read_csv(finished / "results/dynamics/table1.csv")
    rows = table[(table["model"] == "Ranks of loudness") & (table["track"] == "synthetic")]
    assert (rows.loc[rows["score"] == "dynamic_weighted", "f1"] > 0).all() and len(rows)


def test_a_trained_model_leaves_a_whole_run_folder(finished: Path) -> None:
    folder = finished / "results/runs/perception/clean/linear_notes/performer/fold0/seed0"
    assert {path.name for path in folder.iterdir()} == {
        "history.csv", "predictions.csv", "run.json", "valid.csv", "weights.safetensors"
    }  # fmt: skip
    assert len(pd.read_csv(folder / "history.csv")) == 5
