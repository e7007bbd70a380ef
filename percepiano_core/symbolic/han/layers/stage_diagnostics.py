"""What the diagnostics of an epoch tell of a staged model: the scale of each stage, the entropy of each attention."""

from __future__ import annotations

from percepiano_core.symbolic.han.layers.note_stage import Activations
from percepiano_core.symbolic.han.layers.segments import segment_entropy


def stage_numbers(made: Activations) -> dict[str, float]:
    """Standard deviation of what each stage made, and normalised entropy (0 to 1) of each attention."""
    scales = {f"scale_{level}": float(rows.std()) for level, rows in made.levels.items()}
    return scales | {
        f"attention_{level}": float(segment_entropy(each.weights, each.owner, len(each.rows)))
        for level, each in made.attention.items()
    }
