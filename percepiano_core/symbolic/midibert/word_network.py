"""The MidiBERT-style model with what training needs to know of it: its words, its batches, what it tells of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from percepiano_core.features.performed_notes import performed_notes
from percepiano_core.perception.examples import Examples
from percepiano_core.symbolic.midibert.compound_words import compound_words
from percepiano_core.symbolic.midibert.encoder_weights import load_encoder
from percepiano_core.symbolic.midibert.settings import BertSize, WordNetworkSettings
from percepiano_core.symbolic.midibert.word_model import WordBatch, WordModel, collate_words
from percepiano_core.symbolic.networks.network import Network, Notes
from percepiano_core.training.settings import built


def prepared_network(settings: WordNetworkSettings) -> Network:
    """The network that the settings describe, begun from pre-trained weights where they name a file.

    Nothing is fitted on the train role.
    """
    model = WordModel(settings.size)
    if settings.pretrained is not None:
        load_encoder(settings.pretrained, model.encoder)
    return _network(model, settings.size, settings.attend_padding, settings.legacy_ticks)


def restored_network(description: Mapping[str, Any]) -> Network:
    """The network that `Network.description` described, randomly initialised."""
    size = description["size"]  # older files name a preset
    values = built(BertSize, {"preset": size} if isinstance(size, str) else size)
    return _network(WordModel(values), values, description["attend_padding"], description["legacy_ticks"])


def _network(model: WordModel, size: BertSize, attend_padding: bool, legacy_ticks: bool) -> Network:
    def penalised(batch: WordBatch) -> tuple[Tensor, Tensor]:
        logits = model(batch)
        return logits, logits.new_zeros(())

    def probe(batch: WordBatch) -> dict[str, float]:
        _, vectors, weights = model.activations(batch)
        return {
            "scale_encoder": float(vectors[batch.mask].std()),
            "attention_pool": normalised_entropy(weights, batch.mask),
        }

    return Network(
        module=model,
        encode=partial(_encode, legacy_ticks=legacy_ticks),
        length=len,
        collate=partial(_collate, attend_padding=attend_padding),
        penalised=penalised,
        probe=probe,
        groups=lambda rate: [{"params": list(model.parameters()), "lr": rate}],
        without={},
        description={"size": asdict(size), "attend_padding": attend_padding, "legacy_ticks": legacy_ticks},
    )


def normalised_entropy(weights: Tensor, mask: Tensor) -> float:
    """Entropy of attention weights [b, t, rows] over ln(notes), of rows of two notes or more; 1 where all are alike."""
    entropy = -(weights * weights.clamp(min=1e-30).log()).sum(1).mean(1)
    several = mask.sum(1) > 1
    return float((entropy / mask.sum(1).log())[several].mean())


def _encode(examples: Examples, notes: Notes, legacy_ticks: bool) -> list[np.ndarray]:
    return [compound_words(*performed_notes(notes[name]), legacy_ticks) for name in examples.performances.tolist()]


def _collate(inputs: Sequence[np.ndarray], attend_padding: bool) -> WordBatch:
    return collate_words(inputs, legacy_padding=attend_padding)
