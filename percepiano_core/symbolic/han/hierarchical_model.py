"""The hierarchical models: every stage that an architecture can name.

One class covers the published note, voice, beat, measure and total_note_cat heads, the seven-layer recurrence, and the
ladder that adds beats and measures to it; the architecture chooses. See docs/symbolic_networks.md.
"""

from __future__ import annotations

from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.han.layers.stages import build_stage
from percepiano_core.symbolic.han.staged_model import StagedModel


class HierarchicalModel(StagedModel):
    """Features of notes -> logits of the 19 ratings; the ratings, 0 to 1, are their sigmoid."""

    def __init__(self, width: int, architecture: Architecture, descriptors: int = 0) -> None:
        super().__init__(width, architecture, build_stage, descriptors)
