"""Fetch the published PercePiano corpus: one archive of the pinned commit, each file checked by its sha256.

The archive is unpacked while it arrives, into a folder beside the target that takes the target's name when everything
is there and correct. A broken download therefore leaves nothing that looks like a corpus, and the next call starts
anew. Only listed files are unpacked, so that nothing in an archive can be written elsewhere.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import shutil
import tarfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from percepiano_core.corpus.percepiano import check_root
from percepiano_core.corpus.published_files import COMMIT, published_files
from percepiano_core.errors import UserError

ARCHIVE_URL = f"https://github.com/JonghoKimSNU/PercePiano/archive/{COMMIT}.tar.gz"
TIMEOUT_SEC = 60.0  # without a byte from the server
CLONE = "or set PERCEPIANO_ROOT to a clone of github.com/JonghoKimSNU/PercePiano"

Progress = Callable[[int, int], None]  # bytes so far, bytes in all (0 if the server does not say)


def download(
    target: Path,
    *,
    url: str = ARCHIVE_URL,
    files: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> None:
    """Make `target` a corpus root; does nothing if it is one already.

    Parameters
    ----------
    url : address of a .tar.gz whose members lie in one folder
    files : path -> hex sha256 of the files to keep; default: those of the published corpus
    progress : called as bytes arrive

    Raises
    ------
    UserError : offline, broken off, a file lacks or has other bytes, or something else stands at `target`
    """
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        check_root(target)
        return
    folder = target.with_name(f".{target.name}.part")
    shutil.rmtree(folder, ignore_errors=True)  # of a download that was killed
    folder.mkdir(parents=True)
    try:
        _fetch(url, folder, published_files() if files is None else files, progress)
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fetch(url: str, folder: Path, files: Mapping[str, str], progress: Progress | None) -> None:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SEC) as response:
            seen = _unpack(_Counted(response, progress), folder, files)
    except urllib.error.HTTPError as error:
        raise UserError(url, f"the server answers {error.code}", f"try again later, {CLONE}") from None
    except urllib.error.URLError as error:
        raise UserError(url, f"cannot be reached ({error.reason})", f"connect to the internet, {CLONE}") from None
    except (OSError, EOFError, tarfile.TarError, zlib.error, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise UserError(url, f"the download broke off ({reason})", f"run it again, {CLONE}") from None
    wrong = sorted(path for path, digest in files.items() if seen.get(path) != digest)
    if wrong:
        problem = f"{len(wrong)} of {len(files)} files lack or have other bytes than published, first '{wrong[0]}'"
        raise UserError(url, problem, f"run it again, {CLONE}")


def _unpack(stream: io.RawIOBase, folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Write the listed members below `folder`; path -> sha256 of what was written."""
    seen = {}
    with tarfile.open(fileobj=stream, mode="r|gz") as archive:
        for member in archive:
            path = member.name.partition("/")[2]
            content = archive.extractfile(member) if member.isfile() and path in files else None
            if content is not None:
                data = content.read()
                seen[path] = hashlib.sha256(data).hexdigest()
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
    return seen


class _Counted(io.RawIOBase):
    """A response that reports how much of it has been read."""

    def __init__(self, response: Any, progress: Progress | None) -> None:
        self._response = response
        self._progress = progress
        self._done = 0
        self._total = int(response.headers.get("Content-Length") or 0)

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._response.read(size)
        self._done += len(data)
        if self._progress:
            self._progress(self._done, self._total)
        return data
