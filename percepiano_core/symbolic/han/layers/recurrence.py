"""A bidirectional LSTM over many sequences of different lengths, without padding them all to the longest.

Rows lie flat, sequence after sequence. Both directions are read from the left: the backward direction reads each
sequence from its last row, so that what is missing lies at the end of either and never reaches a result. Sorted by
length, the sequences form a staircase, which is cut into a few rectangular blocks; each block is one call of the
library's fused kernel, and the state of the sequences that go on is handed to the next block. The kernel costs what
its matrix products cost, so that the number of cells is the cost; each call costs as much as BLOCK_ROWS rows more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

BLOCK_ROWS = 32  # measured on one core, width 256: repacking the weights and adding up their gradients
TENSORS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@dataclass(frozen=True, eq=False)
class Unrolling:
    """How the rows [m] of s sequences are laid out in c cells, block after block, each [steps, sequences].

    Attributes
    ----------
    blocks : (steps, sequences) of each block; the sequences of a block are the longest ones
    ahead, back : row that each cell reads [c], in the forward and the backward direction; the last row again where a
        sequence has ended
    ahead_cell, back_cell : cell that holds the result of each row [m]
    """

    blocks: tuple[tuple[int, int], ...]
    ahead: Tensor
    back: Tensor
    ahead_cell: Tensor
    back_cell: Tensor


def unroll(lengths: np.ndarray, device: torch.device, block_rows: int | None = None) -> Unrolling:
    """The cheapest layout of sequences with these lengths [s], each at least 1.

    `block_rows` is what a block costs beyond its cells; on an accelerator 0, so that no cell is empty.
    """
    if block_rows is None:
        block_rows = BLOCK_ROWS if device.type == "cpu" else 0
    order = np.argsort(-lengths, kind="stable")
    first = np.cumsum(lengths) - lengths
    edges, widths = _blocks(lengths, block_rows)
    steps = np.diff(edges)
    time = np.repeat(np.arange(edges[-1]), np.repeat(widths, steps))
    rank = np.concatenate([np.tile(np.arange(w), s) for s, w in zip(steps, widths, strict=True)])
    sequence = order[rank]
    last = lengths[sequence] - 1
    cells = np.cumsum(steps * widths) - steps * widths

    row_sequence = np.repeat(np.arange(len(lengths)), lengths)
    row_time = np.arange(lengths.sum()) - first[row_sequence]
    place = np.argsort(order)[row_sequence]

    def cell_of(at: np.ndarray) -> np.ndarray:
        block = np.searchsorted(edges, at, side="right") - 1
        return cells[block] + (at - edges[block]) * widths[block] + place

    arrays = (
        first[sequence] + np.minimum(time, last),
        first[sequence] + np.maximum(last - time, 0),
        cell_of(row_time),
        cell_of(lengths[row_sequence] - 1 - row_time),
    )
    blocks = tuple(zip(steps.tolist(), widths.tolist(), strict=True))
    return Unrolling(blocks, *(torch.from_numpy(array).to(device) for array in arrays))


def _blocks(lengths: np.ndarray, block_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """First step of each block and the end [b + 1], and sequences in each block [b], of least cost.

    Cost of a block: its cells and `block_rows` more. Least cost by dynamic programming over the distinct lengths.
    """
    edges, counts = np.unique(lengths, return_counts=True)
    edges = np.concatenate([[0], edges])
    running = counts[::-1].cumsum()[::-1]  # sequences that go on beyond each edge but the last
    cost, came_from = np.zeros(len(edges)), np.zeros(len(edges), dtype=int)
    for end in range(1, len(edges)):
        costs = cost[:end] + (edges[end] - edges[:end]) * running[:end] + block_rows
        came_from[end] = costs.argmin()
        cost[end] = costs.min()
    path = [len(edges) - 1]
    while path[-1]:
        path.append(int(came_from[path[-1]]))
    starts = np.array(path[::-1])
    return edges[starts], running[starts[:-1]]


class SequenceLSTM(nn.Module):
    """Bidirectional LSTM of `layers` layers, width -> 2 x hidden; dropout on the output of every layer but the last.

    The parameters are those of torch.nn.LSTM, under its names (gates in the order i, f, g, o).
    """

    def __init__(self, width: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        between = dropout if layers > 1 else 0.0  # torch warns of a dropout that has no layer to act on
        self.lstm = nn.LSTM(width, hidden, layers, dropout=between, bidirectional=True)

    def forward(self, rows: Tensor, unrolling: Unrolling) -> Tensor:
        """Rows [m, width], sequence after sequence -> [m, 2 x hidden]."""
        return self._packed(rows, unrolling) if rows.is_cuda else self._in_blocks(rows, unrolling)

    def _in_blocks(self, rows: Tensor, unrolling: Unrolling) -> Tensor:
        for layer in range(self.lstm.num_layers):
            if layer:
                rows = nn.functional.dropout(rows, self.lstm.dropout, self.training)
            ahead = self._direction(rows[unrolling.ahead], unrolling.blocks, f"l{layer}")
            back = self._direction(rows[unrolling.back], unrolling.blocks, f"l{layer}_reverse")
            rows = torch.cat([ahead[unrolling.ahead_cell], back[unrolling.back_cell]], dim=1)
        return rows

    def _direction(self, cells: Tensor, blocks: tuple[tuple[int, int], ...], name: str) -> Tensor:
        """One layer in one direction: cells [c, width] -> [c, hidden]."""
        weights = [getattr(self.lstm, f"{tensor}_{name}") for tensor in TENSORS]
        hidden = cell = cells.new_zeros(1, blocks[0][1], self.lstm.hidden_size)
        results = []
        for part, (steps, width) in zip(cells.split([s * w for s, w in blocks]), blocks, strict=True):
            state = (hidden[:, :width].contiguous(), cell[:, :width].contiguous())
            block = part.view(steps, width, -1)
            result, hidden, cell = torch.lstm(block, state, weights, True, 1, 0.0, self.training, False, False)
            results.append(result.reshape(steps * width, -1))
        return torch.cat(results)

    def _packed(self, rows: Tensor, unrolling: Unrolling) -> Tensor:
        """All layers in one call of the accelerator's kernel for packed sequences; the blocks hold no empty cell."""
        sizes = torch.tensor([width for steps, width in unrolling.blocks for _ in range(steps)])
        packed = PackedSequence(rows[unrolling.ahead], sizes)
        return self.lstm(packed)[0].data[unrolling.ahead_cell]
