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
