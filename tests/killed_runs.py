"""Programs that are killed in the middle of their work, for tests that what they kept is taken up again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


def run_to_the_end(code: str, folder: Path) -> str:
    """Run Python code, which may import the modules of the tests, with `folder` as its argument; what it printed."""
    with _started(code, folder) as program:
        told, _ = program.communicate()
    assert program.returncode == 0, told
    return told


def run_until_killed(code: str, folder: Path, line: str, seconds: float = 0.0) -> None:
    """The same, killed (as by kill -9) some seconds after it printed a line that begins with `line`."""
    with _started(code, folder) as program:
        seen = any(each.startswith(line) for each in program.stdout)
        time.sleep(seconds)
        program.kill()
    assert seen, f"ended before it printed {line!r}"


def _started(code: str, folder: Path) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},  # numbers do not depend on how many cores are free
    )
