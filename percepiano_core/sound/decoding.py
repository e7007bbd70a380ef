"""Decoding a sound file block by block: known by its content, its header mended, read as far as it goes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import soundfile  # type: ignore[import-untyped]

from percepiano_core.errors import DataError
from percepiano_core.file_kinds import HEAD_BYTES
from percepiano_core.files import input_problem
from percepiano_core.sound.repair import Repair, Tell
from percepiano_core.sound.sound_formats import misnamed, refuse_what_is_no_sound, unreadable
from percepiano_core.sound.sound_headers import Promise, ogg_is_whole, promise

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK_FRAMES = 8192  # what is lost at most where a file breaks off in the middle of compressed sound
SLOWEST, FASTEST = 4_000, 768_000  # samples a second that a recording may have
NOTICED_SECONDS = 0.05  # that are missing; less is how encoders end
COPY_AGAIN = "copy or export it again, if the rest is needed"
CHECK_END = "none needed, if it ends as it should"
FRAME_COUNTS = (b"Xing", b"Info", b"VBRI")  # in the first frame of an MP3 file that says how many follow


class Patched(io.RawIOBase):
    """A file that reads as if some of its bytes were others."""

    def __init__(self, file: BinaryIO, patch: dict[int, bytes]) -> None:
        self.file, self.patch = file, patch

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Any place of it can be gone to."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self.file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return self.file.seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer from here on; how many bytes that were."""
        start = self.file.tell()
        view = memoryview(buffer)
        read = bytearray(self.file.read(len(view)))
        for position, replacement in self.patch.items():
            for at, byte in enumerate(replacement, position - start):
                if 0 <= at < len(read):
                    read[at] = byte
        view[: len(read)] = read
        return len(read)


class Forward(soundfile.SoundFile):
    """A sound file that is read from the beginning to the end.

    soundfile goes to the place where it is after each read, which lets the decoder of MP3 begin anew there and give
    other samples. It does not with files that it takes for pipes.
    """

    def seekable(self) -> bool:
        """Never."""
        return False


class SoundStream:
    """The sound of one file, to be read once, from the beginning.

    Attributes
    ----------
    rate, channels : Hz, how many
    exact : the samples are floating-point numbers, which may be as small as they like
    """

    def __init__(self, path: Path, sound: Forward, promised: Promise | None, counted: bool, cut: bool) -> None:
        self.path, self.rate, self.channels = path, int(sound.samplerate), int(sound.channels)
        self.exact = sound.subtype in ("FLOAT", "DOUBLE")
        self._sound, self._promise, self._counted, self._cut = sound, promised, counted, cut
        if not SLOWEST <= self.rate <= FASTEST:
            problem = f"its header says {self.rate} samples a second"
            raise DataError(path, problem, f"export it again, at {SLOWEST} to {FASTEST} (44100, if in doubt)")

    def blocks(self, tell: Tell) -> Iterator[np.ndarray]:
        """Samples [n, channels] float32, in order; what is wrong with them as a whole is told at the end."""
        read, reason = 0, ""
        while True:
            try:
                # more than it has would let FLAC look for a frame in what follows the sound
                block = self._sound.read(min(BLOCK_FRAMES, self._sound.frames - read), dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, OSError) as error:
                reason = _reason(error)
                break
            if not len(block):
                break
            read += len(block)
            yield block
        if not read:
            why = reason or ("it is cut short" if self._cut else "")
            problem = f"it has no samples that can be read ({why})" if why else "it has no samples"
            raise DataError(self.path, problem, "copy or export it again")
        for repair in self._shortcomings(read, reason):
            tell(repair)

    def _shortcomings(self, read: int, reason: str) -> Iterator[Repair]:
        seconds = read / self.rate
        missing = self._missing_seconds(read)
        consequence = f"the first {seconds:.2f} s are used"
        if missing is not None and missing > NOTICED_SECONDS:
            why = f"broken off or damaged ({reason})" if reason else "cut short"
            yield Repair(
                f"it is {why}: {missing:.2f} s of {seconds + missing:.2f} s are missing", consequence, COPY_AGAIN
            )
        elif reason:
            yield Repair(f"it is damaged after {seconds:.2f} s ({reason})", consequence, COPY_AGAIN)
        elif self._cut:
            problem = "it is cut short, and does not say how much is missing (no last page)"
            yield Repair(problem, consequence, COPY_AGAIN)
        if self._promise is not None and self._promise.patch and missing is None:
            problem = "the length of the sound in its header is wrong"
            yield Repair(problem, f"it is read to its end ({seconds:.2f} s)", CHECK_END)
        elif self._promise is not None and self._promise.promised is None:
            problem = "its header does not say how much sound it has (left open by a program that streams)"
            yield Repair(problem, f"it is read to its end ({seconds:.2f} s)", CHECK_END)
        if self._promise is not None and self._promise.unknown_tail:
            tail, held = self._promise.unknown_tail, self._promise.promised or 1
            hidden = seconds * tail / held
            if hidden > NOTICED_SECONDS:
                problem = f"after its {seconds:.2f} s it has {tail} bytes that its header does not count"
                remedy = f"if {hidden:.2f} s of sound are missing, export it again from a sound editor"
                yield Repair(problem, "they are left out", remedy)
        named = misnamed(self.path, self._sound.format)
        if named:
            problem = f"it is {named}, though its name ends in {self.path.suffix}"
            yield Repair(problem, "it is read as what it is", "name it after its kind")

    def _missing_seconds(self, read: int) -> float | None:
        """Seconds that the file should have beyond those read; None where it does not say."""
        if self._promise is not None:
            promised, there = self._promise.promised, self._promise.there
            return None if promised is None or not there else read / self.rate * max(promised / there - 1, 0)
        if self._counted and 0 < self._sound.frames < 1 << 60:
            return max(self._sound.frames - read, 0) / self.rate
        return None


