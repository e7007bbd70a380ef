"""What test modules share: the real corpora and golden values, a copy of the code, and edits of it.

Tests that need a corpus skip, with a reason, where it is absent.
"""

from __future__ import annotations

import csv
import fcntl
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

# Before any library reads it: numbers of networks depend on how many threads add them up, and tests run side by side.
os.environ["OMP_NUM_THREADS"] = "1"
# JAX compiles in half the time, and tests compile more than they compute.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import pytest
from mazurka_marks import made_up_mazurkas
from workflow_runs import copied_code

from percepiano_core.corpus import percepiano
from percepiano_core.corpus.mazurkabl import Mazurka, list_mazurkas, read_mazurka
from percepiano_core.corpus.published_files import published_files
from percepiano_core.dynamics.inputs.curves import curve_duration

REPOSITORY = Path(__file__).resolve().parent.parent


DATA = REPOSITORY / "tests" / "data"  # committed: see its README.md


def _shared_or_none() -> Path | None:
    folder = Path(os.environ.get("PERCEPIANO_SHARED", REPOSITORY.parent / "shared"))
    return folder if (folder / "golden").is_dir() else None


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
    """The shared folder, which holds the packed corpora in data/ and all expected values in golden/."""
    folder = _shared_or_none()
    if folder is None:
        pytest.skip("needs the shared folder with the whole corpora beside the project")
    return folder


@pytest.fixture(scope="session")
def golden() -> Path:
    """Expected values, committed."""
    return DATA / "golden"


@pytest.fixture(scope="session")
def percepiano_root(shared: Path) -> Path:
    """The whole PercePiano corpus in its published layout; for tests that hold of all of it alone."""
    return _unpacked(shared, "percepiano")


@pytest.fixture(scope="session")
def percepiano_excerpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """38 scores, 20 performances and all ratings of PercePiano in its published layout, from tests/data."""
    folder = tmp_path_factory.mktemp("percepiano")
    with tarfile.open(DATA / "percepiano_excerpt.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def percepiano_files(request: pytest.FixtureRequest) -> Path:
    """The whole corpus where it is there, else the excerpt: for tests that hold of both."""
    return request.getfixturevalue("percepiano_excerpt" if _shared_or_none() is None else "percepiano_root")


@pytest.fixture(scope="session")
def percepiano_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file of PercePiano by its name, all of them empty: for what is read from names alone."""
    folder = tmp_path_factory.mktemp("names")
    for name in published_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.fixture(scope="session")
def paired_scores(percepiano_names: Path, percepiano_files: Path) -> dict[str, Path]:
    """Name -> file of the scores that performances belong to, by name: 99, of the excerpt those that are there."""
    played = {each.score for each in percepiano.survey(percepiano_names)[0]}
    files = {Path(score).stem: percepiano_files / score for score in sorted(played)}
    return {name: path for name, path in files.items() if path.is_file()}


@pytest.fixture(scope="session")
def asap_root(shared: Path) -> Path:
    """The real ASAP corpus."""
    return _unpacked(shared, "asap")


@pytest.fixture(scope="session")
def mazurkabl_root(shared: Path) -> Path:
    """The real MazurkaBL."""
    return _unpacked(shared, "mazurkabl")


@pytest.fixture(scope="session")
def marked_mazurkas(request: pytest.FixtureRequest, golden: Path) -> list[Mazurka]:
    """The 44 mazurkas with their marks; without the corpus, bars, recordings and times are made up."""
    if _shared_or_none() is not None:
        root = request.getfixturevalue("mazurkabl_root")
        return [read_mazurka(root, name) for name in list_mazurkas(root)]
    return made_up_mazurkas(DATA / "mazurkabl" / "marks.csv", golden / "dynamics" / "mazurkabl_facts.csv")


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
