"""Weights of the spectrogram transformer's encoder in one file: pre-training makes it, ratings begin from it.

A safetensors file: the arrays of ast.AstEncoder under their names; its settings and the front end are in the header.
What pre-training alone needs (decoder, heads) may stand beside them, under PRETEXT.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from percepiano_core.audio.ast.ast import SPECIAL, AstEncoder
from percepiano_core.audio.ast.published.weights import POSITIONS, carried_over
from percepiano_core.audio.ast.settings import EncoderSettings
from percepiano_core.audio.networks.clip_form import ClipForm, restored_form
from percepiano_core.errors import UserError
from percepiano_core.training.jax_adapter import load_module, module_arrays
from percepiano_core.training.named_arrays import expecting, read_arrays
from percepiano_core.training.settings import built

ENCODER, FORM = "encoder", "form"  # keys of the header
PRETEXT = "pretext/"  # before the names of arrays that are not the encoder's
EXPECTED = ("weights of an encoder of spectrograms", "make it by pre-training or from the published weights")


def encoder_header(settings: EncoderSettings, form: ClipForm) -> dict[str, Any]:
    """What the file says beside the weights."""
    every = asdict(settings)
    return {ENCODER: {each.name: every[each.name] for each in fields(EncoderSettings)}, FORM: form.description}


def load_encoder(path: Path | str, encoder: AstEncoder, form: ClipForm) -> None:
    """Give an encoder the weights of a file, its positions carried over where clips or patches differ.

    UserError if the file is no such file, of another size or of another front end.
    """
    weights, settings, _ = _read(path, form.normalisation.front_end)
    weights[POSITIONS] = carried_over(weights[POSITIONS], settings, encoder)
    wanted = module_arrays(encoder)
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in wanted.items()}:
        size = f"{settings.size.hidden} wide, {settings.size.layers} layers"
        raise UserError(path, f"is of another size ({size})", "set the model's size to that of the file")
    load_module(encoder, weights)


def read_encoder(path: Path | str, front_end: str) -> tuple[AstEncoder, ClipForm]:
    """The encoder of a file, and the form of the clips that it hears.

    front_end : of the spectrograms that it is to hear; UserError for one of another, or a file that is no such file
    """
    weights, settings, form = _read(path, front_end)
    encoder = AstEncoder(settings, nnx.Rngs(0))
    with expecting(path, *EXPECTED):
        load_module(encoder, weights)
    return encoder, form


@nnx.jit
def patch_moments(encoder: AstEncoder, clips: jax.Array | np.ndarray) -> jax.Array:
    """Mean and mean square [B, 2, d] of what an encoder makes of the patches of normalised clips [B, T, mels]."""
    patches = encoder(jnp.asarray(clips))[:, SPECIAL:]
    return jnp.stack([patches.mean(axis=1), jnp.square(patches).mean(axis=1)], axis=1)


def _read(path: Path | str, front_end: str) -> tuple[dict[str, np.ndarray], EncoderSettings, ClipForm]:
    arrays, header = read_arrays(path, *EXPECTED)
    weights = {name: value for name, value in arrays.items() if not name.startswith(PRETEXT)}
    with expecting(path, *EXPECTED):
        settings, form = built(EncoderSettings, header[ENCODER]), restored_form(header[FORM])
    if form.normalisation.front_end != front_end:
        problem = f"its encoder hears spectrograms of {form.normalisation.front_end}, not of {front_end}"
        raise UserError(path, problem, f"set front_end: {form.normalisation.front_end}")
    return weights, settings, form
