"""What a file is by its first bytes, where it is no sound that is read here: what to call it, and what to do with it.

The ending of a name is not looked at for that. Sources of the signatures: the formats' own specifications, and the
list of file signatures of the UK National Archives (PRONOM).
"""

from __future__ import annotations

from pathlib import PurePath

from percepiano_core.errors import DataError

HEAD_BYTES = 4096  # of a file that say what it is
REMEDY = "give the recording as WAV, FLAC, OGG or MP3"
GIVE_SOUND = "give the recording itself, as WAV, FLAC, OGG or MP3"
RENDER = "give the recording, or render it first: fluidsynth -F sound.wav FONT.sf2 FILE.mid"

# bytes at the beginning -> what such a file is; all of these hold sound that libsndfile does not decode
UNDECODED = {
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "Windows Media (WMA)",
    b"\x1a\x45\xdf\xa3": "Matroska or WebM",
    b"wvpk": "WavPack",
    b"MAC ": "Monkey's Audio",
    b"DSD ": "DSD",
    b"FRM8": "DSD",
    b"TTA1": "True Audio",
    b"#!AMR": "AMR",
    b".RMF": "RealAudio",
    b"\x0b\x77": "Dolby Digital (AC-3)",
    b"FLV": "Flash video",
    b"ADIF": "AAC",
}
# the same of what holds no sound -> what to do
SILENT = {
    b"MThd": ("a MIDI file: notes, and no sound", RENDER),
    b"%PDF": ("a PDF document", GIVE_SOUND),
    b"\x89PNG": ("a picture", GIVE_SOUND),
    b"\xff\xd8\xff": ("a picture", GIVE_SOUND),
    b"GIF8": ("a picture", GIVE_SOUND),
    b"PK\x03\x04": ("a ZIP archive (or a compressed score)", "unpack it, and give the recording in it"),
    b"\x1f\x8b": ("a compressed file (gzip)", "unpack it, and give the recording in it"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it, and give the recording in it"),
    b"Rar!": ("a RAR archive", "unpack it, and give the recording in it"),
    b"version https://git-lfs": ("a pointer of Git LFS in place of the sound", "fetch the sound: git lfs pull"),
    b"version https://hawser": ("a pointer of Git LFS in place of the sound", "fetch the sound: git lfs pull"),
    b"\x89HDF": ("an HDF5 file", GIVE_SOUND),
}
RIFF_FORMS = {b"RMID": ("a MIDI file: notes, and no sound", RENDER), b"sfbk": ("a sound font", GIVE_SOUND)}
MARKUP = (b"<?xml", b"<!doctype", b"<html", b"<score-")
# format as libsndfile names it -> endings that such a file may have
ENDINGS_OF_FORMATS = {
    "WAV": (".wav", ".wave", ".bwf", ".amb"),
    "FLAC": (".flac",),
    "OGG": (".ogg", ".oga", ".opus", ".spx"),
    "MP3": (".mp3", ".mp2", ".mp1", ".mpga"),
    "AIFF": (".aif", ".aiff", ".aifc"),
    "AU": (".au", ".snd"),
    "CAF": (".caf",),
    "W64": (".w64",),
}
FAMILY = {"WAVEX": "WAV", "RF64": "WAV"}  # that share their endings with another
KNOWN_ENDINGS = tuple(ending for endings in ENDINGS_OF_FORMATS.values() for ending in endings)
UNDECODED_ENDINGS = (".m4a", ".mp4", ".m4b", ".aac", ".wma", ".webm", ".mka", ".wv", ".ape", ".dsf", ".dff", ".ac3")


def refuse_what_is_no_sound(path: PurePath, head: bytes) -> None:
    """DataError for a file that by its first bytes `head` holds no sound, or sound that cannot be decoded here."""
    if not head:
        raise DataError(path, "it is empty (0 bytes)", "copy or export it again")
    found = _silent(head)
    if found:
        raise DataError(path, f"it is {found[0]}", found[1])
    coded = _undecoded(head)
    if coded:
        convert = f'ffmpeg -i "{path.name}" "{path.stem}.wav"' if path.name else "ffmpeg -i FILE sound.wav"
        raise DataError(path, f"it is {coded} sound or film, which is not decoded here", f"convert it: {convert}")


def unreadable(path: PurePath, head: bytes, reason: str) -> DataError:
    """The error of a file that libsndfile does not open for a reason, and that no signature gives away."""
    if not any(head):
        return DataError(path, "not a readable recording (it begins with nothing but zeros)", "copy or export it again")
    if _is_text(head):
        return DataError(path, "not a readable recording (it is a text)", GIVE_SOUND)
    return DataError(path, f"not a readable recording ({reason})", REMEDY)


def misnamed(path: PurePath, sound_format: str) -> str:
    """The format that a sound has ("MP3"), if its name has the ending of another one; else nothing."""
    family, ending = FAMILY.get(sound_format, sound_format), path.suffix.lower()
    other = ending in KNOWN_ENDINGS and ending not in ENDINGS_OF_FORMATS.get(family, ())
    return family if other else ""


def _silent(head: bytes) -> tuple[str, str] | None:
    if head[:4] == b"RIFF" and head[8:12] in RIFF_FORMS:
        return RIFF_FORMS[head[8:12]]
    for signature, found in SILENT.items():
        if head.startswith(signature):
            return found
    begun = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return ("markup (a web page or a score)", GIVE_SOUND) if begun.startswith(MARKUP) else None


def _undecoded(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "MPEG-4 (M4A, AAC or ALAC)"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # as MP3, but of layer 0
        return "AAC"
    return next((name for signature, name in UNDECODED.items() if head.startswith(signature)), "")


def _is_text(head: bytes) -> bool:
    """Whether the first bytes are of a text in UTF-8 (its last letter may be cut) without control characters."""
    try:
        text = head.decode("utf-8", errors="strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" for letter in text)
