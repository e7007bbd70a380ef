"""Units of the features, by published key (docs/features.md, docs/performance_features.md)."""

from __future__ import annotations

_LOG_TEMPO = "log10 quarters/min"
_PEDAL = "controller value through a smooth switch, 0-126"
UNITS: dict[str, str] = {
    "midi_pitch": "MIDI number",
    "duration": "quarters",
    "beat_importance": "0-4",
    "measure_length": "quarters",
    "qpm_primo": _LOG_TEMPO,
    "section_tempo": _LOG_TEMPO,
    "following_rest": "quarters",
    "distance_from_abs_dynamic": "quarters",
    "distance_from_recent_tempo": "quarters",
    "beat_position": "share of the measure, 0-1",
    "xml_position": "share of the segment, 0-1",
    "grace_order": "0 or a negative number of notes",
    "preceded_by_grace_note": "0 or 1",
    "followed_by_fermata_rest": "0 or 1",
    "pitch": "(octave - 4) / 4, then pitch class 0 or 1",
    "tempo": "word values, -1 to 1",
    "dynamic": "word values, -1 to 1",
    "time_sig_vec": "0 or 1",
    "slur_beam_vec": "0 or 1",
    "composer_vec": "0 or 1",
    "notation": "0 or 1",
    "tempo_primo": "word values, -1 to 1",
    "beat_tempo": _LOG_TEMPO,
    "measure_tempo": _LOG_TEMPO,
    "velocity": "MIDI velocity, 1-127",
    "onset_deviation": "quarters",
    "beat_dynamics": "MIDI velocity, 1-127",
    "measure_dynamics": "MIDI velocity, 1-127",
    "articulation": "log10 of played over notated duration",
    "pedal_refresh_time": "s",
    "pedal_cut_time": "s",
    "pedal_at_start": _PEDAL,
    "pedal_at_end": _PEDAL,
    "soft_pedal": _PEDAL,
    "pedal_refresh": _PEDAL,
    "pedal_cut": _PEDAL,
    "align_matched": "0 or 1",
    "articulation_loss_weight": "0-1",
    "mmidi_pitch": "MIDI number",
    "mmidi_velocity": "MIDI velocity, 1-127",
    "mmidi_start_time": "s",
    "mmidi_end_time": "s",
}


def unit(key: str) -> str:
    """Unit of a feature; empty where none is known."""
    return UNITS.get(key, "")
