"""A MidiBERT-style model: an encoder of compound words with relative positions, pooled by attention into 19 logits.

Written in plain torch, because the library that it was built on has dropped this kind of positions without an error.
Only what the loss reaches is built. See docs/midibert.md, "Exactly".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from percepiano_core.symbolic.midibert.compound_words import PADDING, VOCABULARY
from percepiano_core.symbolic.midibert.settings import LONGEST, BertSize

EMBEDDING = 256  # a kind of word
NORM_EPSILON = 1e-12  # BERT's
INITIAL_DEVIATION = 0.02  # BERT's
TOKEN_TYPES = 2  # the encoder's table; only the first is used


@dataclass(frozen=True, eq=False)
class WordBatch:
    """Performances in parts of at most 512 notes, which the encoder does not see beyond.

    Attributes
    ----------
    words : compound words [b, t, 4]
    mask : [b, t], True where a word is a note
    owner : [b], which performance each row is a part of, from 0, in order
    """

    words: Tensor
    mask: Tensor
    owner: Tensor

    def to(self, device: torch.device | str) -> WordBatch:
        """The same on another device."""
        return WordBatch(self.words.to(device), self.mask.to(device), self.owner.to(device))


def word_parts(words: np.ndarray, longest: int = LONGEST) -> list[np.ndarray]:
    """Words [n, 4] of a performance in as few parts as may be, of like length, none longer than `longest`."""
    return np.array_split(words, max(1, math.ceil(len(words) / longest)))


def collate_words(performances: Sequence[np.ndarray], legacy_padding: bool = False) -> WordBatch:
    """Words [n, 4] of each performance, in parts, padded to the longest of them; each has at least one note.

    With `legacy_padding` padded to 512, and the padding taken for notes, as published.
    """
    cut = [word_parts(words) for words in performances]
    parts, owner = [part for each in cut for part in each], np.repeat(np.arange(len(cut)), [len(each) for each in cut])
    lengths = np.array([len(part) for part in parts])
    if lengths.min() < 1:
        raise ValueError("a performance has no notes")
    t = LONGEST if legacy_padding else int(lengths.max())
    words = np.broadcast_to(PADDING, (len(lengths), t, len(VOCABULARY))).copy()
    mask = np.arange(t) < lengths[:, None]
    words[mask] = np.concatenate(parts)
    return WordBatch(torch.from_numpy(words), torch.from_numpy(mask | legacy_padding), torch.from_numpy(owner))


class WordEmbedding(nn.Module):
    """The four words of a note, embedded, scaled, joined and brought to the encoder's width."""

    def __init__(self, size: BertSize) -> None:
        super().__init__()
        self.kinds = nn.ModuleList([nn.Embedding(n, EMBEDDING) for n in VOCABULARY.values()])
        self.join = nn.Linear(EMBEDDING * len(VOCABULARY), size.hidden)
        self.token_type = nn.Embedding(TOKEN_TYPES, size.hidden)
        self.norm = nn.LayerNorm(size.hidden, NORM_EPSILON)
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, words: Tensor) -> Tensor:
        """[b, t, 4] -> [b, t, hidden]."""
        # The tables are brought to the width, which has fewer rows than a batch has notes
        tables = [
            math.sqrt(EMBEDDING) * table @ part.T
            for table, part in zip(self.kinds.parameters(), self.join.weight.split(EMBEDDING, dim=1), strict=True)
        ]
        parts = [nn.functional.embedding(words[..., i], table) for i, table in enumerate(tables)]
        return self.dropout(self.norm(sum(parts, self.join.bias + self.token_type.weight[0])))


class RelativeAttention(nn.Module):
    """Self-attention whose scores also weigh how far apart two notes are, seen from the query and from the key.

    scores = (q k' + q E[i - j] + k E[i - j]) / sqrt(d), one table E of distances for both.
    """

    def __init__(self, size: BertSize) -> None:
        super().__init__()
        self.heads, self.width = size.heads, size.hidden // size.heads
        self.query, self.key, self.value, self.out = (nn.Linear(size.hidden, size.hidden) for _ in range(4))
        self.distance = nn.Embedding(2 * LONGEST - 1, self.width)
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """[b, t, hidden] -> [b, t, hidden]; nothing is read where `mask` [b, t] is False."""
        q, k, v = (self._heads(layer(x)) for layer in (self.query, self.key, self.value))
        t = x.shape[1]
        place = torch.arange(t, device=x.device)
        apart = place[:, None] - place + t - 1  # [i, j]: row of the table's middle part
        table = self.distance.weight[LONGEST - t : LONGEST + t - 1]
        index = apart.expand(*q.shape[:2], t, t)
        from_query = (q @ table.T).gather(-1, index)
        from_key = (k @ table.T).gather(-1, index.transpose(-1, -2)).transpose(-1, -2)
        scores = (q @ k.transpose(-1, -2) + from_query + from_key) / math.sqrt(self.width)
        weights = scores.masked_fill(~mask[:, None, None], -torch.inf).softmax(-1)
        return self.out((self.dropout(weights) @ v).transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, self.width)).transpose(1, 2)  # [b, heads, t, d]


