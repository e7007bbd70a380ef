"""Names of the same weights in the layouts that they were published in.

`released` is that of the released code of AST and SSAST (timm's names, beside "module."), which all others are brought
to; `transformers4` that of the published file on the Hugging Face hub; `transformers5` what `state_dict()` gives since
version 5 of that library. They differ in names, and in whether queries, keys and values lie in one matrix.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from percepiano_core.errors import UserError

Tensors = Mapping[str, np.ndarray]
LAYOUTS = ("released", "transformers4", "transformers5")
PARALLEL = "module."  # DataParallel's prefix, with which the released files were saved
MODEL = "audio_spectrogram_transformer."  # absent where the encoder was saved without a head

_OUTSIDE = {
    "v.cls_token": "embeddings.cls_token",
    "v.dist_token": "embeddings.distillation_token",
    "v.pos_embed": "embeddings.position_embeddings",
    "v.patch_embed.proj": "embeddings.patch_embeddings.projection",
    "v.norm": "layernorm",
}
"""Released module -> that of both versions of transformers, below `MODEL`."""

_HEAD = {"mlp_head.0": "classifier.layernorm", "mlp_head.1": "classifier.dense"}

_BLOCK = {
    "transformers4": {
        "norm1": "layernorm_before",
        "attn.q": "attention.attention.query",
        "attn.k": "attention.attention.key",
        "attn.v": "attention.attention.value",
        "attn.proj": "attention.output.dense",
        "norm2": "layernorm_after",
        "mlp.fc1": "intermediate.dense",
        "mlp.fc2": "output.dense",
    },
    "transformers5": {
        "norm1": "layernorm_before",
        "attn.q": "attention.q_proj",
        "attn.k": "attention.k_proj",
        "attn.v": "attention.v_proj",
        "attn.proj": "attention.o_proj",
        "norm2": "layernorm_after",
        "mlp.fc1": "mlp.fc1",
        "mlp.fc2": "mlp.fc2",
    },
}
"""Layout -> released module of a block (queries, keys and values apart) -> its module."""

_STEM = {"transformers4": "encoder.layer", "transformers5": "layers"}
_PARTS = re.compile(r"(v\.blocks\.\d+\.attn)\.([qkv])\.(weight|bias)")
_JOINED = re.compile(r"(v\.blocks\.\d+\.attn)\.qkv\.(weight|bias)")


def layout_of(names: Mapping[str, object], subject: str = "weights") -> str:
    """The layout of tensors of these names; UserError if it is none of the three."""
    first = ("v.cls_token", "encoder.layer.0.", "layers.0.")
    bare = [name.removeprefix(PARALLEL).removeprefix(MODEL) for name in names]
    for layout, start in zip(LAYOUTS, first, strict=True):
        if any(name.startswith(start) for name in bare):
            return layout
    remedy = "give those of AST or SSAST as released, or of transformers' ASTModel"
    raise UserError(subject, "are of no spectrogram transformer", remedy)


def as_released(tensors: Tensors, subject: str = "weights") -> dict[str, np.ndarray]:
    """The tensors under the released names, without "module."; a name that no layout has is left as it is."""
    layout = layout_of(tensors, subject)
    if layout == "released":
        return {name.removeprefix(PARALLEL): value for name, value in tensors.items()}
    prefix = MODEL if any(name.startswith(MODEL) for name in tensors) else ""
    layers = sum(name.endswith(f"{_BLOCK[layout]['attn.q']}.weight") for name in tensors)
    renamed = {other: ours for ours, other in _names(layout, layers, prefix).items()}
    return _joined({renamed.get(name, name): value for name, value in tensors.items()})


def from_released(tensors: Tensors, layout: str) -> dict[str, np.ndarray]:
    """Tensors under the released names in one of the layouts.

    UserError for one that the layout has no name for, as those of self-supervised pre-training in transformers'.
    """
    if layout == "released":
        return {PARALLEL + name: value for name, value in tensors.items()}
    apart = _apart(tensors)
    names = _names(layout, sum(name.endswith("attn.q.weight") for name in apart), MODEL)
    for name in apart:
        if name not in names:
            raise UserError(name, f"the layout {layout} has no such weight", "write the layout `released`")
    return {names[name]: value for name, value in apart.items()}


def _names(layout: str, layers: int, prefix: str) -> dict[str, str]:
    """Released name, queries, keys and values apart -> name in a layout of transformers."""
    modules = {ours: prefix + other for ours, other in _OUTSIDE.items()} | _HEAD
    for i in range(layers):
        stem = f"{prefix}{_STEM[layout]}.{i}"
        modules |= {f"v.blocks.{i}.{ours}": f"{stem}.{other}" for ours, other in _BLOCK[layout].items()}
    whole = {ours: modules.pop(ours) for ours in ("v.cls_token", "v.dist_token", "v.pos_embed")}
    kinds = ("weight", "bias")
    return whole | {f"{ours}.{kind}": f"{other}.{kind}" for ours, other in modules.items() for kind in kinds}


def _joined(tensors: Tensors) -> dict[str, np.ndarray]:
    """With queries, keys and values in one matrix, in this order."""
    result = {name: value for name, value in tensors.items() if not _PARTS.fullmatch(name)}
    for name in tensors:
        match = _PARTS.fullmatch(name)
        if match and match[2] == "q":
            each = [f"{match[1]}.{part}.{match[3]}" for part in "qkv"]
            missing = [part for part in each if part not in tensors]
            if missing:
                raise UserError("weights", f"lack {missing[0]}", "give the whole state of the model")
            result[f"{match[1]}.qkv.{match[3]}"] = np.concatenate([tensors[part] for part in each])
    return result


def _apart(tensors: Tensors) -> dict[str, np.ndarray]:
    """With queries, keys and values in three matrices."""
    result = {}
    for name, value in tensors.items():
        match = _JOINED.fullmatch(name)
        if match is None:
            result[name] = value
            continue
        for part, rows in zip("qkv", np.split(value, 3), strict=True):
            result[f"{match[1]}.{part}.{match[2]}"] = rows
    return result
