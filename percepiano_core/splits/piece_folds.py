"""The five folds of MazurkaBL: no mazurka is in two roles. Fold k tests block k, block k + 1 decides when to stop.

The blocks are those of the published split of 1,988 recordings, frozen in a file, because the same grouping of all
1,999 recordings deals the mazurkas otherwise. All recordings are tested: the 11 unreliable ones leave train alone.
See docs/dynamics_data.md, "Folds".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from percepiano_core.corpus.mazurkabl import UNRELIABLE
from percepiano_core.errors import DataError, UserError
from percepiano_core.splits.folds import ROLES, Fold, Split
from percepiano_core.table_io import read_rows

FOLDS = 5


class Recording(Protocol):
    """What a fold needs to know of a recording: its name, what is played, whether its annotations are doubtful."""

    @property
    def name(self) -> str:
        """Unique in the corpus."""

    @property
    def group(self) -> str:
        """What is played; folds never part the recordings of a group."""

    @property
    def unreliable(self) -> bool:
        """Whether training may leave it out."""


BLOCKS_FILE = Path(__file__).with_name("mazurkabl_folds.data.csv")


def recording_name(mazurka: str, pid: str) -> str:
    """Key of a recording in folds and predictions, as "M06-1/pid1263-01"."""
    return f"{mazurka}/{pid}"


def read_blocks(path: Path = BLOCKS_FILE) -> dict[str, int]:
    """Mazurka -> block 0 to 4."""
    return {row["mazurka"]: int(row["block"]) for row in read_rows(path, ("mazurka", "block"))}


def make_fold(
    number: int, recordings: Iterable[tuple[str, str]], blocks: Mapping[str, int], leave_out_unreliable: bool = True
) -> Fold:
    """Roles of the recordings (mazurka, pid) in one fold; DataError for a mazurka without a block.

    leave_out_unreliable : the 11 recordings that the published training left out are not in train
    """
    listed = [(recording_name(name, pid), name, pid in UNRELIABLE.get(name, ())) for name, pid in recordings]
    return _fold(number, listed, blocks, leave_out_unreliable)


def make_split(
    track: str,
    examples: Sequence[Recording],
    blocks: Mapping[str, int],
    folds: Iterable[int],
    leave_out_unreliable: bool = True,
) -> Split:
    """Folds of the given numbers over the recordings of a track; DataError for a piece (their group) without a block.

    No piece is in two roles of a fold. UserError if a role of a fold is empty.
    """
    listed = [(example.name, example.group, example.unreliable) for example in examples]
    made = {str(number): _fold(number, listed, blocks, leave_out_unreliable) for number in folds}
    for number, fold in made.items():
        empty = [role for role in ROLES if not getattr(fold, role)]
        if empty:
            problem = f"fold {number} has no recording in its {empty[0]} role"
            raise UserError(f"track {track}", problem, "give recordings of more pieces, or run other folds")
    names = "\n".join(sorted(example.name for example in examples))
    return Split(
        name=f"dynamics_{track}",
        draw=None,
        holds_out="pieces never trained on",
        keeps_apart=(),
        parameters={"blocks": dict(sorted(blocks.items())), "leave_out_unreliable": leave_out_unreliable},
        performances_sha256=hashlib.sha256(names.encode()).hexdigest(),
        folds=made,
    )


def _fold(
    number: int, recordings: Iterable[tuple[str, str, bool]], blocks: Mapping[str, int], leave_out_unreliable: bool
) -> Fold:
    """Roles of recordings (name, piece, unreliable)."""
    role_of_block = {number: "test", (number + 1) % FOLDS: "valid"}
    roles: dict[str, list[str]] = {role: [] for role in ROLES}
    for name, piece, unreliable in recordings:
        if piece not in blocks:
            raise DataError(piece, "is in no fold", "leave it out, or give it a block")
        role = role_of_block.get(blocks[piece], "train")
        if not (role == "train" and leave_out_unreliable and unreliable):
            roles[role].append(name)
    return Fold(**{role: tuple(sorted(names)) for role, names in roles.items()})
