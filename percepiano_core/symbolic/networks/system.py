"""Networks that read notes, as a system: where the workflow leaves them, and what they may be given."""

from __future__ import annotations

from percepiano_core.perception.ensemble import System

SYSTEM = System(
    name="symbolic",
    told="read notes",
    model="bilstm_descriptors",
    reads=("notes", "notes+descriptors", "performed"),
    trained="runs/symbolic/published/bilstm_descriptors/performer/fold{0..3}/seed{0,1}/weights.safetensors",
)
