"""`percepiano rate`: what listeners would say of a performance, by an ensemble of trained networks."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from percepiano_core.cli.performance_file import tell_repairs
from percepiano_core.cli.rating_report import KINDS, Report, show, write
from percepiano_core.errors import UserError

if TYPE_CHECKING:
    from percepiano_core.symbolic.networks.ensemble import Member


def rate(
    performances: Annotated[list[Path], typer.Argument(help="Performances of one score, MIDI.", show_default=False)],
    score: Annotated[Path, typer.Option(help="The score, MusicXML.", show_default=False)],
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
    results: Annotated[Path, typer.Option(help="Results folder of a run of the workflow.")] = Path("results"),
    model: Annotated[
        str | None,
        typer.Option(help="Model in --results; default: bilstm_descriptors, else the only one.", show_default=False),
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
    _check(performances, output or [])
    from percepiano_core.features.performance.from_files import read_played, score_composer
    from percepiano_core.features.performed_notes import performed_table
    from percepiano_core.features.score.note_features import PUBLISHED_COMPOSER
    from percepiano_core.perception.intervals import half_widths, held_out, rated
    from percepiano_core.symbolic.networks.ensemble import (
        ask,
        given_weights,
        read_members,
        unlabelled,
        workflow_weights,
    )

    chosen = {"labels": labels, "model": model, "split": split}
    members = read_members(given_weights(weights) if weights else workflow_weights(results, chosen))
    named = composer or score_composer(score) or PUBLISHED_COMPOSER
    files = _named(performances)
    played = read_played(score, files, compat, named)
    for name, each in played.items():
        tell_repairs(files[name], each.performed)
    valid = held_out(fold for member in members for fold in member.valid)
    examples = unlabelled({name: each.descriptors for name, each in played.items()})
    notes = {name: each.notes for name, each in played.items()}
    said = ask(members, examples, notes, {name: performed_table(each.performed) for name, each in played.items()})
    alignments = {name: each.alignment for name, each in played.items()}
    ratings = rated(said, half_widths(valid, level))
    report = Report(ratings, alignments, score, named, level, len(valid), **_described(members))
    show(report)
    for path in output or []:
        write(report, path)


def _check(performances: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Refuse before any work what could not be done after it."""
    for path in outputs:
        if path.suffix not in KINDS:
            unknown = path.suffix or "file without an extension"
            raise UserError(path, f"cannot write a {unknown}", f"use {', '.join(KINDS)}")
        if not path.parent.is_dir():
            raise UserError(path, "its folder does not exist", "name a file in a writable folder")
    if len(set(performances)) < len(performances):
        raise UserError("performances", "one is named twice", "name each once")
    if find_spec("torch") is None:
        raise UserError("torch", "is not installed, and networks need it", "pip install -e '.[torch]'")


def _named(performances: Sequence[Path]) -> dict[str, Path]:
    """Performances by the names of their files, by their paths where two files have one name."""
    stems = [path.stem.strip() for path in performances]
    return dict(zip(stems if len(set(stems)) == len(stems) else map(str, performances), performances, strict=True))


def _described(members: Sequence[Member]) -> dict[str, str]:
    """What the report says of the networks."""
    from percepiano_core.symbolic.networks.ensemble import split_of

    models = ", ".join(sorted({member.info.model for member in members}))
    return {"model": models, "labels": members[0].info.data, "split": split_of(members[0])}
