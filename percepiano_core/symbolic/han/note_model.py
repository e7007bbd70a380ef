"""The models of notes alone: the note stage and a head over it."""

from __future__ import annotations

from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.han.layers.note_stage import build_note_stage
from percepiano_core.symbolic.han.staged_model import StagedModel


class NoteModel(StagedModel):
    """Features of notes -> logits of the 19 ratings; the ratings, 0 to 1, are their sigmoid."""

    def __init__(self, width: int, architecture: Architecture, descriptors: int = 0) -> None:
        super().__init__(width, architecture, build_note_stage, descriptors)
