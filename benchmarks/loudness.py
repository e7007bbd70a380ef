"""How many times faster than real time the network's inputs are computed on one core.

    OMP_NUM_THREADS=1 python benchmarks/loudness.py [CHECKOUT ...]

Prints a table in Markdown: seconds of audio for a second of the core's time (so that other work on the machine does not
count), best of several rounds. Other checkouts of this project, given by their folders, are measured in turn with this
one, so that what the machine does besides slows all alike. The target for Bark-scale loudness is 500.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SECONDS, ROUNDS, TURNS = 60, 7, 5
HERE = Path(__file__).resolve().parent.parent
MEASURE = "--measure"


def real_time_factors() -> dict[str, float]:
    """Kind of input -> seconds of audio processed in a second of CPU time, in the fastest of several rounds."""
    from percepiano_core.dynamics.inputs.inputs import KINDS

    rng = np.random.default_rng(0)
    factors = {}
    for name, kind in KINDS.items():
        waveform = (0.1 * rng.normal(size=SECONDS * kind.sample_rate)).astype(np.float32)
        durations = []
        for _ in range(ROUNDS):
            start = time.process_time()
            kind.compute(waveform)
            durations.append(time.process_time() - start)
        factors[name] = SECONDS / min(durations)
    return factors


def measured(checkout: Path) -> dict[str, float]:
    """The factors of a checkout, measured in a process of its own."""
    command = [sys.executable, __file__, MEASURE]
    shown = subprocess.run(
        command, env={"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=True
    ).stdout
    return {name: float(factor) for name, factor in (line.split() for line in shown.splitlines())}


def main(checkouts: list[Path]) -> None:
    """Print the table."""
    turns = [{checkout: measured(checkout) for checkout in checkouts} for _ in range(TURNS)]
    print(f"| input ({SECONDS} s, one core) | " + " | ".join(checkout.name for checkout in checkouts) + " |")
    print("|---" * (len(checkouts) + 1) + "|")
    for name in turns[0][checkouts[0]]:
        best = [max(turn[checkout][name] for turn in turns) for checkout in checkouts]
        print(f"| {name} | " + " | ".join(f"{factor:.0f}x" for factor in best) + " |")


if __name__ == "__main__":
    if sys.argv[1:] == [MEASURE]:
        print("\n".join(f"{name} {factor}" for name, factor in real_time_factors().items()))
    else:
        main([HERE, *(Path(each).resolve() for each in sys.argv[1:])])
