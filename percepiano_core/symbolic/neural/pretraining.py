"""Masked pre-training of the encoder of compound words: guess the words of hidden notes; resumable at every epoch.

An epoch is a number of batches of parts of performances, drawn anew; the pieces of the valid role are never learned
from. As in training on ratings, everything random in an epoch follows from the seed and the epoch's number, so that
pre-training that was killed gives the same weights as pre-training that was not.
Source: percepiano-models.md, section 8 (pre-training: masking, loss, clip, AdamW).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from percepiano_core.errors import UserError
from percepiano_core.store.words import WordCollection
from percepiano_core.symbolic.neural.batching import bucketed_batches, sorted_batches
from percepiano_core.symbolic.neural.compound_words import VOCABULARY
from percepiano_core.symbolic.neural.recipe import Recipe, learning_rate_factor
from percepiano_core.symbolic.neural.training import Report
from percepiano_core.symbolic.neural.word_masking import hide_notes
from percepiano_core.symbolic.neural.word_model import (
    BertSize,
    MaskedWordModel,
    WordEncoder,
    collate_words,
    word_parts,
)
from percepiano_core.training_state import TrainingState, epoch_seed, keep_state, take_up_state

EVALUATED_TOGETHER = 32  # parts
VALID_SEED = 0  # of the notes that are hidden in the valid role: the same in every epoch and run


@dataclass(frozen=True)
class PretrainingPlan:
    """How long, and how.

    Attributes
    ----------
    notes : of a part, at most; up to 512
    epochs, batches, batch_size : epochs, batches of an epoch, parts of a batch
    learning_rate, weight_decay, clip : of AdamW; the rate rises over the first epoch and falls as a cosine to 0
    valid_share : of the pieces, that are judged by and not learned from
    """

    notes: int = 128
    epochs: int = 5
    batches: int = 150
    batch_size: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 3.0
    valid_share: float = 0.05


class Pretrainer:
    """Pre-trains an encoder of a size by a plan; holds what changes while it does.

    `state_path` keeps the state between epochs (None: nothing is kept); a state of another `key` is not taken up.
    """

    def __init__(
        self,
        size: BertSize,
        plan: PretrainingPlan,
        seed: int,
        *,
        state_path: Path | None = None,
        key: str = "",
        report: Report = print,
        device: torch.device | str = "cpu",
    ) -> None:
        torch.manual_seed(seed)
        self.model = MaskedWordModel(WordEncoder(size)).to(device)
        self.plan, self.seed, self.report, self.device = plan, seed, report, device
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), plan.learning_rate, weight_decay=plan.weight_decay, fused=True
        )
        self.state_path, self.key = state_path, key
        self.state = TrainingState(key=key)

    def train(self, collection: WordCollection) -> TrainingState:
        """Train to the end; the encoder then has the weights of the epoch that guessed the valid role best."""
        train, valid = pretraining_roles(collection, self.plan)
        self.report(f"{len(train)} parts of performances to learn from, {len(valid)} to judge by")
        self.state = take_up_state(self.state_path, self.key, self.model, self.optimiser, self.report)
        while len(self.state.history) < self.plan.epochs:
            begun = time.perf_counter()
            numbers = {"train_loss": self._epoch(train)} | self._validate(valid)
            self.state.add(numbers, -numbers["valid_loss"], self.model.state_dict())
            keep_state(self.state_path, self.state, self.model, self.optimiser)
            self._tell(time.perf_counter() - begun)
        self.model.load_state_dict(self.state.best_weights)
        return self.state

    def _epoch(self, parts: Sequence[np.ndarray]) -> float:
        epoch, plan = len(self.state.history), self.plan
        rng, generator = np.random.default_rng([self.seed, epoch]), torch.Generator()
        torch.manual_seed(epoch_seed(self.seed, epoch))
        generator.manual_seed(epoch_seed(self.seed, epoch))
        drawn = rng.permutation(len(parts))[: plan.batches * plan.batch_size]
        batches = bucketed_batches(np.array([len(parts[i]) for i in drawn]), plan.batch_size, rng)
        schedule, losses = Recipe(schedule="cosine", epochs=plan.epochs), []
        self.model.train()
        for i, rows in enumerate(batches):
            factor = learning_rate_factor(schedule, epoch * len(batches) + i, len(batches))
            self.optimiser.param_groups[0]["lr"] = plan.learning_rate * factor
            loss, _ = self._guess([parts[i] for i in drawn[rows]], generator)
            self.optimiser.zero_grad()
            loss.backward()
            clip_grad_norm_(self.model.parameters(), plan.clip)
            self.optimiser.step()
            losses.append(float(loss.detach()))
        return float(np.mean(losses))

    def _validate(self, parts: Sequence[np.ndarray]) -> dict[str, float]:
        """Loss and share of each kind of words guessed right, over the batches of the valid role."""
        generator = torch.Generator().manual_seed(VALID_SEED)
        self.model.eval()
        with torch.inference_mode():
            batches = sorted_batches(np.array([len(part) for part in parts]), EVALUATED_TOGETHER)
            guesses = [self._guess([parts[i] for i in rows], generator) for rows in batches]
        loss, right = (torch.stack(each).double().mean(0) for each in zip(*guesses, strict=True))
        shares = {f"right_{kind}": float(share) for kind, share in zip(VOCABULARY, right, strict=True)}
        return {"valid_loss": float(loss)} | shares

    def _guess(self, parts: Sequence[np.ndarray], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        batch = collate_words(parts)
        hidden, chosen = hide_notes(batch, generator)
        return self.model.loss(hidden.to(self.device), batch.words.to(self.device), chosen.to(self.device))

    def _tell(self, seconds: float) -> None:
        numbers, done = self.state.history[-1], len(self.state.history)
        left = (self.plan.epochs - done) * seconds / 60
        right = ", ".join(f"{kind} {numbers[f'right_{kind}']:.2f}" for kind in VOCABULARY)
        self.report(
            f"epoch {done}/{self.plan.epochs}: train {numbers['train_loss']:.3f}, valid {numbers['valid_loss']:.3f}, "
            f"right: {right}, {seconds:.0f} s, {left:.1f} min left"
        )


def pretraining_roles(collection: WordCollection, plan: PretrainingPlan) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Parts of the performances to learn from, and of those to judge by: pieces at even distances in order of name."""
    pieces = sorted(set(collection.pieces))
    held = max(1, round(plan.valid_share * len(pieces)))
    if len(pieces) <= held:
        raise UserError("pre-training", f"there is no more than {len(pieces)} piece to learn from", "add performances")
    judged = {pieces[place] for place in np.linspace(0, len(pieces) - 1, held).round().astype(int)}
    roles: tuple[list[np.ndarray], list[np.ndarray]] = [], []
    for piece, words in zip(collection.pieces, collection.words, strict=True):
        roles[piece in judged].extend(word_parts(words, plan.notes))
    return roles
