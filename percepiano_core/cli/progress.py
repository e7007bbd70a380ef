"""How much of a long step is done, for a person who waits at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable


def share_told() -> Callable[[float], None]:
    """Shows on a terminal how much of a recording is done, in place; nothing elsewhere."""

    def tell(done: float) -> None:
        if sys.stderr.isatty():
            print(f"\r{done:4.0%}" if done < 1 else "\r    \r", end="", file=sys.stderr, flush=True)

    return tell
