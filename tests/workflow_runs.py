"""Runs of the workflow in folders of their own, on a small synthetic corpus, with the checkout's or a copied code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml

from percepiano_core.corpus.synthetic.writing import Settings, write_corpus

REPOSITORY = Path(__file__).resolve().parent.parent
CODE = ("Snakefile", "config.yaml", "rules", "workflow_scripts", "percepiano_core", "profiles", "envs")

SETTINGS: dict[str, dict] = {
    "corpora": {"rated": {"reader": "manifest", "root": "corpus", "kind": "synthetic"}},
    "ratings": {"labels": ["clean"]},
    "splits": {"names": ["performer", "both"], "segment_draws": [42]},
    "bootstrap": {"resamples": 50},
}
MODELS = ("mean", "segment_mean", "ridge", "bilstm_sa", "bilstm_sa_han")  # of the shipped ones; quick, or made so
QUICK_NETWORK = {
    "seeds": [0],
    "splits": ["performer"],
    "recipe": {"epochs": 2},
    "architecture": {"hidden": 8},
}


def new_run(folder: Path, segments: int = 6, **changes: dict) -> Path:
    """A run folder with a corpus and run.yaml: the settings above, with `changes` by block."""
    write_corpus(folder / "corpus", Settings(segments=segments))
    settings = {key: {**SETTINGS.get(key, {}), **changes.get(key, {})} for key in {**SETTINGS, **changes}}
    (folder / "run.yaml").write_text(yaml.safe_dump(settings))
    return folder


def copied_code(folder: Path) -> Path:
    """A copy of the project's code that a test may edit, configured with the few models of MODELS."""
    for name in CODE:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    dynamics = {name: entry for name, entry in config["models"].items() if entry["module"].startswith("dynamics.")}
    config["models"] = {name: _quick(config["models"][name]) for name in MODELS} | dynamics
    config["planned"] = {"later": {"title": "Later", "inputs": "mel"}}
    steps = [{"model": name, "adds": name} for name in MODELS]
    config["ablations"] = {"models": {"splits": ["performer"], "steps": steps}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return folder


def _quick(model: dict) -> dict:
    """The model's entry; a network's with few hidden units and epochs."""
    if model["inputs"] != "notes":
        return model
    settings = model["settings"] | {name: QUICK_NETWORK[name] for name in ("recipe", "architecture")}
    return model | {name: QUICK_NETWORK[name] for name in ("seeds", "splits")} | {"settings": settings}


def command(run: Path, *arguments: str, code: Path) -> list[str]:
    """The command line of a run."""
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(code / "Snakefile"), "--directory", str(run)]
    return [*snakemake, "--configfile", str(run / "run.yaml"), "--cores", "2", *arguments]


def environment(code: Path) -> dict[str, str]:
    """The environment of a run: the code's own package, no corpus from outside."""
    # Without bytecode files every job would compile the package anew, which takes longer than the job.
    left_out = {"PERCEPIANO_ROOT", "ASAP_ROOT", "MAESTRO_ROOT", "MAZURKABL_ROOT", "PYTHONDONTWRITEBYTECODE"}
    kept = {key: value for key, value in os.environ.items() if key not in left_out}
    return {**kept, "PYTHONPATH": str(code)}


def snakemake(run: Path, *arguments: str, code: Path, check: bool = True) -> str:
    """Run and return all output; an AssertionError carries the end of it if the run fails."""
    done = subprocess.run(
        command(run, *arguments, code=code),
        env=environment(code),
        cwd=run,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=900,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def planned_jobs(output: str) -> Counter[str]:
    """Rule -> number of jobs in a dry-run's statistics; empty if there is nothing to do.

    The rules fit, train and combine count over all splits.
    """
    if "Nothing to be done" in output:
        return Counter()
    table = output.rpartition("Job stats:")[2]
    jobs: Counter[str] = Counter()
    for name, count in re.findall(r"^(\w+)\s+(\d+)$", table, re.M):
        if name != "total":
            jobs[re.sub("^(fit|train|combine)_.*", r"\1", name)] += int(count)  # one rule, written once for all splits
    return jobs


def planned_outputs(output: str) -> set[str]:
    """All files that a dry-run would make."""
    return {name for line in re.findall(r"^\s+output: (.*)$", output, re.M) for name in line.split(", ")}
