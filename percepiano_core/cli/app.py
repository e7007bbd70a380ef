"""The command line: `percepiano align`, `rate`, `dynamics` and the other commands."""

from __future__ import annotations

import sys

import typer

from percepiano_core.cli.align_command import align
from percepiano_core.cli.convert_midibert_command import convert_midibert
from percepiano_core.cli.dynamics_command import dynamics
from percepiano_core.cli.features_command import features
from percepiano_core.cli.fetch_command import fetch
from percepiano_core.cli.rate_command import rate
from percepiano_core.cli.synthesize_command import synthesize
from percepiano_core.cli.transcribe_command import transcribe
from percepiano_core.cli.where_command import where
from percepiano_core.errors import PercePianoError

app = typer.Typer(
    help="Predict how piano playing is perceived: the single steps of the workflow, on files of your own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (align, convert_midibert, dynamics, features, fetch, rate, synthesize, transcribe, where):
    app.command()(command)


def main() -> None:
    """Run the command line; an expected error is one line on stderr and exit status 1."""
    try:
        app()
    except PercePianoError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