class EncoderLayer(nn.Module):
    """Attention, then two linear layers with GELU; each added to its input and normalised after."""

    def __init__(self, size: BertSize) -> None:
        super().__init__()
        self.attention = RelativeAttention(size)
        self.norm_attention = nn.LayerNorm(size.hidden, NORM_EPSILON)
        self.wide = nn.Linear(size.hidden, size.inner)
        self.narrow = nn.Linear(size.inner, size.hidden)
        self.norm = nn.LayerNorm(size.hidden, NORM_EPSILON)
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """[b, t, hidden] -> [b, t, hidden]."""
        x = self.norm_attention(x + self.dropout(self.attention(x, mask)))
        return self.norm(x + self.dropout(self.narrow(nn.functional.gelu(self.wide(x)))))


class WordEncoder(nn.Module):
    """Compound words -> one vector a note."""

    def __init__(self, size: BertSize) -> None:
        super().__init__()
        self.embedding = WordEmbedding(size)
        self.layers = nn.ModuleList([EncoderLayer(size) for _ in range(size.layers)])
        for module in (self.embedding.token_type, *self.layers.modules()):
            _initialise(module)

    def forward(self, batch: WordBatch) -> Tensor:
        """[b, t, hidden]."""
        x = self.embedding(batch.words)
        for layer in self.layers:
            x = layer(x, batch.mask)
        return x


def _initialise(module: nn.Module) -> None:
    """BERT's own initial values for its layers and tables: narrow normals, biases 0."""
    if any(parameter.is_meta for parameter in module.parameters()):
        return  # only counted
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=INITIAL_DEVIATION)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


class WordModel(nn.Module):
    """Ratings from compound words: the encoder, attention pooling into a few rows, two linear layers with ReLU."""

    def __init__(self, size: BertSize, n_ratings: int = 19) -> None:
        super().__init__()
        self.encoder = WordEncoder(size)
        self.pool = nn.Sequential(
            nn.Linear(size.hidden, size.pool_hidden, bias=False),
            nn.Tanh(),
            nn.Linear(size.pool_hidden, size.pool_rows, bias=False),
        )
        self.fc1 = nn.Linear(size.hidden * size.pool_rows, size.head_hidden)
        self.fc2 = nn.Linear(size.head_hidden, n_ratings)

    def forward(self, batch: WordBatch) -> Tensor:
        """Logits [performances, 19]; the ratings are their sigmoid."""
        return self.activations(batch)[0]

    def activations(self, batch: WordBatch) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [performances, 19], means over parts; vectors [b, t, hidden]; pooling weights [b, t, rows]."""
        notes = self.encoder(batch)
        weights = self.pool(notes).masked_fill(~batch.mask[..., None], -torch.inf).softmax(1)
        pooled = (weights.transpose(1, 2) @ notes).flatten(1)
        of_parts = self.fc2(torch.relu(self.fc1(pooled)))
        parts = torch.bincount(batch.owner)
        sums = of_parts.new_zeros(len(parts), of_parts.shape[1]).index_add(0, batch.owner, of_parts)
        return sums / parts[:, None], notes, weights


class MaskedWordModel(nn.Module):
    """Pre-training: what word of each kind stood at a note, from the encoder."""

    def __init__(self, encoder: WordEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        hidden = encoder.embedding.join.out_features
        self.kinds = nn.ModuleList([nn.Linear(hidden, n) for n in VOCABULARY.values()])

    def loss(self, batch: WordBatch, original: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Mean over kinds, weighted by vocabulary, of the cross-entropies at `chosen` notes [b, t]; shares right [4].

        `original` [b, t, 4] are the words before masking; at least one note is chosen.
        """
        notes, words = self.encoder(batch)[chosen], original[chosen]
        predicted = [kind(notes) for kind in self.kinds]
        losses = [nn.functional.cross_entropy(logits, words[:, i]) for i, logits in enumerate(predicted)]
        right = [(logits.argmax(1) == words[:, i]).float().mean() for i, logits in enumerate(predicted)]
        sizes = notes.new_tensor(list(VOCABULARY.values()))
        return (torch.stack(losses) * sizes).sum() / sizes.sum(), torch.stack(right)
