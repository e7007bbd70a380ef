"""How much sound the header of a file promises, and what has to be written in its place where that is wrong.

Programs that stream leave the sizes of a RIFF file at 0 or at the largest number, recorders that stop by surprise at
what they were, and 32 bits do not hold the size of a long recording. Sources: RIFF (Microsoft, 1991), EBU Tech 3306
(RF64), AIFF 1.3 (Apple), Core Audio Format (Apple), Sony Wave64, the Sun/NeXT audio format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

PLACEHOLDER = 0x7FFF0000  # a size of 32 bits from here on is one that a program which streams writes
OPEN_SIZE = 0xFFFFFFFF  # which libsndfile reads to the end of the file
WRAPPED = 1 << 32
MOST_CHUNKS = 10_000  # that are looked through
RIFF_START = 12
W64_START, W64_CHUNK = 40, 24
OGG_TAIL = 1 << 17  # bytes at the end of an Ogg file in which its last page begins
OGG_LAST = 4  # flag of the last page


@dataclass(frozen=True, slots=True)
class Promise:
    """Bytes of sound that a header promises, and that are there.

    Attributes
    ----------
    promised : None where the header leaves it open
    there : from where the sound begins to the end of the file
    patch : position -> bytes to read in place of those in the file; empty where the header serves
    unknown_tail : bytes after the sound that are no part of the file by its header
    """

    promised: int | None
    there: int
    patch: dict[int, bytes]
    unknown_tail: int = 0


def promise(file: BinaryIO, size: int) -> Promise | None:
    """What the header of a file of `size` bytes promises; None for a kind of file that promises no bytes."""
    head = _at(file, 0, RIFF_START)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return _riff(file, size)
    if head[:4] == b"RF64" and head[8:] == b"WAVE":
        return _rf64(file, size)
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return _of_chunk(_find(file, size, ">4sI", RIFF_START, b"SSND"), size)
    if head[:4] == b"riff":
        return _w64(file, size)
    if head[:4] == b"caff":
        return _caf(file, size)
    if head[:4] == b".snd" and len(head) == 12:
        begin, length = struct.unpack(">II", head[4:])
        return Promise(None if length >= PLACEHOLDER else length, max(size - begin, 0), {})
    return None


def ogg_is_whole(file: BinaryIO, size: int) -> bool:
    """Whether an Ogg file has its last page, and that page whole (RFC 3533); what comes after it does not count."""
    tail = _at(file, max(size - OGG_TAIL, 0), OGG_TAIL)
    start = tail.rfind(b"OggS")
    page = tail[start:]
    if start < 0 or len(page) < 27 or len(page) < 27 + page[26]:
        return False
    return bool(page[5] & OGG_LAST) and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])


def _riff(file: BinaryIO, size: int) -> Promise | None:
    found = _find(file, size, "<4sI", RIFF_START, b"data")
    if found is None:
        return None
    begin, length = found
    there = size - begin
    open_size = {begin - 4: struct.pack("<I", OPEN_SIZE)}
    if length >= PLACEHOLDER and length > there:
        return Promise(None, there, {})
    after = begin + length + length % 2
    rest = size - after
    if rest <= 8 or _are_chunks(file, size, after) or (length % 2 and _are_chunks(file, size, after - 1)):
        return Promise(length, there, {})
    (riff,) = struct.unpack("<I", _at(file, 4, 4))
    if length == 0 or riff > after or rest >= WRAPPED:
        return Promise(None, there, open_size)
    return Promise(length, there, {}, unknown_tail=rest)


def _rf64(file: BinaryIO, size: int) -> Promise | None:
    found = _find(file, size, "<4sI", RIFF_START, b"data")
    sizes = _find(file, size, "<4sI", RIFF_START, b"ds64")
    if found is None or sizes is None:
        return None
    length = struct.unpack("<Q", _at(file, sizes[0] + 8, 8).ljust(8, b"\0"))[0] if found[1] == OPEN_SIZE else found[1]
    return Promise(length, size - found[0], {})


def _w64(file: BinaryIO, size: int) -> Promise | None:
    """Chunks with names of 16 bytes, and lengths that count their own 24 bytes."""
    start = W64_START
    for _ in range(MOST_CHUNKS):
        read = _at(file, start, W64_CHUNK)
        if len(read) < W64_CHUNK:
            return None
        name, length = struct.unpack("<4s12xq", read)
        if name == b"data":
            return Promise(length - W64_CHUNK, size - start - W64_CHUNK, {})
        start += max(length + -length % 8, W64_CHUNK)
    return None


def _caf(file: BinaryIO, size: int) -> Promise | None:
    found = _find(file, size, ">4sq", 8, b"data")
    if found is None:
        return None
    begin, length = found
    if length < 0:  # to the end, as the format allows
        return Promise(None, size - begin, {})
    patch = {begin - 8: struct.pack(">q", size - begin)} if length > size - begin else {}
    return Promise(length, size - begin, patch)


def _of_chunk(found: tuple[int, int] | None, size: int) -> Promise | None:
    if found is None:
        return None
    begin, length = found
    return Promise(None if length >= PLACEHOLDER else length, size - begin, {})


def _find(file: BinaryIO, size: int, header: str, start: int, name: bytes) -> tuple[int, int] | None:
    """Where the content of the first chunk of a name begins, and the length that it claims."""
    return next(((begin, length) for found, begin, length in _chunks(file, size, header, start) if found == name), None)


def _are_chunks(file: BinaryIO, size: int, start: int) -> bool:
    """Whether chunks of RIFF follow from a position to the end of the file, give or take a few bytes."""
    end = start
    for name, begin, length in _chunks(file, size, "<4sI", start):
        if not all(32 <= letter < 127 for letter in name):
            return False
        end = begin + length
    return start < end <= size + 1 and size - end < 8


def _chunks(file: BinaryIO, size: int, header: str, start: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, position of the content and claimed length of the chunks from a position on."""
    width, even = struct.calcsize(header), "q" not in header
    for _ in range(MOST_CHUNKS):
        read = _at(file, start, width)
        if len(read) < width:
            return
        name, length = struct.unpack(header, read)
        yield name, start + width, length
        if length < 0 or start >= size:
            return
        start += width + length + (length % 2 if even else 0)


def _at(file: BinaryIO, position: int, count: int) -> bytes:
    file.seek(position)
    return file.read(count)
