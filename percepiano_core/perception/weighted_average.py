"""Weighted average of other models; the validation role chooses one weight a member, the same for all dimensions.

Few numbers are chosen, since the validation role is small and some members have already chosen their epoch by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from percepiano_core.perception.combination import Combined
from percepiano_core.perception.selection import best_setting, shares
from percepiano_core.training.settings import REQUIRED, built, setting

INPUTS = ("predictions",)


@dataclass(frozen=True)
class Settings:
    """What may be set."""

    members: list[str] = setting(
        REQUIRED, "models whose predictions are averaged; their seeds count as one, their mean", unique=True
    )
    steps: int = setting(10, "the validation role chooses the weights among multiples of 1 / steps", least=1)


def combine(valid: np.ndarray, labels: np.ndarray, test: np.ndarray, settings: Mapping[str, Any]) -> Combined:
    """The average by the weights that the validation role chooses; ties go to the first weights tried."""
    options = built(Settings, settings)
    weights, score = best_setting(
        shares(len(valid), options.steps), lambda share: np.tensordot(share, valid, axes=1), labels
    )
    chosen = dict(zip(options.members, weights, strict=True)) | {"valid_r2": score}
    return Combined(np.tensordot(weights, valid, axes=1), np.tensordot(weights, test, axes=1), chosen)
