"""What every workflow script wraps its work in: output goes to the job's log, an error is one line that names a file.

`concerning` is for what is done file by file: whatever goes wrong with one file becomes a DataError that names it,
which the job lists, so that the rest goes on. `logged` is for all that is left.
"""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from os import PathLike
from pathlib import Path
from typing import TextIO

from percepiano_core.errors import DataError, PercePianoError

LOGS = ("results", "logs")
OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE)  # of no single file
REPORT = "report it with the file, or leave the file out"
WORKED_ON = "while working on "
_log: ContextVar[TextIO | None] = ContextVar("log", default=None)  # of the job that runs


@contextmanager
def logged(log: Path | str) -> Iterator[None]:
    """Send what the block prints to `log`; an error ends the process with one line, there and on stderr.

    An error that nobody foresaw is told with what the job worked on, before its traceback goes to the log.
    """
    with Path(log).open("w", encoding="utf-8", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        token = _log.set(file)
        try:
            yield
        except PercePianoError as error:
            _tell(str(error), file)
            raise SystemExit(1) from None
        except Exception as error:
            _tell(_unforeseen_line(Path(log), error), file)
            traceback.print_exception(error, file=file)
            raise SystemExit(1) from None
        finally:
            _log.reset(token)


@contextmanager
def concerning(file: str | PathLike[str]) -> Iterator[None]:
    """An error that the block did not foresee is a DataError about the file; its traceback goes to the job's log.

    What the disk refuses is about no single file and passes, as do the project's own errors.
    """
    try:
        yield
    except PercePianoError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in OF_THE_DISK:
            error.add_note(f"{WORKED_ON}{file}")
            raise
        if (log := _log.get()) is not None:
            traceback.print_exception(error, file=log)
        raise DataError(file, f"cannot be used ({_said(error)})", _remedy(error)) from error


@contextmanager
def working_on(subject: str | PathLike[str]) -> Iterator[None]:
    """An error that ends the job says that it arose from this file, segment or performance; it is raised as it is."""
    try:
        yield
    except PercePianoError:
        raise
    except Exception as error:
        error.add_note(f"{WORKED_ON}{subject}")
        raise


def _tell(line: str, log: TextIO) -> None:
    print(line, file=log)
    print(line, file=sys.__stderr__)


def _unforeseen_line(log: Path, error: Exception) -> str:
    """Job, what it worked on, what happened, what to do: in one line."""
    parts = log.with_suffix("").parts
    job = "/".join(parts[len(LOGS) :] if parts[: len(LOGS)] == LOGS else parts[-1:])
    notes = [note.removeprefix(WORKED_ON) for note in getattr(error, "__notes__", []) if note.startswith(WORKED_ON)]
    subject = ", ".join([f"job {job}", *reversed(notes)])
    return f"{subject}: stopped ({_said(error)}); {_remedy(error)}; the log says more: {log}"


def _said(error: Exception) -> str:
    """The error in one line."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        name = f": {error.filename}" if error.filename is not None else ""
        return f"{error.strerror}{name}"
    words = " ".join(str(error).split())
    return f"an error that was not foreseen, {type(error).__name__}{f': {words}' if words else ''}"


def _remedy(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "give the job more memory, or leave out what is very long"
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return "free space on the disk" if full else "see that the file can be read and written"
    return REPORT
