"""A shard of the mel cache: the spectrograms of some performances one after the other in one HDF5 file, and an index.

The spectrograms are one contiguous dataset of float16, which can be mapped into memory as it lies in the file. What
the index says of itself and of the spectrograms is checked by hashes: a file that was cut short, altered or made by
another front end is told by one line (docs/mel_cache.md, "Shards").
"""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from percepiano_core.audio.mel_cache.front_ends import FrontEnd
from percepiano_core.errors import UserError
from percepiano_core.files import replacing
from percepiano_core.wording import shown

KIND, SCHEMA = "mel_shard", 1
STORED = np.dtype("<f2")
COPIED_ROWS = 1 << 14  # frames that are copied at a time: 4 MB
MAKE_AGAIN = "delete it, run again"


@dataclass(frozen=True, slots=True, eq=False)
class StoredMel:
    """What goes into a shard: a performance's name, its spectrogram [frames, mels], the SHA-256 of the sound file."""

    name: str
    mel: np.ndarray
    source_sha256: str


@dataclass(frozen=True, slots=True)
class IndexRow:
    """Where a performance is in its shard: first frame and how many, CRC-32 of its bytes, SHA-256 of its sound."""

    name: str
    offset: int
    frames: int
    checksum: int
    source_sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Shard:
    """An opened shard.

    Attributes
    ----------
    path : of the file
    sound : what was heard, as the writer called it ("FluidR3_GM.sf2", "recordings")
    rows : the index, in the order of the file
    mel : [all frames, mels] float16, mapped from the file
    """

    path: Path
    sound: str
    rows: tuple[IndexRow, ...]
    mel: np.ndarray

    def view(self, row: IndexRow) -> np.ndarray:
        """Spectrogram [frames, mels] of a performance, as it lies in the file."""
        return self.mel[row.offset : row.offset + row.frames]

    def check(self, row: IndexRow) -> None:
        """UserError where the bytes of a performance are not those that were written."""
        if zlib.crc32(np.ascontiguousarray(self.view(row)).data) != row.checksum:
            raise UserError(self.path, f"the spectrogram of {shown(row.name)} is damaged", MAKE_AGAIN)


def write_shard(path: Path | str, front: FrontEnd, sound: str, mels: Iterable[StoredMel]) -> None:
    """Write a shard whole or not at all, in the order given; equal input gives equal bytes.

    A spectrogram is written as it comes, to a file without a name, so that one at a time is in memory.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows: list[IndexRow] = []
    with tempfile.TemporaryFile(dir=path.parent) as spool:
        for each in mels:
            stored = np.ascontiguousarray(each.mel, STORED)
            offset = rows[-1].offset + rows[-1].frames if rows else 0
            rows.append(IndexRow(each.name, offset, len(stored), zlib.crc32(stored.data), each.source_sha256))
            spool.write(stored.data)
        spool.seek(0)
        with replacing(path) as part, h5py.File(part, "w") as file:
            frames = rows[-1].offset + rows[-1].frames if rows else 0
            dataset = file.create_dataset("mel", (frames, front.mels), STORED, track_times=False)
            for begin in range(0, frames, COPIED_ROWS):
                copied = np.frombuffer(spool.read(COPIED_ROWS * front.mels * STORED.itemsize), STORED)
                dataset[begin : begin + COPIED_ROWS] = copied.reshape(-1, front.mels)
            _write_index(file, front, sound, rows)


def open_shard(path: Path | str, front: FrontEnd) -> Shard:
    """Open a shard; UserError for one that is damaged, something else, or of another front end."""
    path = Path(path)
    try:
        with h5py.File(path, "r") as file:
            _check_kind(path, file, front)
            sound, index = str(file.attrs["sound"]), file["index"][()]
            if str(file.attrs["index_sha256"]) != _index_digest(front.digest, sound, index):
                raise UserError(path, "its index is damaged", MAKE_AGAIN)
            rows = _rows(index)
            mel = _mapped(path, file["mel"], sum(row.frames for row in rows), front.mels)
    except FileNotFoundError:
        raise UserError(path, "there is no such shard of spectrograms", "make it first") from None
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        problem = f"cannot be read as a shard of spectrograms ({shown(str(error))})"
        raise UserError(path, problem, MAKE_AGAIN) from None
    return Shard(path, sound, rows, mel)


def _check_kind(path: Path, file: h5py.File, front: FrontEnd) -> None:
    found = (str(file.attrs.get("kind")), int(file.attrs.get("schema_version", -1)))
    if found != (KIND, SCHEMA):
        raise UserError(path, f"holds {shown(found[0])} of schema {found[1]}, not {KIND} of {SCHEMA}", MAKE_AGAIN)
    name, digest = str(file.attrs["front_end"]), str(file.attrs["front_end_digest"])
    if name != front.name:
        raise UserError(path, f"was made by the front end {shown(name)}, not by {front.name}", f"name {shown(name)}")
    if digest != front.digest:
        raise UserError(path, f"was made by another version of {name} ({shown(digest)})", MAKE_AGAIN)


def _write_index(file: h5py.File, front: FrontEnd, sound: str, rows: list[IndexRow]) -> None:
    index = _index(rows)
    file.create_dataset("index", data=index, track_times=False)
    attributes = {
        "kind": KIND,
        "schema_version": SCHEMA,
        "front_end": front.name,
        "front_end_digest": front.digest,
        "sound": sound,
        "index_sha256": _index_digest(front.digest, sound, index),
    }
    for key, value in attributes.items():
        file.attrs[key] = value


def _index(rows: list[IndexRow]) -> np.ndarray:
    names = [row.name.encode() for row in rows]
    longest = max(map(len, names), default=0) or 1
    kinds = [("name", f"S{longest}"), ("offset", "<i8"), ("frames", "<i8"), ("checksum", "<u4"), ("source", "S64")]
    return np.array(
        [
            (name, row.offset, row.frames, row.checksum, row.source_sha256.encode())
            for name, row in zip(names, rows, strict=True)
        ],
        np.dtype(kinds),
    )


def _rows(index: np.ndarray) -> tuple[IndexRow, ...]:
    return tuple(
        IndexRow(name.decode(), offset, frames, checksum, source.decode())
        for name, offset, frames, checksum, source in index.tolist()
    )


def _index_digest(front_digest: str, sound: str, index: np.ndarray) -> str:
    digest = hashlib.sha256(index.tobytes())
    digest.update("\0".join([front_digest, sound]).encode())
    return digest.hexdigest()


def _mapped(path: Path, dataset: h5py.Dataset, frames: int, mels: int) -> np.ndarray:
    """The dataset [frames, mels] in the file, as memory: slices of it are read three times as fast as through h5py."""
    if dataset.shape != (frames, mels) or dataset.dtype != STORED or dataset.chunks is not None:
        raise ValueError(f"{frames} frames are promised, and it holds {dataset.dtype} of shape {dataset.shape}")
    if not frames:
        return np.zeros((0, mels), STORED)
    offset = dataset.id.get_offset()
    if offset is None:
        raise ValueError("its spectrograms lie nowhere")
    return np.asarray(np.memmap(path, STORED, "r", offset, (frames, mels)))
