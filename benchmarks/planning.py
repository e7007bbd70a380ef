"""How long `snakemake -n` takes on a configuration, beside a bare workflow of the same jobs, both in turn.

The bare workflow has a rule a job, with the same numbers of input and output files and no Python; a second one has as
many jobs of one file each.

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
JOB = re.compile(r"^(?:local)?rule \w+:\n((?:    .*\n)+)", re.MULTILINE)
SHORT = """
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


def bare(told: str) -> str:
    """A Snakefile with the jobs of a dry-run, a rule each."""
    rules = []
    for text in JOB.findall(told):
        files = {key: names.split(", ") for key, names in re.findall(r"^    (input|output): (.*)$", text, re.M)}
        lines = [f"    {key}: {', '.join(map(repr, names))}" for key, names in files.items()]
        shell = ['    shell: "true"'] if "output" in files else []
        rules.append("\n".join([f"rule r{len(rules)}:", *lines, *shell]))
    return "\n\n".join([*rules[-1:], *rules[:-1]])  # the target of all is the last job


def main(run: Path, rounds: int) -> None:
    """Measure and print."""
    snakemake = [sys.executable, "-m", "snakemake", "-n", "--cores", "2"]
    ours = [*snakemake, "--snakefile", str(REPOSITORY / "Snakefile")]
    _, told = seconds(ours, run)
    jobs = len(JOB.findall(told))
    with tempfile.TemporaryDirectory() as name:
        same, short = run / "bare.smk", Path(name) / "Snakefile"
        same.write_text(bare(told))
        short.write_text(SHORT.format(jobs=jobs - 1))
        (short.parent / "in.txt").touch()
        for _ in range(rounds):
            of_ours = seconds([*ours, "--quiet", "all"], run)[0]
            of_same = seconds([*snakemake, "--quiet", "all", "--snakefile", str(same)], run)[0]
            of_short = seconds([*snakemake, "--quiet", "all"], short.parent)[0]
            print(
                f"{jobs} jobs: {of_ours:.1f} s; the same jobs bare {of_same:.1f} s, ratio {of_ours / of_same:.2f}; "
                f"as many jobs of one file {of_short:.1f} s, ratio {of_ours / of_short:.2f}",
                flush=True,
            )
        same.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
