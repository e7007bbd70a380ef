"""Whether a performance that a person names is sound or MIDI, by what is in the file."""

from __future__ import annotations

from pathlib import Path

from percepiano_core.errors import UserError
from percepiano_core.file_kinds import HEAD_BYTES, kind_of
from percepiano_core.sound.sound_formats import KNOWN_ENDINGS, UNDECODED_ENDINGS

SOUND_ENDINGS = (*KNOWN_ENDINGS, *UNDECODED_ENDINGS)


def is_recording(path: Path) -> bool:
    """Whether the reader of recordings should open the file: if it is sound by its first bytes.

    Of a file that is neither sound nor MIDI, its ending decides which reader says what is wrong with it. UserError for
    a file that cannot be opened.
    """
    try:
        with path.open("rb") as file:
            holds = kind_of(file.read(HEAD_BYTES)).holds
    except OSError as error:
        raise UserError(path, f"cannot be read ({(error.strerror or str(error)).lower()})", "check the name") from None
    if holds in ("sound", "undecoded sound"):
        return True
    return holds != "midi" and path.suffix.lower() in SOUND_ENDINGS
