"""The public MIDI-BERT checkpoint as weights of our encoder of compound words.

Its names are those of a BERT of the library that it was built on, with relative positions for queries and keys. The
library's own word and position tables and its pooler are in the file and were never used; they are left out.
Source: Chou et al., "MidiBERT-Piano: large-scale pre-training for symbolic music understanding" (2021), released code
(result/pretrain/default/model_best.ckpt); docs/midibert.md, "The released checkpoint".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, device

from percepiano_core.errors import UserError
from percepiano_core.symbolic.midibert.compound_words import VOCABULARY
from percepiano_core.symbolic.midibert.settings import LONGEST, BertSize
from percepiano_core.symbolic.midibert.word_model import WordEncoder
from percepiano_core.training.torch_adapter import PARALLEL_PREFIX, read_state_dict

_LAYER = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.distance": "attention.self.distance_embedding",
    "attention.out": "attention.output.dense",
    "norm_attention": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "norm": "output.LayerNorm",
}
"""Our module, below a layer, -> the published one."""

_EMBEDDING = {
    "join": "in_linear",
    "token_type": "bert.embeddings.token_type_embeddings",
    "norm": "bert.embeddings.LayerNorm",
} | {f"kinds.{i}": f"word_emb.{i}.lut" for i in range(len(VOCABULARY))}

_UNUSED = re.compile(r"bert\.(embeddings\.(word_embeddings|position_|token_type_ids)|pooler\.)")
_REMEDY = "give the checkpoint of the released pre-training (model_best.ckpt)"


def read_published_encoder(path: Path | str) -> tuple[BertSize, dict[str, Tensor]]:
    """Size and state of our encoder from the public checkpoint.

    UserError if the file holds anything but tensors and numbers; if a tensor is missing, unknown or of a wrong shape.
    """
    tensors = {name.removeprefix(PARALLEL_PREFIX): value for name, value in read_state_dict(path).items()}
    tensors = {name: value for name, value in tensors.items() if not _UNUSED.match(name)}
    size = _size(path, tensors)
    with device("meta"):
        shapes = {name: value.shape for name, value in WordEncoder(size).state_dict().items()}
    names = {_published_name(name): name for name in shapes}
    missing, unknown = sorted(names.keys() - tensors.keys()), sorted(tensors.keys() - names.keys())
    if missing or unknown:
        problem = f"lacks {missing[0]}" if missing else f"has {unknown[0]}, which is unknown"
        raise UserError(path, f"it {problem}", _REMEDY)
    state = {names[published]: value for published, value in tensors.items()}
    for name, value in state.items():
        if value.shape != shapes[name]:
            raise UserError(path, f"{name} is {list(value.shape)}, not {list(shapes[name])}", _REMEDY)
    return size, state


def _published_name(name: str) -> str:
    """Name of one of our tensors in the checkpoint."""
    stem, _, kind = name.rpartition(".")
    part, _, rest = stem.partition(".")
    if part == "embedding":
        return f"{_EMBEDDING[rest]}.{kind}"
    layer, _, module = rest.partition(".")
    return f"bert.encoder.layer.{layer}.{_LAYER[module]}.{kind}"


def _size(path: Path | str, tensors: Mapping[str, Tensor]) -> BertSize:
    """Read off the shapes; the width of a head is that of the table of distances."""
    layers = sum(name.endswith(".attention.self.query.weight") for name in tensors)
    try:
        hidden = len(tensors["in_linear.weight"])
        inner = len(tensors["bert.encoder.layer.0.intermediate.dense.weight"])
        distances, width = tensors["bert.encoder.layer.0.attention.self.distance_embedding.weight"].shape
    except KeyError as error:
        raise UserError(path, f"it lacks {error.args[0]}", _REMEDY) from None
    if distances != 2 * LONGEST - 1:
        raise UserError(path, f"its positions are of {(distances + 1) // 2} notes, not {LONGEST}", _REMEDY)
    return BertSize(hidden=hidden, layers=layers, heads=hidden // width, inner=inner)
