"""`percepiano transcribe`: recordings of a piano to MIDI files, with velocities and pedals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from percepiano_core.cli.named_files import check_folder
from percepiano_core.cli.progress import share_told
from percepiano_core.errors import DataError, UserError
from percepiano_core.files import input_problem
from percepiano_core.sound.recording_files import sound_files
from percepiano_core.wording import counted

if TYPE_CHECKING:
    from percepiano_core.sound.repair import Repair


def transcribe(
    recordings: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings: WAV, FLAC, OGG, MP3 or other sound files; or folders of them.", show_default=False
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to write into: NAME.mid of each recording NAME.")
    ] = Path(),
    threads: Annotated[int, typer.Option(min=1, help="Threads to compute with.")] = 1,
) -> None:
    """Transcribe piano recordings to MIDI, notes with velocities, sustain and soft pedal on or off.

    Needs about half a second of a core for a second of sound. A file that cannot be used is one line; the others are
    written, and the exit status is 1.
    """
    sounds, failed = _named(recordings)
    if not sounds:
        raise typer.Exit(1)
    _check(sounds, output)
    # Imported here because torch takes seconds that `percepiano --help` need not wait for.
    from percepiano_core.audio.transcription.transcribe import by_network, transcribe_files

    transcriber = by_network(threads, share_told(), _repairs_told)
    for done in transcribe_files({path.stem: path for path in sounds}, output, transcriber):
        if isinstance(done, DataError):
            failed += 1
            typer.echo(str(done), err=True)
        else:
            said = f"{counted(done.notes, 'note')}, {counted(done.pedals, 'pedal')}, {done.cpu_sec:.1f} s of CPU time"
            typer.echo(f"{done.midi}: {said}")
    if failed:
        raise typer.Exit(1)


def _named(given: Sequence[Path]) -> tuple[list[Path], int]:
    """The recordings, those of folders among them, and how many of the names are of none, which is told."""
    found: dict[Path, None] = {}
    failed = 0
    for path in given:
        inside = list(sound_files(path).values()) if path.is_dir() else []
        problem = None if inside else input_problem(path)
        if problem is not None and path.is_dir():
            problem = "holds no sound files", "name a folder of recordings"
        if problem is not None:
            failed += 1
            typer.echo(str(UserError(path, *problem)), err=True)
        else:
            found.update(dict.fromkeys(inside or [path]))
    return list(found), failed


def _check(recordings: Sequence[Path], output: Path) -> None:
    """Refuse before any work what could not be done after it."""
    repeated = [stem for stem, count in Counter(path.stem for path in recordings).items() if count > 1]
    if repeated:
        remedy = "rename one, or write them into two folders"
        raise UserError("recordings", f"several would be written to {repeated[0]}.mid", remedy)
    check_folder(output, [f"{path.stem}.mid" for path in recordings], recordings)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(output, f"cannot be written ({error.strerror})", "name another folder") from None


def _repairs_told(recording: Path) -> Callable[[Repair], None]:
    return lambda repair: typer.echo(f"{recording}: {repair}", err=True)
