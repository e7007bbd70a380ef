"""Many MIDI files to sound: each rendering in a folder, and a table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from percepiano_core.errors import DataError
from percepiano_core.job import concerning
from percepiano_core.quality import QualityLine, from_error
from percepiano_core.sound.rendering import RenderSettings, SoundFont, render
from percepiano_core.table_io import read_records, write_records

KIND = ".flac"  # equal samples give equal files


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One rendering.

    Attributes
    ----------
    name : of the performance, unique in its corpus; the file is `{name}.flac` in the folder of the renderings
    seconds, peak : how long, and the largest absolute sample
    samples_sha256 : hash of the samples (`rendering.Rendering`)
    font, font_sha256 : file name and hash of the sound font
    """

    name: str
    seconds: float
    peak: float
    samples_sha256: str
    font: str
    font_sha256: str


def render_files(
    files: Mapping[str, Path],
    folder: Path,
    font: SoundFont,
    settings: RenderSettings,
    root: Path | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> tuple[list[RenderedFile], list[QualityLine]]:
    """Render performances (name -> MIDI file) into a folder, in the order given, and list those that cannot be.

    files : of any corpus, as `corpus.midi_files.midi_files` lists them

    root : of the corpus, which the listed files are relative to; progress : is told each name that is done
    """
    rendered, unusable = [], []
    for name, midi in files.items():
        try:
            with concerning(midi):
                made = render(midi, rendering_path(folder, name), font, settings)
        except DataError as error:
            unusable.append(from_error("rendering", name, error, "has no rendering", root))
        else:
            row = (name, round(made.seconds, 3), round(made.peak, 6), made.sha256, font.path.name, font.sha256)
            rendered.append(RenderedFile(*row))
        progress(name)
    return rendered, unusable


def rendered_sound(table: Path | str, folder: Path | str) -> dict[str, Path]:
    """Name of each performance of a table of renderings -> its sound in their folder."""
    return {each.name: rendering_path(folder, each.name) for each in read_renderings(table)}


def sound_of_job(
    recorded: Sequence[str], recordings: Sequence[str], tables: Sequence[str], folders: Sequence[str]
) -> dict[str, Path]:
    """Name of each performance that a job hears -> its sound: recordings by their names, and renderings."""
    found = dict(zip(recorded, map(Path, recordings), strict=True))
    for table, folder in zip(tables, folders, strict=True):
        found |= rendered_sound(table, folder)
    return found


def rendering_path(folder: Path | str, name: str) -> Path:
    """Where the rendering of a performance is; the name may hold folders. DataError if it leads out of the folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise DataError(name, "no name of a performance: it leads out of the folder of renderings", "rename it")
    return Path(folder) / f"{name}{KIND}"


def write_renderings(path: Path | str, rendered: list[RenderedFile]) -> None:
    """Write the table as CSV, whole or not at all."""
    write_records(path, RenderedFile, rendered)


def read_renderings(path: Path | str) -> list[RenderedFile]:
    """Read what `write_renderings` wrote; UserError for something else."""
    return read_records(path, RenderedFile, "delete it, run again")
