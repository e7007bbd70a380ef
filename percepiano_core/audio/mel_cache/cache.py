"""Reading spectrograms from the shards of the mel cache by the names of performances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from percepiano_core.audio.mel_cache.front_ends import FrontEnd
from percepiano_core.audio.mel_cache.shard import IndexRow, Shard, open_shard
from percepiano_core.errors import UserError
from percepiano_core.wording import shown


class MelCache:
    """The spectrograms of one or many shards; memory holds the index alone.

    Attributes
    ----------
    front_end : that made them
    names : of the performances, in the order of the shards
    silence : the value of silence as it is stored
    """

    def __init__(self, paths: Iterable[Path | str], front_end: FrontEnd) -> None:
        """Open the shards; UserError for one that cannot be used, and for a performance that is in two."""
        self.front_end = front_end
        self.silence = float(np.float16(front_end.silence))
        self._place: dict[str, tuple[Shard, IndexRow]] = {}
        for path in paths:
            self._add(open_shard(path, front_end))
        self.names = tuple(self._place)

    def _add(self, shard: Shard) -> None:
        for row in shard.rows:
            if row.name in self._place:
                other = self._place[row.name][0].path
                problem = f"{shown(row.name)} is in it and in {other}"
                raise UserError(shard.path, problem, "open the shards of one kind of sound, each once")
            self._place[row.name] = (shard, row)

    def __contains__(self, name: str) -> bool:
        return name in self._place

    def frames(self, name: str) -> int:
        """Frames of a performance; UserError for one that is in no shard, here and below."""
        return self._found(name)[1].frames

    def source_sha256(self, name: str) -> str:
        """SHA-256 of the sound file that a spectrogram was made from."""
        return self._found(name)[1].source_sha256

    def sound(self, name: str) -> str:
        """What was heard, as the writer of the shard called it."""
        return self._found(name)[0].sound

    def view(self, name: str) -> np.ndarray:
        """Spectrogram [frames, 128] float16 as it lies in the file; of a slice, only its own bytes are read."""
        shard, row = self._found(name)
        return shard.view(row)

    def views(self, names: Sequence[str]) -> list[np.ndarray]:
        """The same of several."""
        return [self.view(name) for name in names]

    def mel(self, name: str, dtype: type[np.floating] = np.float32) -> np.ndarray:
        """A copy of the whole spectrogram [frames, 128]; UserError where its bytes are not those that were written."""
        shard, row = self._found(name)
        shard.check(row)
        return shard.view(row).astype(dtype)

    def verify(self) -> None:
        """Read all of it; UserError for the first performance whose bytes are not those that were written."""
        for shard, row in self._place.values():
            shard.check(row)

    def _found(self, name: str) -> tuple[Shard, IndexRow]:
        if name not in self._place:
            problem = f"it has no spectrogram among the {len(self._place)} of {self.front_end.name}"
            raise UserError(shown(name), problem, "see the list of quality for why, or make its shard")
        return self._place[name]
