"""Weighted mean of other models' predictions; the valid role chooses one weight a member, the same for all dimensions.

Few numbers are chosen, since the valid role is small and some members have already chosen their epoch by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from percepiano_core.perception.combination import Combined
from percepiano_core.perception.selection import best_setting, shares


def combine(valid: np.ndarray, labels: np.ndarray, test: np.ndarray, settings: Mapping[str, Any]) -> Combined:
    """Settings: `members`, names of models; `steps`, into how many parts the weight of 1 is divided."""
    weights, score = best_setting(
        shares(len(valid), settings["steps"]), lambda share: np.tensordot(share, valid, axes=1), labels
    )
    chosen = dict(zip(settings["members"], weights, strict=True)) | {"valid_r2": score}
    return Combined(np.tensordot(weights, valid, axes=1), np.tensordot(weights, test, axes=1), chosen)
