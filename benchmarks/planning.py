"""How long `snakemake -n` takes on a configuration, beside a bare workflow of as many jobs, both in turn.

python benchmarks/planning.py RUN [ROUNDS]: RUN is a folder to run in, as with --directory; corpora are found as the
environment and config.yaml say.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BARE = """
rule all:
    input: expand("out/{{i}}.txt", i=range({jobs}))

rule one:
    input: "in.txt"
    output: "out/{{i}}.txt"
    shell: "cp {{input}} {{output}}"
"""


def seconds(command: list[str], folder: Path) -> tuple[float, str]:
    """Wall time of a dry-run, and what it printed."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return time.perf_counter() - begun, done.stdout + done.stderr


def main(run: Path, rounds: int) -> None:
    """Measure and print."""
    snakemake = [sys.executable, "-m", "snakemake", "-n", "--cores", "2"]
    ours = [*snakemake, "--snakefile", str(REPOSITORY / "Snakefile")]
    _, told = seconds(ours, run)
    jobs = int(re.findall(r"^total\s+(\d+)$", told, re.M)[-1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "Snakefile").write_text(BARE.format(jobs=jobs - 1))
        (folder / "in.txt").touch()
        for _ in range(rounds):
            of_ours, of_bare = seconds(ours, run)[0], seconds(snakemake, folder)[0]
            print(f"{jobs} jobs: {of_ours:.1f} s, bare {of_bare:.1f} s, ratio {of_ours / of_bare:.2f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
