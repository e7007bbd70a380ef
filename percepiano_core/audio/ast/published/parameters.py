"""The released weights of AST and SSAST as arrays of our modules, and back, without a loss of a bit.

Ours have the layers of the encoder stacked along a first axis, and kernels that are applied from the right. Parts that
the released class has and nothing reads are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from percepiano_core.audio.ast.published.layouts import as_released, from_released
from percepiano_core.audio.ast.settings import PATCH
from percepiano_core.errors import UserError

Arrays = dict[str, np.ndarray]
REMEDY = "give the whole state of AST or SSAST, and of no other model"
IGNORED = re.compile(r"v\.head(_dist)?\.(weight|bias)|p_input_[ft]dim")
"""DeiT's own heads, which nothing reads, and two sizes that SSAST writes down."""

_OUTSIDE = {"patch_embed": "v.patch_embed.proj", "norm": "v.norm"}
_BLOCK = {
    "blocks.stack.norm1": "norm1",
    "blocks.stack.attn.qkv": "attn.qkv",
    "blocks.stack.attn.proj": "attn.proj",
    "blocks.stack.norm2": "norm2",
    "blocks.stack.mlp.fc1": "mlp.fc1",
    "blocks.stack.mlp.fc2": "mlp.fc2",
}
"""Our module of the encoder -> the released one, below a block."""

_HEAD = {"layernorm": "mlp_head.0", "dense": "mlp_head.1"}
_PRETEXT = {
    f"{head}.fc{place // 2 + 1}": f"{head}.{place}" for head in ("cpredlayer", "gpredlayer") for place in (0, 2)
}


@dataclass(frozen=True)
class PublishedArrays:
    """Published weights under the names of our modules.

    Attributes
    ----------
    encoder : of `ast.AstEncoder`, all of them
    head : of `rating_network.SingleHead`; empty where the file has none
    pretext : of `ssast.network.SsastNetwork` beside its encoder; empty where the file has none
    """

    encoder: Arrays
    head: Arrays = field(default_factory=dict)
    pretext: Arrays = field(default_factory=dict)


def from_published(tensors: Mapping[str, np.ndarray], subject: str = "weights") -> PublishedArrays:
    """Arrays of our modules from tensors in any of the layouts.

    UserError for a tensor that is missing, or is neither ours nor known to be read by nothing.
    """
    left = {name: value for name, value in as_released(tensors, subject).items() if not IGNORED.fullmatch(name)}

    def take(name: str) -> np.ndarray:
        if name not in left:
            raise UserError(subject, f"lack {name}", REMEDY)
        return left.pop(name)

    layers = sum(re.fullmatch(r"v\.blocks\.\d+\.attn\.qkv\.weight", name) is not None for name in left)
    tokens = np.concatenate([take("v.cls_token")[0], take("v.dist_token")[0]])
    encoder = {"tokens": tokens, "pos_embed": take("v.pos_embed")[0]}
    for ours, released in _OUTSIDE.items():
        encoder |= _ours(ours, take(f"{released}.weight"), take(f"{released}.bias"))
    for ours, released in _BLOCK.items():
        each = [
            _ours(ours, *(take(f"v.blocks.{i}.{released}.{kind}") for kind in ("weight", "bias")))
            for i in range(layers)
        ]
        encoder |= {name: np.stack([layer[name] for layer in each]) for name in each[0]}
    head = _linear_parts(_HEAD, take) if "mlp_head.0.weight" in left else {}
    pretext = {}
    if "mask_embed" in left:
        pretext = {"mask_embed": take("mask_embed").reshape(-1)} | _linear_parts(_PRETEXT, take)
    if left:
        raise UserError(subject, f"have {next(iter(left))}, which is unknown", REMEDY)
    return PublishedArrays(encoder, head, pretext)


def to_published(arrays: PublishedArrays, layout: str) -> Arrays:
    """Tensors in a layout from arrays of our modules; a network's own heads have no published names."""
    encoder = arrays.encoder
    tokens = encoder["tokens"][:, None, None]
    released = {"v.cls_token": tokens[0], "v.dist_token": tokens[1], "v.pos_embed": encoder["pos_embed"][None]}
    for ours, name in _OUTSIDE.items():
        released |= _theirs(name, ours, encoder)
    kernel = released["v.patch_embed.proj.weight"]
    released["v.patch_embed.proj.weight"] = kernel.reshape(len(kernel), 1, PATCH, PATCH)
    for i in range(len(encoder["blocks.stack.norm1.scale"])):
        here = {name: value[i] for name, value in encoder.items() if name.startswith("blocks.")}
        for ours, name in _BLOCK.items():
            released |= _theirs(f"v.blocks.{i}.{name}", ours, here)
    if arrays.head:
        for ours, name in _HEAD.items():
            released |= _theirs(name, ours, arrays.head)
    if arrays.pretext:
        released["mask_embed"] = arrays.pretext["mask_embed"][None, None]
        for ours, name in _PRETEXT.items():
            released |= _theirs(name, ours, arrays.pretext)
    return from_released({name: np.ascontiguousarray(value) for name, value in released.items()}, layout)


def _ours(name: str, weight: np.ndarray, bias: np.ndarray) -> Arrays:
    """A normalisation (of a vector), a linear layer, or the patches' convolution: pixels in order of frequency."""
    if weight.ndim == 1:
        return {f"{name}.scale": weight, f"{name}.bias": bias}
    return {f"{name}.kernel": weight.reshape(len(weight), -1).T, f"{name}.bias": bias}


def _theirs(name: str, ours: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
    scale = arrays.get(f"{ours}.scale")
    weight = arrays[f"{ours}.kernel"].T if scale is None else scale
    return {f"{name}.weight": weight, f"{name}.bias": arrays[f"{ours}.bias"]}


def _linear_parts(modules: Mapping[str, str], take: Callable[[str], np.ndarray]) -> Arrays:
    parts: Arrays = {}
    for ours, released in modules.items():
        parts |= _ours(ours, take(f"{released}.weight"), take(f"{released}.bias"))
    return parts
