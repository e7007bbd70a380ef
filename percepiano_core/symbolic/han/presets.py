"""The models by name: what each reads, and what it is made of.

`published` presets follow the released code (percepiano-models.md, section 1); the ladder of single recurrences and the
options come from earlier experiments (section 6); `small` ones are what a CPU trains in reasonable time (section 9).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from percepiano_core.errors import UserError
from percepiano_core.symbolic.han.architecture import Architecture, Options

AS_PUBLISHED = Options()
SMALL = 64  # hidden units; section 9
REPLICA = Options(
    head_init_gain=0.1,
    attention_temperature=0.5,
    attention_init="xavier",
    attention_init_scope="segment",
    attention_lr_factor=10.0,
    entropy_weight=0.01,
    lstm_init="orthogonal",
)  # section 6, the values of the replica's last rounds


@dataclass(frozen=True)
class Preset:
    """A model of the table: name of its feature set, its architecture, one line on what it is."""

    feature_set: str
    architecture: Architecture
    description: str = field(compare=False)


def _preset(
    feature_set: str, level: str, description: str, hidden: int = 256, options: Options = AS_PUBLISHED
) -> Preset:
    return Preset(feature_set, Architecture(level, hidden, options=options), description)


PRESETS: dict[str, Preset] = {
    "bilstm": _preset("published9", "note", "published Bi-LSTM: performed notes and five raw score columns"),
    "bilstm_sa": _preset("published101", "note", "published Bi-LSTM+SA: all score and performance columns"),
    "bilstm_sa_han": _preset("published101", "measure", "published Bi-LSTM+SA+HAN: voices, beats and measures"),
    "han_voice": _preset("published101", "voice", "published code, head over notes with their voices"),
    "han_beat": _preset("published101", "beat", "published code, head over beats"),
    "han_total": _preset("published101", "total_note_cat", "published code, head over notes with all levels"),
    "bilstm7": _preset("score79", "stack", "one recurrence of seven layers, the earlier replica's baseline"),
    "bilstm7_beat": _preset("score79", "stack_beat", "bilstm7 with beats"),
    "bilstm7_beat_measure": _preset("score79", "stack_beat_measure", "bilstm7 with beats and measures"),
    "han_replica": _preset("score79", "total_note_cat", "the earlier replica with all its options", options=REPLICA),
    "bilstm_small": _preset("published9", "note", "bilstm at 64 hidden units", SMALL),
    "bilstm_sa_small": _preset("published101", "note", "bilstm_sa at 64 hidden units", SMALL),
    "bilstm_sa_han_small": _preset("published101", "measure", "bilstm_sa_han at 64 hidden units", SMALL),
}


def preset(name: str) -> Preset:
    """The preset of this name; UserError if there is none."""
    if name not in PRESETS:
        raise UserError(f"preset {name}", "there is none of this name", f"choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
