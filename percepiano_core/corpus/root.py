"""Where the corpus lies: the environment first, then the configuration."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "PERCEPIANO_ROOT"


def corpus_root(configured: str) -> Path:
    """The folder named by PERCEPIANO_ROOT if it is set, else the configured one (absolute or relative to here)."""
    return Path(os.environ.get(VARIABLE) or configured)
