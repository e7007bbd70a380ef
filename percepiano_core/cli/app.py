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
from percepiano_core.wording import on_one_line

UsageError: type[Exception] = typer.BadParameter.__bases__[0]  # typer has it from click, or from its own copy of that
MOST_LINES = 3  # of a message about a call; what is longer is a help text

app = typer.Typer(
    help="Predict how piano playing is perceived: the single steps of the workflow, on files of your own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (align, convert_midibert, dynamics, features, fetch, rate, synthesize, transcribe, where):
    app.command()(command)


def main() -> None:
    """Run the command line; an expected error is a line on stderr and exit status 1, a wrong call a line and 2."""
    try:
        status = app(prog_name="percepiano", standalone_mode=False)
    except PercePianoError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    except UsageError as error:
        print(_told(error), end="", file=sys.stderr)
        raise SystemExit(2) from None
    except typer.Abort:
        raise SystemExit(1) from None
    raise SystemExit(status or 0)


def _told(error: Exception) -> str:
    """What is wrong with a call, one line; where nothing at all was given, the help, unless typer has shown it."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "percepiano"
    message = error.format_message()  # type: ignore[attr-defined]
    if not message.strip() or len(message.splitlines()) > MOST_LINES:
        return message
    return f"{command}: {on_one_line(' '.join(message.split())).rstrip('.')}; see {command} --help\n"
