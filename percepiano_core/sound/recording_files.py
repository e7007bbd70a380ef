"""Which sound files a folder holds, and which of them are recordings of the performances of a corpus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from percepiano_core.errors import UserError
from percepiano_core.sound.sound_formats import KNOWN_ENDINGS, UNDECODED_ENDINGS

ENDINGS = (*UNDECODED_ENDINGS, *KNOWN_ENDINGS)  # in capitals or not; sound that has to be converted is found to say so


def sound_files(root: Path | str) -> dict[str, Path]:
    """All sound below a folder, by its path there without the ending, in order; empty where there is no folder.

    Of files that differ in their endings alone the last in order is taken, one that can be decoded before others.
    """
    root = Path(root)
    found = {_name(path, root): path for path in _sounds(root)}
    return dict(sorted(found.items()))


def recordings_of(names: Iterable[str], folder: Path | str) -> dict[str, Path]:
    """Name of a performance -> its recording in a folder, in the order of the names; those without one are left out.

    names : unique names of performances, as the corpus has them; a name may hold folders ("Bach/Fugue_1/Shi05M")
    folder : of sound files (ENDINGS), looked through with the folders below it. A recording of a performance is
        the file at the performance's name and an ending ("Bach/Fugue_1/Shi05M.mp3"); else the file, in whatever folder,
        that is called as the last part of the name ("album/Shi05M.mp3")

    UserError where a performance has several recordings, or performances would share one.
    """
    root = Path(folder)
    by_name, by_stem = defaultdict(list), defaultdict(list)
    for path in _sounds(root):
        by_name[_name(path, root)].append(path)
        by_stem[path.stem.strip()].append(path)
    found: dict[str, Path] = {}
    for name in names:
        candidates = by_name.get(name) or by_stem.get(PurePosixPath(name).name, [])
        if candidates:
            found[name] = _only(name, candidates, root)
    _check_shared(found, root)
    return found


def recording_of(name: str, folder: Path | str) -> Path | None:
    """The recording of one performance, as `recordings_of` finds it; None if the folder holds none."""
    return recordings_of([name], folder).get(name)


def _sounds(root: Path) -> list[Path]:
    found = sorted(path for path in root.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    return sorted(found, key=_decoded)  # keeps their order otherwise


def _decoded(path: Path) -> bool:
    return path.suffix.lower() in KNOWN_ENDINGS


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


def _only(name: str, candidates: Sequence[Path], root: Path) -> Path:
    candidates = [path for path in candidates if _decoded(path)] or candidates
    if len(candidates) > 1:
        listed = ", ".join(path.relative_to(root).as_posix() for path in candidates)
        remedy = "keep one, or give them the whole names of their performances"
        raise UserError(root, f"several files may be the recording of {name} ({listed})", remedy)
    return candidates[0]


def _check_shared(found: Mapping[str, Path], root: Path) -> None:
    first: dict[Path, str] = {}
    for name, path in found.items():
        other = first.setdefault(path, name)
        if other != name:
            problem = f"{path.relative_to(root).as_posix()} may be the recording of {other} or of {name}"
            raise UserError(root, problem, f"call it {other}{path.suffix} or {name}{path.suffix}, folders included")
