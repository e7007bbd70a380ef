"""The files that a person names on the command line, looked at before any work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from percepiano_core.errors import UserError
from percepiano_core.files import input_problem


def check_inputs(paths: Iterable[Path | None]) -> None:
    """UserError for the first file that is missing, a folder, a device or a pipe, or may not be read; None is none."""
    for path in paths:
        problem = None if path is None else input_problem(path)
        if problem is not None:
            raise UserError(str(path), *problem)


def check_outputs(outputs: Sequence[Path], inputs: Iterable[Path | None]) -> None:
    """UserError for a file to write that is one of the inputs, is named twice, or has no writable place."""
    given = [path for path in inputs if path is not None]
    for place, path in enumerate(outputs):
        if any(_is_same(path, each) for each in given):
            raise UserError(path, "is one of the inputs, and would be overwritten", "name another file to write")
        if any(_is_same(path, each) for each in outputs[:place]):
            raise UserError(path, "is to be written twice", "name each file to write once")
        check_output(path)


def check_output(path: Path) -> None:
    """UserError where a file cannot be written: a folder or a device of that name, or no folder to hold it."""
    remedy = "name a file in a writable folder"
    if path.is_dir():
        raise UserError(path, "cannot be written (it is a folder)", "name a file in it")
    if path.exists() and not path.is_file():
        raise UserError(path, "cannot be written (it is a device or a pipe)", remedy)
    if not path.parent.is_dir():
        raise UserError(path, "cannot be written (its folder does not exist)", remedy)


def check_folder(folder: Path, names: Iterable[str], inputs: Iterable[Path | None]) -> None:
    """UserError where a folder to write is a file, or a file that would be written into it is one of the inputs."""
    if folder.exists() and not folder.is_dir():
        raise UserError(folder, "cannot be written (it is no folder)", "name another folder")
    if folder.is_dir():
        check_outputs([folder / name for name in names], inputs)


def check_music(recordings: Iterable[Path], midis: Iterable[Path], score: Path | None) -> None:
    """DataError for a file that is not of its kind: told before anything about networks, which may be missing."""
    # Imported here because the libraries behind it take a while, which `percepiano --help` need not wait for.
    from percepiano_core.corpus.midi import read_performance
    from percepiano_core.corpus.musicxml import read_musicxml
    from percepiano_core.sound.decoding import opened

    for path in recordings:
        with opened(path):
            pass
    for path in midis:
        read_performance(path)
    if score is not None:
        read_musicxml(score)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, by links of any kind or written in two ways; it need not be there yet."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()
