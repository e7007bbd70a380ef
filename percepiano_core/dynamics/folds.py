"""The five folds of MazurkaBL: no mazurka is in two roles. Fold k tests block k, block k + 1 decides when to stop.

The blocks are those of the published split of 1,988 recordings, frozen in a file, because the same grouping of all
1,999 recordings deals the mazurkas otherwise. All recordings are tested: the 11 unreliable ones leave train alone.
Source: spec dynamics.md, sections 0 and 6.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from percepiano_core.corpus.mazurkabl import UNRELIABLE
from percepiano_core.errors import DataError
from percepiano_core.splits.folds import Fold

FOLDS = 5
BLOCKS_FILE = Path(__file__).with_name("mazurkabl_folds.data.csv")


def recording_name(mazurka: str, pid: str) -> str:
    """Key of a recording in folds and predictions, as "M06-1/pid1263-01"."""
    return f"{mazurka}/{pid}"


def read_blocks(path: Path = BLOCKS_FILE) -> dict[str, int]:
    """Mazurka -> block 0 to 4."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["mazurka"]: int(row["block"]) for row in csv.DictReader(file)}


def make_fold(
    number: int, recordings: Iterable[tuple[str, str]], blocks: Mapping[str, int], leave_out_unreliable: bool = True
) -> Fold:
    """Roles of the recordings (mazurka, pid) in one fold; DataError for a mazurka without a block.

    leave_out_unreliable : the 11 recordings that the published training left out are not in train
    """
    role_of_block = {number: "test", (number + 1) % FOLDS: "valid"}
    roles: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for mazurka, pid in recordings:
        if mazurka not in blocks:
            raise DataError(mazurka, "is in no fold", "leave it out, or give it a block")
        role = role_of_block.get(blocks[mazurka], "train")
        if not (role == "train" and leave_out_unreliable and pid in UNRELIABLE.get(mazurka, ())):
            roles[role].append(recording_name(mazurka, pid))
    return Fold(**{role: tuple(sorted(names)) for role, names in roles.items()})
