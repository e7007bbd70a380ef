"""The MidiBERT-style model as a trainable network: it reads the performed notes as compound words, and no score.

Settings: `size` (word_model.SIZES); `pretrained`, a file of encoder weights (encoder_weights.py), or null;
`attend_padding` and `legacy_ticks`, true for what the published row did: padding to 512 notes attended and pooled,
ticks of another resolution taken as they are. Source: percepiano-models.md, section 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from percepiano_core.errors import UserError
from percepiano_core.features.performed_notes import performed_notes
from percepiano_core.perception.examples import Examples
from percepiano_core.symbolic.midibert.compound_words import compound_words
from percepiano_core.symbolic.midibert.encoder_weights import load_encoder
from percepiano_core.symbolic.midibert.word_model import WordBatch, WordModel, bert_size, collate_words
from percepiano_core.symbolic.networks.network import Network, Notes

DEFAULTS: dict[str, Any] = {"size": "tiny", "pretrained": None, "attend_padding": False, "legacy_ticks": False}


def prepare(train: Examples, notes: Notes, settings: Mapping[str, Any]) -> Network:
    """Build, and start from pre-trained weights where a file is named; nothing is fitted on the train role."""
    unknown = sorted(settings.keys() - DEFAULTS.keys())
    if unknown:
        raise UserError("network", f"there is no setting {unknown[0]!r}", f"use {', '.join(DEFAULTS)}")
    chosen = DEFAULTS | dict(settings)
    pretrained = chosen.pop("pretrained")
    model = WordModel(bert_size(chosen["size"]))
    if pretrained is not None:
        load_encoder(pretrained, model.encoder)
    return _network(model, chosen)


def restore(description: Mapping[str, Any]) -> Network:
    """Build as described, with weights of chance."""
    return _network(WordModel(bert_size(description["size"])), description)


def _network(model: WordModel, description: Mapping[str, Any]) -> Network:
    def penalised(batch: WordBatch) -> tuple[Tensor, Tensor]:
        logits = model(batch)
        return logits, logits.new_zeros(())

    def probe(batch: WordBatch) -> dict[str, float]:
        _, vectors, weights = model.activations(batch)
        return {"scale_encoder": float(vectors[batch.mask].std()), "attention_pool": evenness(weights, batch.mask)}

    return Network(
        module=model,
        encode=partial(_encode, legacy_ticks=description["legacy_ticks"]),
        length=len,
        collate=partial(_collate, attend_padding=description["attend_padding"]),
        penalised=penalised,
        probe=probe,
        groups=lambda rate: [{"params": list(model.parameters()), "lr": rate}],
        without={},
        description=dict(description),
    )


def evenness(weights: Tensor, mask: Tensor) -> float:
    """Entropy of attention weights [b, t, rows] over ln(notes), of rows of two notes or more; 1 is even."""
    entropy = -(weights * weights.clamp(min=1e-30).log()).sum(1).mean(1)
    several = mask.sum(1) > 1
    return float((entropy / mask.sum(1).log())[several].mean())


def _encode(examples: Examples, notes: Notes, legacy_ticks: bool) -> list[np.ndarray]:
    return [compound_words(*performed_notes(notes[name]), legacy_ticks) for name in examples.performances.tolist()]


def _collate(inputs: Sequence[np.ndarray], attend_padding: bool) -> WordBatch:
    return collate_words(inputs, legacy_padding=attend_padding)
