"""Masked pre-training of the encoder that MidiBERT-style models start from: on unlabelled performances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from percepiano_core.symbolic.midibert.settings import PretrainingSettings as Settings
from percepiano_core.training.settings import built

if TYPE_CHECKING:
    from percepiano_core.plan.job import Job
    from percepiano_core.store.words import WordCollection
    from percepiano_core.training.run import Trained, TrainingRun

INPUTS = "words"
NEEDS = ("torch",)


def read_given(job: Job) -> WordCollection:
    """The compound words of the performances to learn from."""
    from percepiano_core.store.words import read_words

    return read_words(str(job.file("words")))


def pretrain(words: WordCollection, settings: Mapping[str, Any], seed: int, run: TrainingRun) -> Trained:
    """Weights of an encoder that has learned to predict masked notes; predictions are empty.

    UserError if there are too few pieces for a validation role beside the train role.
    """
    from percepiano_core.symbolic.midibert.masked_words import pretrained_encoder

    return pretrained_encoder(words, built(Settings, settings), seed, run)
