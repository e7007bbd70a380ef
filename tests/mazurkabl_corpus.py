"""The unpacked MazurkaBL, for the tests that read it."""

from __future__ import annotations

import csv
import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from percepiano_core.dynamics.curves import curve_duration


@pytest.fixture(scope="session")
def mazurkabl_root(shared: Path) -> Path:
    """The unpacked corpus; the packing script does nothing when it is unpacked already, and runs once at a time."""
    target = Path(os.environ.get("PERCEPIANO_CORPORA", Path(tempfile.gettempdir()) / "piano-corpora"))
    target.mkdir(parents=True, exist_ok=True)
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([shared / "data" / "unpack.sh", target, "mazurkabl"], check=True, capture_output=True)
    return target / "mazurkabl"


@pytest.fixture(scope="session")
def durations(mazurkabl_root: Path) -> dict[str, float]:
    """Seconds of every recording ("M06-1/pid1263-01"), from the length of its loudness curve in the pack."""
    with (mazurkabl_root / "sones_q" / "index.csv").open(encoding="utf-8", newline="") as file:
        return {f"{row['opus']}/pid{row['pid']}": curve_duration(int(row["rows"])) for row in csv.DictReader(file)}
