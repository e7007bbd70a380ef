"""The first stage, which every model has: embed each note, and read the notes in order.

What stages hand on to each other (`Activations`) stands here too. H stands for the hidden units of a direction.
See docs/symbolic_networks.md, "From notes to ratings".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn

from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.han.layers.attention import Attended
from percepiano_core.symbolic.han.layers.recurrence import SequenceLSTM
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch


@dataclass(eq=False)
class Activations:
    """What the stages have made so far.

    Attributes
    ----------
    embedded : notes [n, H]
    of_notes : what is known of each note by now [n, d]; the next stage reads it, and heads over notes
    levels : "note" [n, 2H], "voice" [n, 2H], "beat" [beats, 2H], "measure" [measures, 2H]
    attention : "beat", "measure" -> how their rows were made; "pool" -> how the head pooled
    """

    embedded: Tensor
    of_notes: Tensor
    levels: dict[str, Tensor] = field(default_factory=dict)
    attention: dict[str, Attended] = field(default_factory=dict)


class NoteStage(nn.Module):
    """Embed each note, then read the notes in order: features [n, w] -> [n, 2H]."""

    def __init__(self, width: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.embed = nn.Linear(width, hidden)
        self.rnn = SequenceLSTM(hidden, hidden, layers, dropout)

    def forward(self, batch: NoteBatch) -> Activations:
        """The first stage."""
        embedded = self.embed(batch.features)
        notes = self.rnn(embedded, batch.notes.unrolling)
        return Activations(embedded, notes, {"note": notes})


def build_note_stage(name: str, before: tuple[str, ...], width: int, architecture: Architecture) -> nn.Module:
    """The stage "note" or "stack", which comes first and differs by its layers alone."""
    return NoteStage(width, architecture.hidden, getattr(architecture.layers, name), architecture.dropout)


def note_width(stages: tuple[str, ...], hidden: int) -> int:
    """Width of what is known of each note after these stages."""
    parts = [stage for stage in stages if stage in ("note", "stack", "voice")]
    if "span" in stages:
        parts += [stage for stage in stages if stage in ("beat", "measure")]
    return 2 * hidden * len(parts)
