"""Formats of sound: what is read, what is named and refused, and what endings their files have."""

from __future__ import annotations

from pathlib import PurePath
from shlex import quote

from percepiano_core.errors import DataError
from percepiano_core.file_kinds import HEAD_BYTES, OTHER, kind_of

REMEDY = "give the recording as WAV, FLAC, OGG or MP3"
GIVE_SOUND = "give the recording itself, as WAV, FLAC, OGG or MP3"
RENDER = "give the recording, or render it first: fluidsynth -F sound.wav FONT.sf2 FILE.mid"

INSTEAD = {  # what a file holds in place of sound -> what to do
    "midi": RENDER,
    "archive": "unpack it, and give the recording in it",
    "pointer": "fetch the sound: git lfs pull",
    "nothing": "copy or export it again",
    "markup": GIVE_SOUND,
}
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
    if head and not any(head):
        return  # zeros before an MP3 do no harm; of anything else they are told when it cannot be opened
    kind = kind_of(head)
    if kind.holds == "undecoded sound":
        problem = f"it is {kind.name} sound or film, which is not decoded here"
        raise DataError(path, problem, f"convert it: {_conversion(path)}")
    if kind.holds != "sound" and kind != OTHER:
        raise DataError(path, f"it is {kind.name}, which holds no sound", INSTEAD.get(kind.holds, GIVE_SOUND))


def _conversion(path: PurePath) -> str:
    """The command that makes a WAV file beside a file, of another name than that."""
    if not path.name:
        return "ffmpeg -i FILE sound.wav"
    made = path.with_suffix(".wav")
    if made.name.casefold() == path.name.casefold():
        made = path.with_name(f"{path.stem}-converted.wav")
    names = (f"./{each}" if str(each).startswith("-") else str(each) for each in (path, made))
    return "ffmpeg -i {} {}".format(*map(quote, names))


def unreadable(path: PurePath, head: bytes, reason: str) -> DataError:
    """The error of a file that libsndfile does not open for a reason, and that no signature gives away."""
    if not any(head):
        return DataError(path, f"not a readable recording ({kind_of(head).name})", INSTEAD["nothing"])
    if _is_text(head):
        return DataError(path, "not a readable recording (it is a text)", GIVE_SOUND)
    return DataError(path, f"not a readable recording ({reason})", REMEDY)


def misnamed(path: PurePath, sound_format: str) -> str:
    """The format that a sound has ("MP3"), if its name has the ending of another one; else nothing."""
    family, ending = FAMILY.get(sound_format, sound_format), path.suffix.lower()
    other = ending in KNOWN_ENDINGS and ending not in ENDINGS_OF_FORMATS.get(family, ())
    return family if other else ""


def _is_text(head: bytes) -> bool:
    """Whether the first bytes are of a text in UTF-8 (its last letter may be cut) without control characters."""
    try:
        text = head.decode("utf-8", errors="strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" for letter in text)
