"""The 19 perceptual dimensions, in the order of the published label files (docs/ratings.md)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dimension:
    """A rated quality: key, the words at the scale's ends, and whether the raters' sheet was reverse-coded (8 - x)."""

    key: str
    low: str
    high: str
    reversed: bool


DIMENSIONS = (
    Dimension("timing", "stable", "unstable", False),
    Dimension("articulation_length", "short", "long", True),
    Dimension("articulation_touch", "soft", "hard", False),
    Dimension("pedal_amount", "dry", "wet", True),
    Dimension("pedal_clarity", "clean", "blurred", False),
    Dimension("timbre_variety", "even", "colourful", False),
    Dimension("timbre_depth", "shallow", "rich", True),
    Dimension("timbre_brightness", "bright", "dark", False),
    Dimension("timbre_loudness", "soft", "loud", False),
    Dimension("sophistication", "mellow", "raw", False),
    Dimension("dynamic_range", "little", "large", True),
    Dimension("tempo", "fast", "slow", False),
    Dimension("space", "flat", "spacious", False),
    Dimension("balance", "disproportioned", "balanced", True),
    Dimension("drama", "pure", "dramatic", False),
    Dimension("mood_valence", "pleasant", "dark", False),
    Dimension("mood_energy", "low", "high", True),
    Dimension("mood_imagination", "honest", "imaginative", True),
    Dimension("interpretation", "doubtful", "convincing", True),
)
DIMENSION_KEYS = tuple(dimension.key for dimension in DIMENSIONS)
