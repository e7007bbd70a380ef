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

# Two quick models and a learning one; splits that pool, that fix a test set, and that draw.
SETTINGS = {
    "corpus": {"reader": "manifest", "root": "corpus", "kind": "synthetic"},
    "ratings": {"labels": ["clean"]},
    "splits": {"names": ["performer", "segment", "both"], "segment_draws": [42]},
    "bootstrap": {"resamples": 50},
}


def new_run(folder: Path, segments: int = 8, **changes: dict) -> Path:
    """A run folder with a corpus and run.yaml: the shipped models, the quick settings, and `changes` by block."""
    write_corpus(folder / "corpus", Settings(segments=segments))
    settings = {key: {**SETTINGS.get(key, {}), **changes.get(key, {})} for key in {**SETTINGS, **changes}}
    (folder / "run.yaml").write_text(yaml.safe_dump(settings))
    return folder


def copied_code(folder: Path) -> Path:
    """A copy of the project's code that a test may edit."""
    for name in CODE:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def command(run: Path, *arguments: str, code: Path = REPOSITORY) -> list[str]:
    """The command line of a run."""
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(code / "Snakefile"), "--directory", str(run)]
    return [*snakemake, "--cores", "2", "--configfile", str(run / "run.yaml"), *arguments]


def environment(code: Path = REPOSITORY) -> dict[str, str]:
    """The environment of a run: the code's own package, no corpus from outside."""
    kept = {key: value for key, value in os.environ.items() if key != "PERCEPIANO_ROOT"}
    return {**kept, "PYTHONPATH": str(code)}


def snakemake(run: Path, *arguments: str, code: Path = REPOSITORY, check: bool = True) -> str:
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
    """Rule -> number of jobs in a dry-run's statistics; empty if there is nothing to do."""
    if "Nothing to be done" in output:
        return Counter()
    table = output.rpartition("Job stats:")[2]
    return Counter({name: int(count) for name, count in re.findall(r"^(\w+)\s+(\d+)$", table, re.M) if name != "total"})


def planned_outputs(output: str) -> set[str]:
    """All files that a dry-run would make."""
    return {name for line in re.findall(r"^\s+output: (.*)$", output, re.M) for name in line.split(", ")}
