"""What test modules share: the real corpora and golden values, and edits of a copy of the code.

Tests that need a corpus skip, with a reason, where it is absent.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
    """The folder with data/, golden/ and spec/."""
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
