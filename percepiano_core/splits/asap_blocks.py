"""The pieces of ASAP and the five blocks of its folds: no work is in two of them.

As in `folds.py`, fold k tests block k and block k + 1 decides when to stop. The block follows from the name of the work
alone, so that it stays the same as the corpus grows: the remainder by 5 of the SHA-256 of "composer/work". Movements of
a work are in one block.
"""

from __future__ import annotations

import hashlib
import re

from percepiano_core.splits.piece_folds import FOLDS

MOVEMENT = re.compile(r"-\d+$")  # "Piano_Sonatas_24-1" is a movement of "Piano_Sonatas_24"


def piece_block(piece: str) -> int:
    """Block 0 to 4 of a piece (`asap_dynamics.piece_name`)."""
    return int(hashlib.sha256(MOVEMENT.sub("", piece).encode()).hexdigest(), 16) % FOLDS
