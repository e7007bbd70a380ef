"""Name of each performance -> its MIDI file, for every layout of a corpus that has MIDI: what can be rendered.

The names are those that the rest of the project calls the performances by. Names and tables are looked at, no MIDI
file is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from percepiano_core.corpus.asap import list_recordings
from percepiano_core.corpus.asap_dynamics import performance_name
from percepiano_core.corpus.midi_collections import collect_performances
from percepiano_core.corpus.readers import READERS, list_performances
from percepiano_core.errors import UserError

ENDINGS = (".mid", ".midi")  # in capitals or not


def midi_files(layout: str, root: Path | str) -> dict[str, Path]:
    """Performances of a corpus, in an order that does not change: name -> MIDI file.

    layout : a reader of rated corpora (readers.READERS: "percepiano", "manifest"; the synthetic corpus is one of the
        latter), "asap" (performances with a note alignment), "maestro" (what its table lists), or "folder" (every MIDI
        file below the root). In the last two a name is the file's path below the root without its ending

    UserError for another layout, a root that does not hold such a corpus, or two files of one name.
    """
    if layout not in LAYOUTS:
        raise UserError(f"layout '{layout}'", "no such layout of a corpus", f"choose one of {', '.join(LAYOUTS)}")
    return LAYOUTS[layout](Path(root))


def _rated(reader: str, root: Path) -> dict[str, Path]:
    try:
        return {each.performance: root / each.midi for each in list_performances(reader, root)}
    except OSError as error:
        problem = f"does not hold a corpus in the layout '{reader}' ({error.strerror}: {error.filename})"
        raise UserError(root, problem, "name the folder of the corpus") from None


def _asap(root: Path) -> dict[str, Path]:
    return {performance_name(each): root / each.midi for each in list_recordings(root)}


def _maestro(root: Path) -> dict[str, Path]:
    return _by_path(root, sorted(each.midi for each in collect_performances(None, root, [], learned_alone=False)))


def _folder(root: Path) -> dict[str, Path]:
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    if not files:
        raise UserError(root, "no MIDI file there", "name a folder of MIDI files")
    return _by_path(root, files)


def _by_path(root: Path, files: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in files:
        name = path.relative_to(root).with_suffix("").as_posix()
        if found.setdefault(name, path) != path:
            raise UserError(path, f"a second file called {name}", "rename one of them")
    return found


LAYOUTS: dict[str, Callable[[Path], dict[str, Path]]] = {
    **{reader: partial(_rated, reader) for reader in READERS},
    "asap": _asap,
    "maestro": _maestro,
    "folder": _folder,
}
