"""A model made of stages on the way to a level, and a head over that level's rows.

Which stages there are to build is given, so that a model of notes alone does not depend on those above the notes.
See docs/symbolic_networks.md.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from percepiano_core.symbolic.han.architecture import LEVELS, Architecture
from percepiano_core.symbolic.han.layers.head import Head
from percepiano_core.symbolic.han.layers.initialisation import initialise
from percepiano_core.symbolic.han.layers.legacy import padded_rows
from percepiano_core.symbolic.han.layers.note_stage import Activations, note_width
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch

StageBuilder = Callable[[str, tuple[str, ...], int, Architecture], nn.Module]
"""Name of a stage, names of the stages before it, columns of the features, architecture -> the stage."""


class StagedModel(nn.Module):
    """Features of notes -> logits of the 19 ratings; the ratings, 0 to 1, are their sigmoid."""

    def __init__(self, width: int, architecture: Architecture, build_stage: StageBuilder, descriptors: int = 0) -> None:
        super().__init__()
        names = LEVELS[architecture.level]
        self.architecture = architecture
        self.stages = nn.ModuleDict(
            {name: build_stage(name, names[:i], width, architecture) for i, name in enumerate(names)}
        )
        over_notes = architecture.level not in ("beat", "measure")
        read = note_width(names, architecture.hidden) if over_notes else 2 * architecture.hidden
        self.head = Head(read, over_notes, architecture, descriptors)
        initialise(self, architecture.options)

    def forward(self, batch: NoteBatch) -> Tensor:
        """Logits [b, 19]; those of a performance do not depend on the others, unless padding is "legacy"."""
        return self.activations(batch)[0]

    def activations(self, batch: NoteBatch) -> tuple[Tensor, Activations]:
        """Logits [b, 19] and what every stage made on the way."""
        first, *later = self.stages.values()
        made: Activations = first(batch)
        for stage in later:
            made = stage(made, batch)
        logits, made.attention["pool"] = self.head(*self._read(made, batch), batch.descriptors)
        return logits, made

    def _read(self, made: Activations, batch: NoteBatch) -> tuple[Tensor, Tensor]:
        """Rows that the head reads, and the performance of each."""
        level = self.architecture.level
        if level in ("beat", "measure"):
            rows = batch.beats if level == "beat" else batch.measures
            return made.levels[level], rows.owner
        if self.architecture.options.padding == "legacy":
            return padded_rows(made.of_notes, batch)
        return made.of_notes, batch.notes.owner
