"""Reading of the larger expected values in tests/data/golden."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any


def read_gzipped_json(path: Path) -> Any:
    """The content of a JSON file that was compressed with gzip."""
    return json.loads(gzip.decompress(path.read_bytes()))


def golden_split(golden: Path, name: str) -> dict[str, dict[str, list[str]]]:
    """Fold -> role -> names of performances; `both` has no train, which is all that shares no row and no column."""
    return read_gzipped_json(golden / "splits" / f"{name}.json.gz")
