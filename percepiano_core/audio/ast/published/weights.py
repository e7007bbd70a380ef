"""Published weights of AST and SSAST: read from a file, given to a network, written for others to read.

What a network takes over is said leaf by leaf, so that a test can prove it: every leaf is the file's own, carried over
to another grid (positions alone), or the network's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx

from percepiano_core.audio.ast.ast import SPECIAL, AstEncoder
from percepiano_core.audio.ast.positions import patch_grid, resized_positions
from percepiano_core.audio.ast.published.parameters import PublishedArrays, from_published, to_published
from percepiano_core.audio.ast.published.tensors import read_tensors
from percepiano_core.audio.ast.settings import PATCH, AstSize, EncoderSettings
from percepiano_core.errors import UserError
from percepiano_core.training.jax_adapter import load_module, module_arrays
from percepiano_core.training.named_arrays import below, prefixed, write_arrays

HEAD_WIDTH = 64  # of an attention's head, in all published sizes
POSITIONS = "pos_embed"
_PARTS = ("encoder.", "head.")  # what names of a network's arrays begin with
STRIDES = (10, 16)  # of the published AST, of SSAST


@dataclass(frozen=True)
class Published:
    """Published weights, and what the encoder is that they are of."""

    settings: EncoderSettings
    arrays: PublishedArrays


@dataclass(frozen=True)
class Transfer:
    """Where each leaf of a network comes from, by name."""

    taken: tuple[str, ...]  # equal to the published one
    resized: tuple[str, ...]  # carried over to another grid
    own: tuple[str, ...]  # as the network was initialised


def read_published(
    path: Path | str, *, stride: int | None = None, heads: int | None = None, mels: int = 128
) -> Published:
    """Published weights in any of the layouts, from safetensors, npz or PyTorch's own files.

    stride, heads, mels : what the weights do not say; None: 10 for AST or 16 for SSAST if positions fit, and heads of
        64 units

    UserError for a file of another model, or one whose positions fit no grid.
    """
    return published_of(read_tensors(path), str(path), stride=stride, heads=heads, mels=mels)


def published_of(
    tensors: Mapping[str, np.ndarray],
    subject: str = "weights",
    *,
    stride: int | None = None,
    heads: int | None = None,
    mels: int = 128,
) -> Published:
    """As `read_published`, of tensors."""
    arrays = from_published(tensors, subject)
    encoder, width = arrays.encoder, arrays.encoder["tokens"].shape[1]
    layers, _, inner = encoder["blocks.stack.mlp.fc1.kernel"].shape
    size = AstSize(hidden=width, layers=layers, heads=heads or max(1, width // HEAD_WIDTH), inner=inner)
    likely = STRIDES[::-1] if arrays.pretext else STRIDES
    strides = likely if stride is None else (stride,)
    chosen, frames = _stride_and_frames(subject, len(encoder[POSITIONS]) - SPECIAL, strides, mels)
    return Published(EncoderSettings(size=size, stride=chosen, frames=frames, mels=mels), arrays)


def write_published(path: Path | str, arrays: PublishedArrays, layout: str) -> None:
    """Write weights in one of the published layouts as safetensors, atomically."""
    write_arrays(path, to_published(arrays, layout), {"layout": layout})


def arrays_for_publishing(module: nnx.Module) -> PublishedArrays:
    """Encoder of a network, its head if it is the published one, and what it has of SSAST beside its decoder."""
    arrays = module_arrays(module)
    parts = {part: below(arrays, part) for part in _PARTS}
    head = parts["head."] if "layernorm.scale" in parts["head."] else {}
    pretext = {k: v for k, v in arrays.items() if k.startswith(("mask_embed", "cpredlayer.", "gpredlayer."))}
    return PublishedArrays(parts["encoder."], head, pretext)


def take_over(module: Any, published: Published) -> Transfer:
    """Give a network with an `encoder` the published weights that fit it, and say which they are.

    module : a network of ratings or of patches
    published : all of the encoder's arrays are taken; those of the head and of pre-training where the network has
        leaves of their names and shapes

    UserError if the encoder is of another size.
    """
    encoder: AstEncoder = module.encoder
    offered = published.arrays
    whole = prefixed(offered.encoder, "encoder.") | prefixed(offered.head, "head.") | offered.pretext
    own = module_arrays(module)
    place = "encoder." + POSITIONS
    resized = carried_over(offered.encoder[POSITIONS], published.settings, encoder)
    same_grid = resized is offered.encoder[POSITIONS]
    given = {k: v for k, v in (whole | {place: resized}).items() if k in own and own[k].shape == v.shape}
    for name, value in own.items():
        if name.startswith("encoder.") and name not in given:
            problem = f"{name} is {list(value.shape)} here, and not so in the weights"
            raise UserError("published weights", problem, "set the model's size to that of the weights")
    load_module(module, own | given)
    taken = tuple(name for name in own if name in given and (same_grid or name != place))
    return Transfer(taken, () if same_grid else (place,), tuple(name for name in own if name not in given))


def carried_over(table: np.ndarray, settings: EncoderSettings, encoder: AstEncoder) -> np.ndarray:
    """A table of positions [2 + N, d] on the grid of an encoder, itself if that is its own; special tokens keep theirs.

    settings : of the encoder that the table is of
    """
    grid = patch_grid(settings.frames, settings.mels, settings.stride)
    if grid == encoder.grid and settings.stride == encoder.stride:
        return table
    patches = jnp.asarray(table[SPECIAL:]).reshape(*grid, -1)
    resized = resized_positions(patches, encoder.grid, same_stride=settings.stride == encoder.stride)
    return np.concatenate([table[:SPECIAL], np.asarray(resized).reshape(-1, table.shape[1])])


def _stride_and_frames(subject: str, patches: int, strides: tuple[int, ...], mels: int) -> tuple[int, int]:
    """The first stride that the patches fit, and the fewest frames that have so many."""
    for stride in strides:
        rows, _ = patch_grid(PATCH, mels, stride)
        if patches % rows == 0:
            return stride, PATCH + (patches // rows - 1) * stride
    problem = f"{patches} positions are no grid of {mels} mel bands with stride {' or '.join(map(str, strides))}"
    raise UserError(subject, problem, "name the stride and mel bands that they were trained with")
