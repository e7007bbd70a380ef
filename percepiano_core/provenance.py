"""Where results come from: code and library versions, machine, configuration, corpus, and the cost of each stage."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.digest import ABSENT, dependency_versions
from percepiano_core.files import write_text
from percepiano_core.table_io import write_records

REPOSITORY = Path(__file__).resolve().parent.parent
LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "partitura",
    "parangonar",
    "mido",
    "h5py",
    "snakemake",
    "numba",
    "librosa",
    "mir_eval",
    "ruptures",
    "torch",
    "jax",
    "flax",
)


def code_version() -> str:
    """The commit of the checkout, with "+changes" when files differ from it; "unknown" outside a checkout."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "unknown"
    return f"{commit}+changes" if _git("status", "--porcelain", "--untracked-files=no") else commit


def library_versions() -> dict[str, str]:
    """Versions of the libraries that results depend on, and of Python; those that are not installed are left out."""
    found = dependency_versions(*LIBRARIES)
    return {"python": platform.python_version()} | {name: each for name, each in found.items() if each != ABSENT}


def machine() -> dict[str, str]:
    """Processor count, memory in GiB, system: enough to read a wall time, nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(os.cpu_count()),
        "memory_gib": f"{memory:.0f}",
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _git(*arguments: str) -> str:
    try:
        run = subprocess.run(["git", "-C", REPOSITORY, *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return run.stdout.strip()


@dataclass(frozen=True, slots=True)
class StageCost:
    """Cost of one rule over all its jobs: seconds on the clock and of processor time, and the largest memory in MB."""

    stage: str
    jobs: int
    wall_seconds: float
    cpu_seconds: float
    peak_memory_mb: float


def stage_costs(benchmarks: Path) -> list[StageCost]:
    """Sum the benchmark files below a folder: one folder or file a rule, as the rules write them."""
    rows: dict[str, list[dict[str, str]]] = {}
    for path in sorted(benchmarks.rglob("*.tsv")):
        stage = path.relative_to(benchmarks).parts[0].removesuffix(".tsv")
        with path.open(newline="", encoding="utf-8") as file:
            rows.setdefault(stage, []).extend(csv.DictReader(file, delimiter="\t"))
    return [
        StageCost(
            stage, len(jobs), _sum(jobs, "s"), _sum(jobs, "cpu_time"), max(_number(job["max_rss"]) for job in jobs)
        )
        for stage, jobs in rows.items()
    ]


def write_stage_costs(path: Path | str, costs: Iterable[StageCost]) -> None:
    """Write as CSV, one row a stage, one decimal."""
    write_records(path, StageCost, costs, decimals=1)


def run_record(config_digest: str, corpus_hash: str, tables: Iterable[Path | str] = ()) -> dict[str, object]:
    """What results stand on: code, libraries, machine, hashes of configuration and corpus, sha256 of each table.

    What a single run of a model stands on, its own run.json says (training/run_folder.py).
    """
    return {
        "code": code_version(),
        "libraries": library_versions(),
        "machine": machine(),
        "config_digest": config_digest,
        "corpus_sha256": corpus_hash,
        "tables_sha256": {
            Path(path).as_posix(): hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in tables
        },
    }


def write_run_record(path: Path | str, record: dict[str, object]) -> None:
    """Write as JSON, keys sorted."""
    write_text(path, json.dumps(record, indent=1, sort_keys=True) + "\n")


def _sum(jobs: Iterable[dict[str, str]], column: str) -> float:
    return sum(_number(job[column]) for job in jobs)


def _number(cell: str) -> float:
    """A benchmark's cell; a job too short to be sampled has "-" or NA there."""
    try:
        return float(cell)
    except ValueError:
        return 0.0
