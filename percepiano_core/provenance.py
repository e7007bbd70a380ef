"""Where a result comes from: code version, library versions, machine, configuration, corpus."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import distributions
from pathlib import Path

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
)


def code_version() -> str:
    """The commit of the checkout, with "+changes" when files differ from it; "unknown" outside a checkout."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "unknown"
    return f"{commit}+changes" if _git("status", "--porcelain", "--untracked-files=no") else commit


def library_versions() -> dict[str, str]:
    """Versions of the libraries that results depend on, and of Python."""
    installed = {distribution.name.lower(): distribution.version for distribution in distributions()}
    return {"python": platform.python_version()} | {name: installed[name] for name in LIBRARIES if name in installed}


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
