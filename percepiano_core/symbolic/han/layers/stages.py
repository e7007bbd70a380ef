"""The stages above the notes: voices, beats, measures, and back to the notes.

A model is a sequence of stages (architecture.LEVELS); only those on the way to its head are built, and each reads what
earlier stages made of a batch and adds its own. H stands for the hidden units of a direction.
See docs/symbolic_networks.md, "From notes to ratings".
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.han.layers.attention import ContextAttention
from percepiano_core.symbolic.han.layers.legacy import guessed_reach
from percepiano_core.symbolic.han.layers.note_stage import Activations, build_note_stage, note_width
from percepiano_core.symbolic.han.layers.recurrence import SequenceLSTM
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch


class VoiceStage(nn.Module):
    """Read each voice of each performance on its own, all in one recurrence; a note without a voice gets zeros."""

    def __init__(self, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.rnn = SequenceLSTM(hidden, hidden, layers, dropout)

    def forward(self, made: Activations, batch: NoteBatch) -> Activations:
        """Adds "voice" [n, 2H] and joins it to what is known of each note: [n, 4H]."""
        voices = torch.zeros_like(made.levels["note"])
        if len(batch.voices):
            streams = self.rnn(made.embedded[batch.voiced], batch.voices.unrolling)
            voices = voices.index_copy(0, batch.voiced, streams)
        made.levels["voice"] = voices
        made.of_notes = torch.cat([made.of_notes, voices], dim=1)
        return made


class BeatStage(nn.Module):
    """Notes to beats by attention, then read the beats in order -> [beats, 2H]."""

    def __init__(self, width: int, hidden: int, layers: int, heads: int, dropout: float, temperature: float) -> None:
        super().__init__()
        self.attention = ContextAttention(width, heads, temperature)
        self.rnn = SequenceLSTM(width, hidden, layers, dropout)

    def forward(self, made: Activations, batch: NoteBatch) -> Activations:
        """Adds "beat"."""
        beats = self.attention(made.of_notes, batch.beat_of_note, len(batch.beats.owner))
        made.attention["beat"] = beats
        made.levels["beat"] = self.rnn(beats.rows, batch.beats.unrolling)
        return made


class MeasureStage(nn.Module):
    """Beats to measures by attention, then read the measures in order -> [measures, 2H]."""

    def __init__(self, width: int, hidden: int, layers: int, heads: int, dropout: float, temperature: float) -> None:
        super().__init__()
        self.attention = ContextAttention(width, heads, temperature)
        self.rnn = SequenceLSTM(width, hidden, layers, dropout)

    def forward(self, made: Activations, batch: NoteBatch) -> Activations:
        """Adds "measure"."""
        measures = self.attention(made.levels["beat"], batch.measure_of_beat, len(batch.measures.owner))
        made.attention["measure"] = measures
        made.levels["measure"] = self.rnn(measures.rows, batch.measures.unrolling)
        return made


class SpanStage(nn.Module):
    """Give every note its beat, and its measure where there is one, beside what is known of it.

    `contribution` multiplies what is given; at 0 a trained model shows what its hierarchy is worth (section 6,
    hierarchy ablation). `reach` may limit which notes are given anything.
    """

    def __init__(self, reach: Callable[[NoteBatch, str], Tensor] | None = None) -> None:
        super().__init__()
        self.reach = reach
        self.contribution = 1.0

    def forward(self, made: Activations, batch: NoteBatch) -> Activations:
        """Joins [n, 2H] of beats, then of measures, to what is known of each note."""
        places = {"beat": batch.beat_of_note, "measure": batch.measure_of_note}
        levels = [level for level in places if level in made.levels]
        given = [self._given(made.levels[level][places[level]], batch, level) for level in levels]
        made.of_notes = torch.cat([made.of_notes, *given], dim=1)
        return made

    def _given(self, rows: Tensor, batch: NoteBatch, level: str) -> Tensor:
        if self.reach is not None:
            rows = rows * self.reach(batch, level)[:, None]
        return rows * self.contribution


def build_stage(name: str, before: tuple[str, ...], width: int, architecture: Architecture) -> nn.Module:
    """The stage `name` after the stages `before`, for features of `width` columns."""
    hidden, dropout, heads = architecture.hidden, architecture.dropout, architecture.heads
    layers, temperature = architecture.layers, architecture.options.temperature("segment")
    if name in ("note", "stack"):
        return build_note_stage(name, before, width, architecture)
    if name == "voice":
        return VoiceStage(hidden, layers.voice, dropout)
    if name == "beat":
        below = note_width(before, hidden)
        return BeatStage(below, hidden, layers.beat, heads, dropout, temperature)
    if name == "measure":
        return MeasureStage(2 * hidden, hidden, layers.measure, heads, dropout, temperature)
    return SpanStage(guessed_reach if architecture.options.span_length == "legacy" else None)
