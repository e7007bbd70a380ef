"""From the path that a person wrote into a table to the file on disk."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

from percepiano_core.corpus.names import path_problem
from percepiano_core.spreadsheet import cleaned, nearest_name
from percepiano_core.wording import shown

NUMBERS = re.compile(r"[0-9]+")


class NamedFiles:
    """The files below a folder, found by the paths that a table gives. A folder is listed once, where it has to be."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listed: dict[str, dict[str, list[str]]] = {}

    def find(self, written: str) -> tuple[str, str]:
        """POSIX path below the root of the file that is meant, and what is wrong with it: one of the two is empty.

        Backslashes are separators. Capitals, and the way accents are coded, do not count where one file alone fits.
        What is wrong is the end of a sentence that begins with the path.
        """
        posix = cleaned(written).replace("\\", "/")
        if PurePosixPath(posix).is_absolute() or PureWindowsPath(posix).root:
            return "", "is an absolute path and may lie outside the corpus: write it from the corpus's folder on"
        if ".." in posix.split("/"):
            return "", "lies outside the corpus ('..')"
        for exact in (written, cleaned(written), posix):
            if self._is_file(exact):
                return self._usable(exact)
        fitting = self._alike(PurePosixPath(posix).parts)
        if len(fitting) > 1:
            return "", f"may be {' or '.join(fitting)}, which differ in capitals or accents alone"
        return self._usable(fitting[0]) if fitting else ("", self._missing(posix))

    def _is_file(self, path: str) -> bool:
        try:
            return (self.root / path).is_file()
        except (OSError, ValueError):  # no file system can have such a name
            return False

    def _usable(self, path: str) -> tuple[str, str]:
        problem = path_problem(path)
        if not problem and not os.access(self.root / path, os.R_OK):
            problem = "cannot be read: the right to read it is missing"
        return ("", problem) if problem else (PurePosixPath(path).as_posix(), "")

    def _alike(self, parts: tuple[str, ...]) -> list[str]:
        """Paths of files that differ from the parts in capitals, blanks around them and the coding of accents alone."""
        found = [PurePosixPath()]
        for part in parts:
            found = [folder / name for folder in found for name in self._names(folder).get(_folded(part), [])]
        return sorted(path.as_posix() for path in found if self._is_file(path.as_posix()))

    def _names(self, folder: PurePosixPath) -> dict[str, list[str]]:
        """Folded name -> names in a folder."""
        if folder.as_posix() not in self._listed:
            names: dict[str, list[str]] = {}
            try:
                for path in sorted((self.root / folder).iterdir()):
                    names.setdefault(_folded(path.name), []).append(path.name)
            except (OSError, ValueError):
                names = {}
            self._listed[folder.as_posix()] = names
        return self._listed[folder.as_posix()]

    def _missing(self, posix: str) -> str:
        path = PurePosixPath(posix)
        names = [name for folded in self._names(path.parent).values() for name in folded]
        if path.name in names:
            return "is a folder or something else than a file"
        of_stem = [name for name in names if PurePosixPath(name).stem == path.name]
        # Take_13 is not meant where Take_12 is there.
        numbered = [name for name in names if NUMBERS.findall(name) == NUMBERS.findall(path.name)]
        near = of_stem[0] if len(of_stem) == 1 else nearest_name(path.name, numbered)
        return f"is missing; did you mean '{shown((path.parent / near).as_posix())}'?" if near else "is missing"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())
