"""`percepiano convert-midibert`: the public MIDI-BERT checkpoint as a file that models of this project start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from percepiano_core.cli.named_files import check_inputs, check_outputs


def convert_midibert(
    checkpoint: Annotated[Path, typer.Argument(help="The released checkpoint, model_best.ckpt.", show_default=False)],
    output: Annotated[Path, typer.Argument(help="File to write, .safetensors.", show_default=False)],
) -> None:
    """Convert the public MIDI-BERT checkpoint; name the result as `pretrained` of a model of size published.

    A checkpoint that holds anything but tensors and numbers is refused, for it could run code.
    """
    check_inputs((checkpoint,))
    check_outputs((output,), (checkpoint,))
    from percepiano_core.symbolic.midibert.encoder_weights import write_encoder
    from percepiano_core.symbolic.midibert.published_encoder import read_published_encoder

    size, state = read_published_encoder(checkpoint)
    write_encoder(output, size, state)
    typer.echo(f"{output}: encoder of {size.layers} layers, {size.hidden} wide, {size.heads} heads")
