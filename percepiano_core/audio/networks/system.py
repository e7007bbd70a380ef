"""Networks that hear sound, as a system: where the workflow leaves them, and what they may be given."""

from __future__ import annotations

from percepiano_core.perception.ensemble import System

SYSTEM = System(
    name="audio",
    told="hear sound",
    model="ast",
    reads=("mel",),
    trained="runs/audio/published/ast/performer/fold0/seed0/weights.safetensors",
)
