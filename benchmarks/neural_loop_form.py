"""The published symbolic networks in literal loop form, to measure ours against (benchmarks/neural_step.py).

It executes what the published classes execute (docs/symbolic_networks.md, docs/released_code.md): every module,
whatever the head reads, one recurrence a voice, a softmax and a sum a segment, dense span matrices, padded batches.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence, pad_sequence

from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.layers.attention import ContextAttention
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch
from percepiano_core.symbolic.han.published.parameters import unused_modules


class LoopModel(nn.Module):
    """The published computation, module by module and loop by loop, on the weights of one of our models."""

    def __init__(self, ours: HierarchicalModel, width: int) -> None:
        super().__init__()
        plain = ours.architecture
        full = HierarchicalModel(width, Architecture("total_note_cat", plain.hidden, dropout=plain.dropout))
        self.stages, self.head, self.level = full.stages, HierarchicalModel(width, plain).head, plain.level
        self.stages.load_state_dict(ours.stages.state_dict(), strict=False)
        self.head.load_state_dict(ours.head.state_dict())
        self.never_called = unused_modules(width, plain)["performance_encoder"].to_empty(device="cpu")

    def forward(self, x: Tensor, lengths: Tensor, places: dict[str, Tensor]) -> Tensor:
        """Padded features [b, t, w] and indices [b, t] -> logits [b, 19]."""
        note, voice = self.stages["note"], self.stages["voice"]
        packed = pack_padded_sequence(x, lengths, True, False)
        packed = PackedSequence(note.embed(packed.data), *packed[1:])
        voices = voice_outputs(voice.rnn.lstm, packed, places["voice"])
        notes = pad_packed_sequence(note.rnn.lstm(packed)[0], True)[0]
        hidden = torch.cat([notes, voices], 2)
        starts = [segment_edges(row) for row in places["beat"]]
        beats = self._level("beat", hidden, starts)
        last = (beats != 0).any(-1).sum(1).tolist()
        measures = self._level("measure", beats, [
            [int(row[i] - row[0]) for i in segment_edges(higher)[:-1]] + [end]
            for row, higher, end in zip(places["beat"], places["measure"], last, strict=True)
        ])  # fmt: skip
        total = torch.cat([hidden, spanned(beats, places["beat"]), spanned(measures, places["measure"])], -1)
        rows = {"note": notes, "voice": hidden, "beat": beats, "measure": measures, "total_note_cat": total}[self.level]
        head = self.head
        pooled = pool(head.pool, head.contract(rows))
        return head.fc2(head.dropout(gelu(head.fc1(head.dropout(pooled)))))

    def _level(self, name: str, lower: Tensor, edges: list[list[int]]) -> Tensor:
        """Attend within each segment of each sample, then read the segments."""
        stage = self.stages[name]
        scores = similarity(stage.attention, lower)
        weights = pad_sequence([
            torch.cat([torch.softmax(row[a:b], 0) for a, b in pairwise(e) if a < b])
            for row, e in zip(scores, edges, strict=True)
        ], True)  # fmt: skip
        weighted = chunks(stage.attention, lower)[:, : weights.shape[1]] * weights[..., None]
        weighted = weighted.flatten(2)
        nodes = pad_sequence([
            torch.cat([weighted[i : i + 1, a:b].sum(1) for a, b in pairwise(e)])
            for i, e in enumerate(edges)
        ], True)  # fmt: skip
        counts = (nodes != 0).any(-1).sum(1)
        return pad_packed_sequence(stage.rnn.lstm(pack_padded_sequence(nodes, counts, True, False))[0], True)[0]


def voice_outputs(lstm: nn.LSTM, packed: PackedSequence, voice: Tensor) -> Tensor:
    """One recurrence a voice number over all samples, brought back by a dense matrix."""
    x = pad_packed_sequence(packed, True)[0]
    out = x.new_zeros(*x.shape[:2], 2 * lstm.hidden_size)
    for number in range(1, int(voice.max()) + 1):
        mine = voice == number
        if not mine.any():
            continue
        parts = [x[i, mine[i]] if mine[i].any() else x.new_zeros(1, x.shape[-1]) for i in range(len(x))]
        padded = pad_sequence(parts, True)
        read = pad_packed_sequence(lstm(pack_padded_sequence(padded, [len(p) for p in parts], True, False))[0], True)[0]
        span = x.new_zeros(*x.shape[:2], padded.shape[1])
        where = mine.nonzero()
        span[where[:, 0], where[:, 1], torch.cat([torch.arange(int(m.sum())) for m in mine])] = 1
        out = out + torch.bmm(span, read)
    return out


def segment_edges(index: Tensor) -> list[int]:
    """First note of each segment of one padded row, and the end of its last: behind the last index that is not 0."""
    end = int(index.nonzero().max()) + 1
    return [0, *((index[1:end] - index[: end - 1] == 1).nonzero()[:, 0] + 1).tolist(), end]


def chunks(attention: ContextAttention, x: Tensor) -> Tensor:
    """Rows [b, t, d] cut into the chunks of the heads [b, t, k, d / k]."""
    return torch.stack(x.split(attention.context.shape[1], 2), 2)


def similarity(attention: ContextAttention, x: Tensor) -> Tensor:
    """Scores [b, t, k], head by head in one batched product."""
    split = torch.stack(torch.tanh(attention.proj(x)).split(attention.context.shape[1], 2), 0)
    scores = torch.bmm(split.flatten(1, 2), attention.context)
    return scores.view(len(split), x.shape[0], -1).permute(1, 2, 0)


def pool(attention: ContextAttention, x: Tensor) -> Tensor:
    """Pooling over the padded sequence; the mask that looks for zeros finds none behind a layer with a bias."""
    scores = similarity(attention, x).masked_fill((x.sum(-1) == 0)[..., None], -1e10)
    return (chunks(attention, x) * torch.softmax(scores, 1)[..., None]).flatten(2).sum(1)


def spanned(rows: Tensor, index: Tensor) -> Tensor:
    """Rows of segments for each note, by a dense matrix."""
    guess = index.diff(dim=1).min(1)[1] + 1
    guess[guess == 1] = index.shape[1]
    span = rows.new_zeros(*index.shape, rows.shape[1])
    sample = torch.cat([torch.full((int(n),), i) for i, n in enumerate(guess)])
    note = torch.cat([torch.arange(int(n)) for n in guess])
    span[sample, note, (index - index[:, :1])[sample, note]] = 1
    return torch.bmm(span, rows)


def padded(batch: NoteBatch) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """The batch as the published loader gives it."""
    split = batch.lengths.tolist()

    def pad(values: Tensor) -> Tensor:
        return pad_sequence(list(values.split(split)), True)

    places = {name: pad(torch.from_numpy(getattr(batch, name))) for name in ("beat", "measure", "voice")}
    return pad(batch.features), torch.from_numpy(batch.lengths), places
