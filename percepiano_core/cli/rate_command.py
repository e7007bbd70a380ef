"""`percepiano rate`: what listeners would say of a performance, by an ensemble of trained networks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from percepiano_core.cli.named_files import check_inputs, check_music, check_outputs
from percepiano_core.cli.performance_kinds import is_recording
from percepiano_core.cli.rating_by_notes import ScoreGiven
from percepiano_core.cli.rating_files import Performances, rate_files
from percepiano_core.cli.rating_networks import Wanted
from percepiano_core.cli.rating_report import KINDS, show, write
from percepiano_core.errors import UserError
from percepiano_core.perception.rating_curve import CURVE_KINDS, write_curves
from percepiano_core.perception.rating_ways import By

if TYPE_CHECKING:
    from percepiano_core.sound.repair import Repair


def rate(
    performances: Annotated[
        list[Path],
        typer.Argument(
            help="Performances: MIDI files and recordings (WAV, FLAC, OGG, MP3); of one score where that is given.",
            show_default=False,
        ),
    ],
    score: Annotated[
        Path | None,
        typer.Option(
            help="The score, MusicXML (.musicxml, .xml, .mxl); networks that hear sound need none.", show_default=False
        ),
    ] = None,
    by: Annotated[
        By,
        typer.Option(
            help="How recordings are rated: from their sound, from the notes that a transcriber hears in them, or by "
            "the mean of both. auto: sound where networks that hear it are there and no score is given."
        ),
    ] = "auto",
    weights: Annotated[
        list[Path] | None,
        typer.Option(
            help="weights.safetensors files, or folders that hold some, in their run folders; may be given several "
            "times. Default: the networks below --results.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write: .json, .csv, .svg or .png; may be given several times.",
            show_default=False,
        ),
    ] = None,
    curve: Annotated[
        list[Path] | None,
        typer.Option(
            help="File for the ratings over time of networks that hear sound: .csv, .svg or .png; may be given several "
            "times.",
            show_default=False,
        ),
    ] = None,
    results: Annotated[Path, typer.Option(help="Results folder of a run of the workflow.")] = Path("results"),
    model: Annotated[
        str | None,
        typer.Option(
            help="Model in --results; default: bilstm_descriptors of notes, ast of sound, else the only one.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="Split that the networks were trained on; it says what is new about the performances that the "
            "intervals are made by. Default: performer, else the only one.",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Labels of the networks; default: published, else the only ones.", show_default=False),
    ] = None,
    level: Annotated[float, typer.Option(min=0.01, max=0.99, help="Share of ratings that an interval covers.")] = 0.9,
    composer: Annotated[
        str | None,
        typer.Option(
            help="Surname, which networks of score features read; default: as the score says, else Schubert, as in the "
            "released code. Best one that the networks were trained on.",
            show_default=False,
        ),
    ] = None,
    compat: Annotated[
        Literal["default", "published"], typer.Option(help="As `features: compat` of the networks' run.")
    ] = "default",
) -> None:
    """Rate performances on 19 qualities, 0 to 1, with intervals, by networks that the workflow has trained.

    A rating is the mean of all networks (folds and seeds). Its interval covers the given share of listeners' mean
    ratings, as measured on performances that the networks were not trained on; for other music it is too narrow.
    """
    outputs, curves = output or [], curve or []
    _check(performances, outputs, KINDS)
    _check(performances, curves, CURVE_KINDS)
    check_inputs((*performances, score))
    check_outputs([*outputs, *curves], (*performances, score, *(weights or [])))
    files = _named(performances)
    given = Performances(files, [name for name, path in files.items() if is_recording(path)])
    check_music([files[name] for name in given.recordings], given.midis, score)
    wanted = Wanted(by, weights or [], results, {"labels": labels, "model": model, "split": split})
    members = wanted.members(given.midis, score, bool(curves))
    read = None if score is None else ScoreGiven(score, composer, compat)
    report, over_time = rate_files(members, given, read, level, bool(curves), _repairs_told)
    show(report)
    for path in outputs:
        write(report, path)
    for path in curves:
        write_curves(over_time, path)


def _check(performances: Sequence[Path], outputs: Sequence[Path], kinds: Collection[str]) -> None:
    """Refuse before any work what could not be done after it."""
    for path in outputs:
        if path.suffix not in kinds:
            unknown = path.suffix or "file without an extension"
            raise UserError(path, f"cannot write a {unknown}", f"use {', '.join(kinds)}")
    if len(set(performances)) < len(performances):
        raise UserError("performances", "one is named twice", "name each once")


def _named(performances: Sequence[Path]) -> dict[str, Path]:
    """Performances by the names of their files, by their paths where two files have one name."""
    stems = [path.stem.strip() for path in performances]
    return dict(zip(stems if len(set(stems)) == len(stems) else map(str, performances), performances, strict=True))


def _repairs_told(recording: Path) -> Callable[[Repair], None]:
    return lambda repair: typer.echo(f"{recording}: {repair}", err=True)
