"""What a symbolic neural model is made of: plain values that a preset chooses and a model is built from.

Source: percepiano-models.md, section 2 (published values) and section 6 (options; the defaults are as published).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from percepiano_core.errors import UserError

CHOICES: dict[str, tuple[str, ...]] = {
    "padding": ("masked", "legacy"),
    "span_length": ("true", "legacy"),
    "pool": ("context", "linear_heads"),
    "temperature_scope": ("pool", "segment", "both"),
    "attention_init": ("uniform", "xavier"),
    "attention_init_scope": ("segment", "all"),
    "entropy_scope": ("segment", "sequence"),
    "lstm_init": ("uniform", "orthogonal"),
}
"""Option -> its values; the first is the published one."""


def _check(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(what, f"there is no {value!r}", f"choose one of {', '.join(choices)}")


@dataclass(frozen=True)
class Layers:
    """LSTM layers of each level; `stack` is the number of the single-recurrence models."""

    note: int = 2
    voice: int = 2
    beat: int = 2
    measure: int = 1
    stack: int = 7


@dataclass(frozen=True)
class Options:
    """Deviations from the published models, each off by default.

    Attributes
    ----------
    padding : "masked", or "legacy": pooling over notes takes in the padding of the batch (trap 1)
    span_length : "true", or "legacy": beats and measures reach only the notes that the published guess finds (trap 2)
    pool : "context", or "linear_heads"
    norm_after_encoder : LayerNorm of what the head reads
    norm_before_head : LayerNorm of the pooled vector
    head_init_gain : gain of the Xavier initialisation of both head layers, with biases 0; 0 for the library's own
    attention_temperature : divides the scores of the attentions in `temperature_scope`
    temperature_scope : "pool", "segment" (beats and measures) or "both"
    attention_init : "uniform", or "xavier": projection Xavier with bias 0, contexts U(-2, 2)
    attention_init_scope : "segment" or "all"
    attention_lr_factor : learning rate of all attention parameters over that of the others
    entropy_weight : weight of the penalty on even beat attention
    entropy_target : normalised entropy, 0 to 1, above which the penalty begins
    entropy_scope : "segment": of the attention in use; "sequence": of one softmax over the padded note sequence
    lstm_init : "uniform", or "orthogonal": orthogonal matrices, biases 0, both forget biases 1
    """

    padding: str = "masked"
    span_length: str = "true"
    pool: str = "context"
    norm_after_encoder: bool = False
    norm_before_head: bool = False
    head_init_gain: float = 0.0
    attention_temperature: float = 1.0
    temperature_scope: str = "both"
    attention_init: str = "uniform"
    attention_init_scope: str = "all"
    attention_lr_factor: float = 1.0
    entropy_weight: float = 0.0
    entropy_target: float = 0.6
    entropy_scope: str = "segment"
    lstm_init: str = "uniform"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            _check(f"option {name}", getattr(self, name), choices)

    def temperature(self, scope: str) -> float:
        """Temperature of the attentions of one scope, "pool" or "segment"."""
        return self.attention_temperature if self.temperature_scope in (scope, "both") else 1.0

    def changed(self) -> dict[str, object]:
        """The options that are not as published."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}


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
class Architecture:
    """Level that the head reads, and sizes: hidden units a direction, attention heads, dropout, ratings.

    `descriptors` is the number of descriptors that the head reads beside the pooled vector (published: none).
    """

    level: str
    hidden: int = 256
    layers: Layers = Layers()
    heads: int = 8
    dropout: float = 0.2
    n_ratings: int = 19
    descriptors: int = 0
    options: Options = Options()

    def __post_init__(self) -> None:
        _check("level", self.level, tuple(LEVELS))
