"""`percepiano dynamics`: the dynamics and beats of a recording, as tables, a picture and marks in a score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from percepiano_core.cli.named_files import check_folder, check_inputs, check_music
from percepiano_core.cli.performance_file import named_performance
from percepiano_core.errors import UserError
from percepiano_core.wording import counted

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from percepiano_core.dynamics.listen.listening import Heard
    from percepiano_core.dynamics.network.model import DynamicsNetwork

RUNS = "results/runs/dynamics"
WEIGHTS = "*/*/pieces/fold*/seed*/weights.safetensors"  # of the workflow's networks, below RUNS
SHIPPED = (
    "T1/network_curves/pieces/fold0/seed86/weights.safetensors"  # what the shipped configuration makes of recordings
)
WRITTEN = ("frames.csv", "beats.csv", "dynamics.svg", "score.musicxml")
DOUBTFUL_COST = 0.45  # of following a score: 0.17 to 0.36 where it is played, 0.56 to 0.65 where another is (ASAP)
DOUBTFUL_PART = 0.33  # of a part of it: 0.15 to 0.31 where it is played, mostly 0.34 and more in another score (ASAP)


def dynamics(
    recording: Annotated[
        Path,
        typer.Argument(help="The recording: WAV, FLAC, OGG, MP3 or another kind of sound file.", show_default=False),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.", show_default=False)],
    score: Annotated[
        Path | None,
        typer.Option(help="Its score, MusicXML (.musicxml, .xml, .mxl), to mark the levels in.", show_default=False),
    ] = None,
    midi: Annotated[
        Path | None,
        typer.Option(help="Instead of a score: a MIDI transcription of this very recording.", show_default=False),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Weights that training wrote (.safetensors), or the authors' checkpoint (.pth).", show_default=False
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Logit from which the level changes; lower for more marks. Default: the one chosen in training.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Hear beats, downbeats, dynamic levels and their changes in a piano recording.

    Writes frames.csv (50 rows a second), beats.csv and dynamics.svg; with a score or a MIDI transcription also
    score.musicxml with the levels as dynamic marks, and score_1.svg, score_2.svg ... as it is engraved.
    """
    if score is not None and midi is not None:
        raise UserError("--score and --midi", "both say what is played", "give one of them")
    given = (recording, score, midi, weights)
    check_inputs(given)
    check_folder(output, WRITTEN, given)
    check_music([recording], [] if midi is None else [midi], score)
    network, kind, chosen = _network(weights or _default_weights())
    heard = _listen(network, recording, kind, chosen if threshold is None else threshold)
    _folder(output)
    _write_heard(heard, output, recording.name)
    said = (counted(len(heard.beats), "beat"), counted(int(heard.downbeat.sum()), "downbeat"))
    typer.echo(f"{output}: {', '.join(said)}, {counted(len(heard.marks), 'level')}")
    if score is not None:
        _mark_score(heard, recording, score, output)
    elif midi is not None:
        _mark_transcription(heard, midi, output)


def _default_weights() -> Path:
    """Weights of the workflow: of the first track (T1 is of recordings), its first network, the first fold."""
    found = sorted(Path(RUNS).glob(WEIGHTS))
    if not found:
        make = f"make them by snakemake --cores all {RUNS}/{SHIPPED}, or name a file: --weights FILE"
        raise UserError("dynamics", f"no weights below {RUNS}", make)
    typer.echo(f"weights: {found[0]}", err=True)
    return found[0]


def _network(path: Path) -> tuple[DynamicsNetwork, str | None, float]:
    """Network, kind of its input where the file says it, and logit of a change point."""
    # Imported here, as everywhere below, because torch takes seconds that `percepiano --help` need not wait for.
    from percepiano_core.dynamics.network.weights import load_network, load_published, read_about
    from percepiano_core.dynamics.predictions.decoding import INFERENCE_THRESHOLD

    if path.suffix == ".pth":
        return load_published(path), None, INFERENCE_THRESHOLD
    about = read_about(path)
    return load_network(path), about.get("input"), float(about.get("threshold", INFERENCE_THRESHOLD))


def _listen(network: DynamicsNetwork, recording: Path, kind: str | None, threshold: float) -> Heard:
    from percepiano_core.dynamics.listen.listening import listen

    return listen(network, recording, threshold, kind, lambda repair: typer.echo(f"{recording}: {repair}", err=True))


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / ".writable").touch()
        (path / ".writable").unlink()
    except OSError as error:
        raise UserError(path, f"cannot be written ({error.strerror})", "name another folder") from None


def _write_heard(heard: Heard, output: Path, title: str) -> None:
    from percepiano_core.dynamics.listen.heard_tables import write_beats, write_frames
    from percepiano_core.dynamics.listen.picture import draw

    write_frames(output / "frames.csv", heard)
    write_beats(output / "beats.csv", heard)
    draw(heard, output / "dynamics.svg", title)


def _mark_score(heard: Heard, recording: Path, score: Path, output: Path) -> None:
    from percepiano_core.dynamics.listen.marked_score import bars_played, follow_score, mark_score

    followed = follow_score(score, heard.waveform)
    usual = DOUBTFUL_PART if followed.path.excerpt else DOUBTFUL_COST
    if followed.path.cost > usual:
        typer.echo(
            f"{score}: does not sound like {recording.name} (distance {followed.path.cost:.2f}, usually below "
            f"{usual}); check that both are the same music before using the marks",
            err=True,
        )
    count = mark_score(followed, heard.beats[[mark.beat for mark in heard.marks]], [m.level for m in heard.marks])
    summary = [counted(count, "mark"), f"distance {followed.path.cost:.2f}"]
    if followed.unfolded:
        summary.append("repeats written out")
    if followed.path.excerpt:
        first, last = bars_played(followed)
        summary.append(f"only bars {first} to {last} are played" if first != last else f"only bar {first} is played")
    _write_score(followed.document, output, ", ".join(summary))


def _mark_transcription(heard: Heard, midi: Path, output: Path) -> None:
    import numpy as np

    from percepiano_core.dynamics.listen.marked_score import as_document, placed
    from percepiano_core.dynamics.listen.musicxml_marks import replace_levels
    from percepiano_core.dynamics.listen.transcribed_score import DIVISIONS, score_of_transcription

    part, first_beat = score_of_transcription(named_performance(midi), heard.beats, heard.downbeat)
    positions = first_beat + DIVISIONS * np.array([mark.beat for mark in heard.marks])
    document = as_document(part)
    count = replace_levels(document, placed(part, positions, [mark.level for mark in heard.marks]))
    _write_score(document, output, counted(count, "mark"))


def _write_score(document: Element, output: Path, summary: str) -> None:
    from percepiano_core.dynamics.listen.marked_score import engrave, write_document

    write_document(document, output / "score.musicxml")
    pages = engrave(output / "score.musicxml", output)
    typer.echo(f"{output / 'score.musicxml'}: {summary}; {counted(len(pages), 'page')} engraved")
