"""What a file is that was given in place of another kind, from its first bytes, in a user's words."""

from __future__ import annotations

_BEGINNINGS = (
    (b"PK\x03\x04", "a zip archive, such as compressed MusicXML (.mxl) or a MuseScore file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"ID3", "an MP3 recording"),
    (b"fLaC", "a FLAC recording"),
    (b"OggS", "an OGG recording"),
    (b"RIFF", "a RIFF file, such as a WAV recording"),
    (b"FORM", "an AIFF recording"),
    (b"%PDF", "a PDF document"),
    (b"version https://git-lfs", "a pointer of Git LFS, whose file was not downloaded"),
)
_MARKUP = ((b"score-partwise", "MusicXML"), (b"score-timewise", "MusicXML"), (b"<html", "a web page"))
_LOOKED_AT = 4096  # bytes


def kind_of(content: bytes) -> str:
    """The kind as "an MP3 recording"; "a file of another kind" where it is none of the obvious ones."""
    if not content:
        return "an empty file (0 bytes)"
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if len(content) > 1 and content[0] == 0xFF and content[1] >= 0xE0 and content[:2] not in (b"\xff\xfe", b"\xff\xff"):
        return "an MP3 recording"
    start = content[:_LOOKED_AT].replace(b"\0", b"").lower()  # UTF-16 as if it were ASCII
    if b"<" in start[:4]:
        return next((kind for word, kind in _MARKUP if word in start), "an XML file")
    if not content.strip(b"\0"):
        return "a file of zero bytes only"
    return "a file of another kind"
