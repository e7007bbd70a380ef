"""From sound files to a shard of the mel cache, in several processes; what cannot be used is listed.

A shard is what one job of a workflow makes: it is there whole, or not at all and made again.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from percepiano_core.audio.mel_cache.front_ends import FrontEnd, front_end, mel_of_recording
from percepiano_core.audio.mel_cache.shard import STORED, StoredMel, write_shard
from percepiano_core.errors import DataError, UserError
from percepiano_core.job import concerning
from percepiano_core.quality import LEFT_OUT, QualityLine, from_error
from percepiano_core.sound.repair import Repair

STAGE = "spectrograms"  # of the lines of quality
AHEAD = 2  # files a process that may be waiting: more would fill the memory where writing is slow


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What came of one sound file: a spectrogram or an error, and what was repaired."""

    name: str
    mel: StoredMel | None
    error: DataError | None
    repairs: tuple[Repair, ...]


def build_shard(
    path: Path | str,
    recordings: Mapping[str, Path],
    front: FrontEnd,
    sound: str,
    processes: int = 1,
    root: Path | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> list[QualityLine]:
    """Write the spectrograms of performances (name -> sound file) to a shard, in the order given.

    sound : what is heard, for the shard to say ("FluidR3_GM.sf2", "recordings")
    processes : how many compute, each on one thread; the bytes of the shard do not depend on it
    root : folder that the files of the lines of quality are relative to
    progress : is told each name that is done

    Returns a line of quality for each file that cannot be used, which the shard is without, and for each repair.
    UserError where a process is killed.
    """
    lines: list[QualityLine] = []

    def usable() -> Iterator[StoredMel]:
        for heard in _heard_in_order(recordings, front.name, processes):
            lines.extend(_lines(heard, recordings[heard.name], root))
            progress(heard.name)
            if heard.mel is not None:
                yield heard.mel

    try:
        write_shard(path, front, sound, usable())
    except BrokenProcessPool:
        problem = "a process that computes spectrograms was killed, most likely for want of memory"
        raise UserError(path, problem, "give the job more memory, or fewer processes") from None
    return lines


def hear(name: str, path: Path, front_name: str) -> Heard:
    """The spectrogram of one sound file as it is stored, or why there is none."""
    repairs: list[Repair] = []
    try:
        with concerning(path):
            mel = mel_of_recording(path, front_end(front_name), repairs.append).astype(STORED)
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except DataError as error:
        return Heard(name, None, error, tuple(repairs))
    return Heard(name, StoredMel(name, mel, sha256), None, tuple(repairs))


def _heard_in_order(recordings: Mapping[str, Path], front_name: str, processes: int) -> Iterator[Heard]:
    if processes == 1:
        with threadpool_limits(1):
            yield from (hear(name, path, front_name) for name, path in recordings.items())
        return
    front = front_end(front_name)
    front.spectrogram(np.zeros(front.window, np.float32))  # here, so that forked processes have its tables
    with ProcessPoolExecutor(processes, initializer=threadpool_limits, initargs=(1,)) as pool:
        calls = (pool.submit(hear, name, path, front_name) for name, path in recordings.items())
        yield from _in_order(calls, AHEAD * processes)


def _in_order(calls: Iterable[Future[Heard]], ahead: int) -> Iterator[Heard]:
    """Results of calls in their order; a call is submitted when no more than `ahead` are before it."""
    submitted = iter(calls)
    waiting = deque(islice(submitted, ahead))
    while waiting:
        heard = waiting.popleft().result()
        waiting.extend(islice(submitted, 1))
        yield heard


def _lines(heard: Heard, path: Path, root: Path | None) -> list[QualityLine]:
    inside = root is not None and path.is_relative_to(root)
    file = (path.relative_to(root) if inside and root is not None else path).as_posix()
    lines = [repair.quality_line(STAGE, heard.name, file) for repair in heard.repairs]
    if heard.error is not None:
        lines.append(from_error(STAGE, heard.name, heard.error, LEFT_OUT, root))
    return lines
