"""What test modules share: the real corpora and golden values, a copy of the code, and edits of it.

Tests that need a corpus skip, with a reason, where it is absent.
"""

from __future__ import annotations

import csv
import fcntl
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workflow_runs import copied_code

from percepiano_core.dynamics.inputs.curves import curve_duration

REPOSITORY = Path(__file__).resolve().parent.parent


def _shared() -> Path:
    folder = Path(os.environ.get("PERCEPIANO_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "golden").is_dir():
        pytest.skip("needs the shared folder with corpora and golden values beside the project")
    return folder


def _unpacked(shared: Path, name: str) -> Path:
    """The unpacked corpus; the packing script does nothing when it is unpacked already, and runs once at a time."""
    target = Path(os.environ.get("PERCEPIANO_CORPORA", Path(tempfile.gettempdir()) / "piano-corpora"))
    target.mkdir(parents=True, exist_ok=True)
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([shared / "data" / "unpack.sh", target, name], check=True, capture_output=True)
    return target / name


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder, which holds the packed corpora in data/ and expected values in golden/."""
    return _shared()


@pytest.fixture(scope="session")
def golden(shared: Path) -> Path:
    """Expected values."""
    return shared / "golden"


@pytest.fixture(scope="session")
def percepiano_root(shared: Path) -> Path:
    """The real PercePiano corpus in its published layout."""
    return _unpacked(shared, "percepiano")


@pytest.fixture(scope="session")
def asap_root(shared: Path) -> Path:
    """The real ASAP corpus."""
    return _unpacked(shared, "asap")


@pytest.fixture(scope="session")
def mazurkabl_root(shared: Path) -> Path:
    """The real MazurkaBL."""
    return _unpacked(shared, "mazurkabl")


@pytest.fixture(scope="session")
def durations(mazurkabl_root: Path) -> dict[str, float]:
    """Seconds of every recording of it ("M06-1/pid1263-01"), from the length of its loudness curve in the pack."""
    with (mazurkabl_root / "sones_q" / "index.csv").open(encoding="utf-8", newline="") as file:
        return {f"{row['opus']}/pid{row['pid']}": curve_duration(int(row["rows"])) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code; each test that edits it restores it."""
    return copied_code(tmp_path_factory.mktemp("code"))


@pytest.fixture
def edited(code: Path) -> Iterator[Callable[[str, str, str], None]]:
    """Replace text in a file of the copied code, until the test ends; `code` is the test module's own copy."""
    originals: dict[Path, str] = {}

    def edit(name: str, old: str, new: str) -> None:
        path = code / name
        text = path.read_text()
        assert old in text
        originals.setdefault(path, text)
        path.write_text(text.replace(old, new, 1))

    yield edit
    for path, text in originals.items():
        path.write_text(text)
