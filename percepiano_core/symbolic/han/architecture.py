"""What a note network is made of: declared values that a preset chooses and a model is built from.

The defaults are as published: the released model classes (model_m2pf.py, encoder_score.py). The options deviate from
them, each off by default; docs/symbolic_results.md says what each is worth.
"""

from __future__ import annotations

from dataclasses import dataclass

from percepiano_core.training.settings import check_choices, setting

LEVELS: dict[str, tuple[str, ...]] = {
    "note": ("note",),
    "voice": ("note", "voice"),
    "beat": ("note", "voice", "beat"),
    "measure": ("note", "voice", "beat", "measure"),
    "total_note_cat": ("note", "voice", "beat", "measure", "span"),
    "stack": ("stack",),
    "stack_beat": ("stack", "beat", "span"),
    "stack_beat_measure": ("stack", "beat", "measure", "span"),
}
"""What the head reads -> the stages on the way there, in order. Only these are built."""


@dataclass(frozen=True)
class Layers:
    """LSTM layers of each level."""

    note: int = setting(2, "over notes", unit="layers", least=1)
    voice: int = setting(2, "over the notes of each voice", unit="layers", least=1)
    beat: int = setting(2, "over beats", unit="layers", least=1)
    measure: int = setting(1, "over measures", unit="layers", least=1)
    stack: int = setting(7, "of the one recurrence that the stack levels have instead", unit="layers", least=1)


@dataclass(frozen=True)
class Options:
    """Deviations from the published models, each off by default."""

    padding: str = setting(
        "masked",
        "legacy: pooling over notes takes in the padding of the batch, as the released code does",
        choices=("masked", "legacy"),
    )
    span_length: str = setting(
        "true",
        "legacy: beats and measures reach only the notes that the released code finds by its zeros",
        choices=("true", "legacy"),
    )
    pool: str = setting("context", "attention of the head", choices=("context", "linear_heads"))
    norm_after_encoder: bool = setting(False, "LayerNorm of what the head reads")
    norm_before_head: bool = setting(False, "LayerNorm of the pooled vector")
    head_init_gain: float = setting(
        0.0, "gain of the Xavier initialisation of both head layers, with biases 0; 0: torch's own", least=0
    )
    attention_temperature: float = setting(1.0, "divides the scores of the attentions in temperature_scope", above=0)
    temperature_scope: str = setting(
        "both", "pool: of the head; segment: of beats and measures", choices=("pool", "segment", "both")
    )
    attention_init: str = setting(
        "uniform", "xavier: projection Xavier with bias 0, contexts U(-2, 2)", choices=("uniform", "xavier")
    )
    attention_init_scope: str = setting("all", "attentions that attention_init is of", choices=("segment", "all"))
    attention_lr_factor: float = setting(
        1.0, "learning rate of all attention parameters over that of the others", above=0
    )
    entropy_weight: float = setting(0.0, "weight of the regulariser against even beat attention", least=0)
    entropy_target: float = setting(
        0.6, "normalised entropy of attention above which that regulariser begins", least=0, most=1
    )
    entropy_scope: str = setting(
        "segment",
        "segment: of the attention in use; sequence: of one softmax over the padded note sequence",
        choices=("segment", "sequence"),
    )
    lstm_init: str = setting(
        "uniform",
        "orthogonal: orthogonal matrices, biases 0, both forget biases 1",
        choices=("uniform", "orthogonal"),
    )

    def __post_init__(self) -> None:
        check_choices(self)

    def temperature(self, scope: str) -> float:
        """Temperature of the attentions of one scope, "pool" or "segment"."""
        return self.attention_temperature if self.temperature_scope in (scope, "both") else 1.0


@dataclass(frozen=True)
class Architecture:
    """Level that the head reads, and sizes."""

    level: str = setting("note", "rows that the head reads", choices=tuple(LEVELS))
    hidden: int = setting(256, "hidden units of a direction", unit="units", least=1)
    layers: Layers = setting(Layers, "LSTM layers of each level")
    heads: int = setting(8, "of each attention; they divide the hidden units", least=1)
    dropout: float = setting(0.2, "share of units dropped in training", least=0, below=1)
    options: Options = setting(Options, "deviations from the published models")

    def __post_init__(self) -> None:
        check_choices(self)