@contextmanager
def opened(path: Path | str) -> Iterator[SoundStream]:
    """The sound of a file; DataError for one that cannot be read, is something else, or has an impossible rate."""
    path = Path(path)
    problem = input_problem(path)
    if problem is not None:
        raise DataError(path, *problem)
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(HEAD_BYTES)
            refuse_what_is_no_sound(path, head)
            size = path.stat().st_size
            promised, cut = promise(file, size), head[:4] == b"OggS" and not ogg_is_whole(file, size)
            counted = _says_its_length(file, head)
            with _sound(path, file, head, promised) as sound:
                yield SoundStream(path, sound, promised, counted, cut)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(
            path, f"not a readable recording ({reason})", "check the name, and that it may be read"
        ) from None


def _sound(path: Path, file: BinaryIO, head: bytes, promised: Promise | None) -> Forward:
    """The file, opened by its content alone: libsndfile would believe some endings of names."""
    patch = promised.patch if promised is not None else {}
    file.seek(0)
    try:
        return Forward(Patched(file, patch) if patch else file.fileno(), closefd=False)
    except soundfile.SoundFileError as error:
        raise unreadable(path, head, _reason(error)) from None


def _says_its_length(file: BinaryIO, head: bytes) -> bool:
    """Whether FLAC or MP3 says how many samples it has, so that libsndfile need not guess from the size of the file."""
    begin = 0
    if head[:3] == b"ID3" and len(head) >= 10:
        begin = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    file.seek(begin)
    first = file.read(HEAD_BYTES)
    return first.startswith(b"fLaC") or any(mark in first for mark in FRAME_COUNTS)


def _reason(error: Exception) -> str:
    """What libsndfile says, without the name of the file and in one line."""
    text = re.sub(r"^Error opening .*?: (?=[A-Z][a-z]+ )", "", " ".join(str(error).split()))
    if "SF_INFO" in text:  # what libsndfile says of a header with 0 samples a second, or more than a number holds
        return "its header gives an impossible rate"
    return text.removeprefix("Error : ").rstrip(".").strip() or type(error).__name__
