"""How many times faster than real time the network's inputs are computed on one core.

    python benchmarks/loudness.py

Prints a table in Markdown: seconds of audio for a second of the core's time (so that other work on the machine does not
count), best of several rounds. The target for Bark-scale loudness is 500.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from percepiano_core.dynamics.inputs.log_mel import LogMelExtractor
from percepiano_core.dynamics.inputs.loudness import PsychoFeatureExtractor
from percepiano_core.sound.recording import SAMPLE_RATE

SECONDS, ROUNDS = 60, 7
BATCHES = (1, 4)


def real_time_factor(extract: Callable[[Tensor], object], batch: int) -> float:
    """Seconds of audio processed in a second of CPU time, in the fastest of several rounds."""
    waveform = 0.1 * torch.randn(batch, SECONDS * SAMPLE_RATE)
    durations = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        extract(waveform)
        durations.append(time.thread_time() - start)
    return batch * SECONDS / min(durations)


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    inputs: dict[str, Callable[[Tensor], object]] = {
        "Bark-scale loudness, paper mode": PsychoFeatureExtractor(),
        "Bark-scale loudness, ma mode": PsychoFeatureExtractor(mode="ma"),
        "log-mel": LogMelExtractor(),
    }
    print(f"| input ({SECONDS} s at {SAMPLE_RATE} Hz, one core) | " + " | ".join(f"batch {b}" for b in BATCHES) + " |")
    print("|---" * (len(BATCHES) + 1) + "|")
    with torch.inference_mode():
        for name, extract in inputs.items():
            print(f"| {name} | " + " | ".join(f"{real_time_factor(extract, b):.0f}x" for b in BATCHES) + " |")


if __name__ == "__main__":
    main()
