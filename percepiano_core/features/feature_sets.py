"""Which features make a model's input, in which order and width, and which are standardised.

Source: the key-to-column table of the training files that the released code writes, and its list of standardised keys
(docs/features.md, "Sets").
"""

from __future__ import annotations

KEY_WIDTHS: dict[str, int] = {
    # score, one value a note
    "midi_pitch": 1,
    "duration": 1,
    "beat_importance": 1,
    "measure_length": 1,
    "qpm_primo": 1,
    "section_tempo": 1,
    "following_rest": 1,
    "distance_from_abs_dynamic": 1,
    "distance_from_recent_tempo": 1,
    "beat_position": 1,
    "xml_position": 1,
    "grace_order": 1,
    "preceded_by_grace_note": 1,
    "followed_by_fermata_rest": 1,
    "pitch": 13,
    "tempo": 5,
    "dynamic": 4,
    "time_sig_vec": 9,
    "slur_beam_vec": 6,
    "composer_vec": 17,
    "notation": 9,
    "tempo_primo": 2,
    # performance, relative to the score
    "beat_tempo": 1,
    "measure_tempo": 1,
    "velocity": 1,
    "onset_deviation": 1,
    "beat_dynamics": 1,
    "measure_dynamics": 1,
    "articulation": 1,
    "pedal_refresh_time": 1,
    "pedal_cut_time": 1,
    "pedal_at_start": 1,
    "pedal_at_end": 1,
    "soft_pedal": 1,
    "pedal_refresh": 1,
    "pedal_cut": 1,
    "align_matched": 1,
    "articulation_loss_weight": 1,
    # performance, the performed note itself
    "mmidi_pitch": 1,
    "mmidi_velocity": 1,
    "mmidi_start_time": 1,
    "mmidi_end_time": 1,
    # raw copies of score features, never standardised
    "midi_pitch_unnorm": 1,
    "duration_unnorm": 1,
    "beat_importance_unnorm": 1,
    "measure_length_unnorm": 1,
    "following_rest_unnorm": 1,
}

GLOBAL_KEYS: frozenset[str] = frozenset({"qpm_primo", "composer_vec", "tempo_primo"})
"""One value a piece, broadcast to its notes."""

UNNORMALISED_COPIES: dict[str, str] = {
    "midi_pitch_unnorm": "midi_pitch",
    "duration_unnorm": "duration",
    "beat_importance_unnorm": "beat_importance",
    "measure_length_unnorm": "measure_length",
    "following_rest_unnorm": "following_rest",
}
"""Raw copy -> the key that it copies."""

_SCORE_CONTEXT = (
    "beat_position",
    "xml_position",
    "grace_order",
    "preceded_by_grace_note",
    "followed_by_fermata_rest",
    "pitch",
    "tempo",
    "dynamic",
    "time_sig_vec",
    "slur_beam_vec",
    "composer_vec",
    "notation",
    "tempo_primo",
)
_DIRECTION_DISTANCES = ("following_rest", "distance_from_abs_dynamic", "distance_from_recent_tempo")
_METRE = ("duration", "beat_importance", "measure_length", "qpm_primo")
_PERFORMED = (
    "beat_tempo",
    "measure_tempo",
    "section_tempo",
    "velocity",
    "onset_deviation",
    "beat_dynamics",
    "measure_dynamics",
    "articulation",
    "pedal_refresh_time",
    "pedal_cut_time",
    "pedal_at_start",
    "pedal_at_end",
    "soft_pedal",
    "pedal_refresh",
    "pedal_cut",
)
_PERFORMED_NOTE = ("mmidi_pitch", "mmidi_velocity", "mmidi_start_time", "mmidi_end_time")
_UNNORMALISED = tuple(UNNORMALISED_COPIES)

NORMALISED_KEYS: frozenset[str] = frozenset({"midi_pitch", *_METRE, *_DIRECTION_DISTANCES, *_PERFORMED})
"""Keys that are standardised (x - mean) / std before they enter a model; all others enter raw."""

FEATURE_SETS: dict[str, tuple[str, ...]] = {
    "score78": ("midi_pitch", *_METRE, *_DIRECTION_DISTANCES, *_SCORE_CONTEXT),
    "score79": ("midi_pitch", *_METRE, "section_tempo", *_DIRECTION_DISTANCES, *_SCORE_CONTEXT),
    "published101": (
        *_METRE,
        *_DIRECTION_DISTANCES,
        *_SCORE_CONTEXT,
        *_PERFORMED,
        *_PERFORMED_NOTE,
        *_UNNORMALISED,
    ),
    "published9": (*_PERFORMED_NOTE, *_UNNORMALISED),
    "published84": (
        "midi_pitch",
        *_METRE,
        "section_tempo",
        *_DIRECTION_DISTANCES,
        *_SCORE_CONTEXT,
        *_UNNORMALISED,
    ),
    "performance15": _PERFORMED,
}
"""Set name -> published keys in column order."""


def set_width(name: str) -> int:
    """Columns of a feature set."""
    return sum(KEY_WIDTHS[key] for key in FEATURE_SETS[name])


def column_names(name: str) -> list[str]:
    """Column names of a feature set; a vector's are `<key>_<i>`, i from 0."""
    return [column for key in FEATURE_SETS[name] for column in key_columns(key)]


def key_columns(key: str) -> list[str]:
    """Column names of one key."""
    width = KEY_WIDTHS[key]
    return [key] if width == 1 else [f"{key}_{i}" for i in range(width)]
