"""What a file is by its first bytes, in a user's words: told when it was given in place of another kind.

The ending of a name is not looked at. Sources of the signatures: the formats' own specifications, and the list of file
signatures of the UK National Archives (PRONOM).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Holds = Literal["sound", "undecoded sound", "midi", "archive", "pointer", "markup", "nothing", "other"]

HEAD_BYTES = 4096  # of a file that say what it is


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind, as "a PDF document"; `holds` says what can be done with it ("undecoded sound": libsndfile cannot)."""

    name: str
    holds: Holds = "other"


BEGINNINGS: dict[bytes, FileKind] = {
    b"MThd": FileKind("a MIDI file", "midi"),
    b"PK\x03\x04": FileKind("a zip archive, such as a compressed score", "archive"),
    b"\x1f\x8b": FileKind("a compressed file (gzip)", "archive"),
    b"BZh": FileKind("a compressed file (bzip2)", "archive"),
    b"\xfd7zXZ": FileKind("a compressed file (xz)", "archive"),
    b"7z\xbc\xaf": FileKind("a 7z archive", "archive"),
    b"Rar!": FileKind("a RAR archive", "archive"),
    b"ID3": FileKind("an MP3 recording", "sound"),
    b"fLaC": FileKind("a FLAC recording", "sound"),
    b"OggS": FileKind("an OGG recording", "sound"),
    b"FORM": FileKind("an AIFF recording", "sound"),
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": FileKind("Windows Media (WMA)", "undecoded sound"),
    b"\x1a\x45\xdf\xa3": FileKind("Matroska or WebM", "undecoded sound"),
    b"wvpk": FileKind("WavPack", "undecoded sound"),
    b"MAC ": FileKind("Monkey's Audio", "undecoded sound"),
    b"DSD ": FileKind("DSD", "undecoded sound"),
    b"FRM8": FileKind("DSD", "undecoded sound"),
    b"TTA1": FileKind("True Audio", "undecoded sound"),
    b"#!AMR": FileKind("AMR", "undecoded sound"),
    b".RMF": FileKind("RealAudio", "undecoded sound"),
    b"\x0b\x77": FileKind("Dolby Digital (AC-3)", "undecoded sound"),
    b"FLV": FileKind("Flash video", "undecoded sound"),
    b"ADIF": FileKind("AAC", "undecoded sound"),
    b"%PDF": FileKind("a PDF document"),
    b"\x89PNG": FileKind("a picture"),
    b"\xff\xd8\xff": FileKind("a picture"),
    b"GIF8": FileKind("a picture"),
    b"\x89HDF": FileKind("an HDF5 file"),
    b"version https://git-lfs": FileKind("a pointer of Git LFS, whose file was not downloaded", "pointer"),
    b"version https://hawser": FileKind("a pointer of Git LFS, whose file was not downloaded", "pointer"),
}
RIFF_FORMS = {
    b"RMID": FileKind("a MIDI file", "midi"),
    b"sfbk": FileKind("a sound font"),
    b"AVI ": FileKind("AVI", "undecoded sound"),
}
MARKUP = ((b"score-partwise", "MusicXML"), (b"score-timewise", "MusicXML"), (b"<html", "a web page"))
OTHER = FileKind("a file of another kind")


def kind_of(head: bytes) -> FileKind:
    """The kind of a file by its first bytes (HEAD_BYTES of them, or all); OTHER where it is none of the known ones."""
    if not head:
        return FileKind("an empty file (0 bytes)", "nothing")
    if not head.strip(b"\0"):
        return FileKind("a file of zero bytes only", "nothing")
    if head.startswith(b"RIFF"):
        return RIFF_FORMS.get(head[8:12], FileKind("a RIFF file, such as a WAV recording", "sound"))
    if head[4:8] == b"ftyp":
        return FileKind("MPEG-4 (M4A, AAC or ALAC)", "undecoded sound")
    found = next((kind for beginning, kind in BEGINNINGS.items() if head.startswith(beginning)), None)
    return found or _frames_or_markup(head[:HEAD_BYTES])


def _frames_or_markup(head: bytes) -> FileKind:
    """Kinds without a signature: MPEG frames, which begin with eleven ones, and markup."""
    if len(head) > 1 and head[0] == 0xFF and head[1] >= 0xE0 and head[:2] not in (b"\xff\xfe", b"\xff\xff"):
        is_aac = head[1] & 0xF6 == 0xF0  # as MP3, but of layer 0
        return FileKind("AAC", "undecoded sound") if is_aac else FileKind("an MP3 recording", "sound")
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()  # UTF-16 as if it were ASCII
    if text.startswith(b"<"):
        return FileKind(next((kind for word, kind in MARKUP if word in text), "an XML file"), "markup")
    return OTHER
