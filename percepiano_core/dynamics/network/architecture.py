"""What a dynamics network is made of: plain values that it is built from."""

from __future__ import annotations

from dataclasses import dataclass

TASKS = {"dynamic": 6, "beat": 1, "downbeat": 1, "change_point": 1}  # task -> outputs; dynamic: blank and five levels
Scales = tuple[int, int]


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What a network is made of.

    Attributes
    ----------
    bands : features a frame (22 Bark bands, 128 mel bands, or loudness channels)
    tasks : keys of TASKS; one task needs no head, the encoder answers it
    scales : frames of a level for one of the next coarser level
    experts : share experts among the tasks (MMoE); else each task has one projection. One task has neither.
    """

    bands: int = 22
    tasks: tuple[str, ...] = tuple(TASKS)
    scales: Scales = (5, 5)
    experts: bool = True


# The published variants. The paper says a scale of 5; its single-task networks were run with 3.
PRESETS = {
    "multi_bssl": NetworkConfig(),
    "multi_bssl_no_experts": NetworkConfig(experts=False),
    "multi_logmel": NetworkConfig(bands=128),
    "multi_logmel_no_experts": NetworkConfig(bands=128, experts=False),
    **{f"single_bssl_{task}": NetworkConfig(tasks=(task,), scales=(3, 3)) for task in TASKS},
    **{f"single_logmel_{task}": NetworkConfig(bands=128, tasks=(task,), scales=(3, 3)) for task in TASKS},
}
