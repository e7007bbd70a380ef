"""The parts of the multi-scale network, over sequences [B, channels, T] (docs/dynamics_network.md).

The published network holds time as the height of an image whose width is the number of branches being merged. The same
sums are written here without the image: merging n branches by a kernel of width n is a 1x1 convolution over their
channels side by side, and a transposed convolution whose kernel is as long as its stride is a linear map of each frame
to its `scale` finer frames. The tests hold both against the literal forms.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class ResidualBlock(nn.Module):
    """Two convolutions over three frames with batch norms before, between and after, beside a 1x1 skip connection.

    No activation follows the first norm nor the sum.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm1d(inputs)
        self.convolution1 = nn.Conv1d(inputs, outputs, 3, padding=1)
        self.norm2 = nn.BatchNorm1d(outputs)
        self.convolution2 = nn.Conv1d(outputs, outputs, 3, padding=1)
        self.norm3 = nn.BatchNorm1d(outputs)
        self.skip = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, T] -> [B, outputs, T]."""
        inner = functional.relu(self.norm2(self.convolution1(self.norm1(x))))
        return self.norm3(self.convolution2(inner)) + self.skip(x)


class Merge(nn.Module):
    """Several branches of one length to one: a sum of 1x1 convolutions with one bias."""

    def __init__(self, branches: int, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(branches * channels, channels, 1)

    def forward(self, *branches: Tensor) -> Tensor:
        """Branches [B, channels, T] each -> [B, channels, T]; their order is the order of the weights."""
        return self.convolution(torch.cat(branches, dim=1))


class UpSample(nn.Module):
    """Every frame to `scale` frames, each through its own linear map; frames beyond them hold the bias alone."""

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, channels, scale))  # [in, out, scale], as a ConvTranspose1d
        self.bias = nn.Parameter(torch.empty(channels))
        bound = 1 / math.sqrt(channels * scale)  # torch's own for a transposed convolution
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor, length: int) -> Tensor:
        """[B, channels, T] -> [B, channels, length], length >= T * scale."""
        batch, channels, frames = x.shape
        scale = self.weight.shape[2]
        kernel = self.weight.permute(1, 2, 0).reshape(channels * scale, channels, 1)
        finer = functional.conv1d(x, kernel).view(batch, channels, scale, frames).transpose(2, 3)
        finer = finer.reshape(batch, channels, frames * scale)
        return functional.pad(finer, (0, length - frames * scale)) + self.bias[:, None]


class TimeAttention(nn.Module):
    """Every frame looks at all frames (one head), added to the input; no positions, no norm inside."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(channels, num_heads=1, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """[B, channels, T] -> [B, channels, T]."""
        frames = x.transpose(1, 2)
        attended, _ = self.attention(frames, frames, frames, need_weights=False)
        return x + attended.transpose(1, 2)


def pooled(x: Tensor, scale: int) -> Tensor:
    """Maximum over every `scale` frames: [B, channels, T] -> [B, channels, T // scale]."""
    return functional.max_pool1d(x, scale)
