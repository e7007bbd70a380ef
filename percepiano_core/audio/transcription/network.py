"""The network of transkun 2.0: sound of some seconds -> a vector for every pitch or pedal, and frame.

Source: Y. Yan and Z. Duan, "Scoring intervals using non-hierarchical transformer for automatic piano transcription",
ISMIR 2024, and the released code and weights (the package transkun 2.0.1, MIT). Written anew for use without training:
the released modules import a reader of MIDI and torchaudio, whose releases lag behind torch's, for one filter bank that
the weights hold anyway. Parameters keep their released names; a test holds both to equal notes.

Beyond the released code, attention is computed over three dimensions of heads, for which torch has a fast way on CPUs,
and the last layer leaves out the tracks that nothing reads.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

SAMPLE_RATE, HOP, WINDOW = 44100, 1024, 4096  # Hz, samples, samples
PEDALS = (64, 67)  # controllers that are heard: sustain and soft
PITCHES = range(21, 109)
TRACKS = (*(-pedal for pedal in PEDALS), *PITCHES)  # what can begin and end, in the order of the released network
N_MELS, N_TAPERS = 229, 6  # a Hann window and five learned Gaussians
STEM, SIZE, HEADS, LAYERS = 64, 256, 8, 6
HIDDEN = 512  # of the predictors of what an event is like
VELOCITIES = 128
FRAMES_A_STEP = 8  # of the transformer
LEAST_POWER = 1e-5  # of a mel band, the zero of the logarithmic scale
NORM_EPS, LEVEL_EPS = 1e-6, 1e-8


class Tapers(nn.Module):
    """Gaussian windows of learned width and place."""

    def __init__(self) -> None:
        super().__init__()
        self.sigma = nn.Parameter(torch.empty(N_TAPERS - 1))
        self.center = nn.Parameter(torch.empty(N_TAPERS - 1))

    def forward(self) -> torch.Tensor:
        """Windows [tapers, samples]."""
        place = torch.arange(WINDOW)[:, None] - WINDOW * torch.sigmoid(self.center)
        return torch.exp(-0.5 * (place / (torch.sigmoid(self.sigma) * WINDOW / 2)) ** 2).T


class Spectrum(nn.Module):
    """Power spectra of frames under several windows."""

    win: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("win", torch.empty(WINDOW))
        self.winGen = Tapers()

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """[frames, samples] -> [frames, windows, frequencies]."""
        windows = torch.cat([self.win[None], self.winGen()])
        return torch.fft.rfft(frames[:, None] * windows, norm="ortho").abs().square()


class MelSpectrum(nn.Module):
    """Logarithmic mel spectra, from 0 (nothing) to about 1."""

    freq2mels: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("freq2mels", torch.empty(WINDOW // 2 + 1, N_MELS))
        self.spectrogramExtractor = Spectrum()

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """[frames, samples] -> [windows, frames, mels]."""
        power = (self.spectrogramExtractor(frames) @ self.freq2mels).transpose(0, 1)
        return 1 - torch.log(power + LEAST_POWER) / math.log(LEAST_POWER)


class PositionEmbedding(nn.Module):
    """Places, of one or two coordinates, as vectors: cosines of learned frequencies through a small network."""

    def __init__(self, size: int, coordinates: int) -> None:
        super().__init__()
        self.proj = nn.Linear(coordinates, size)
        self.mlp = _two_layers(size, 4 * size, size)

    def forward(self, *coordinates: torch.Tensor) -> torch.Tensor:
        """Vectors [n, ..., size] of the grid of coordinates, each [n]."""
        grid = torch.stack(torch.meshgrid(*coordinates, indexing="ij"), dim=-1)
        phase = self.proj(grid.float())
        return self.mlp(torch.cos(phase) / math.sqrt(phase.shape[-1] / 2))


class Attention(nn.Module):
    """Attention of several heads, keys and values from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.q_proj_weight = nn.Parameter(torch.empty(SIZE, SIZE))
        self.k_proj_weight = nn.Parameter(torch.empty(SIZE, SIZE))
        self.v_proj_weight = nn.Parameter(torch.empty(SIZE, SIZE))
        self.out_proj = nn.Linear(SIZE, SIZE)

    def forward(self, query: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        """[rows, m, size] that attend to [rows, n, size] of their row."""
        sources = ((query, self.q_proj_weight), (memory, self.k_proj_weight), (memory, self.v_proj_weight))
        heads = [(source @ weight).unflatten(-1, (HEADS, -1)).transpose(1, 2) for source, weight in sources]
        return self.out_proj(functional.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2))


class Residual(nn.Module):
    """What a module makes of a normalised input, scaled and added to the input."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.scale = nn.Parameter(torch.empty(SIZE))

    def forward(self, x: torch.Tensor, *memory: torch.Tensor) -> torch.Tensor:
        """[..., size] -> [..., size]."""
        normalised = x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + NORM_EPS)
        return torch.addcmul(x, self.module(normalised, *memory), self.scale)


class Layer(nn.Module):
    """Attention over the tracks of a step, then over the steps of a track; both read what entered the layer."""

    def __init__(self) -> None:
        super().__init__()
        self.mhaBlockF, self.fnnBlockF = Residual(Attention()), Residual(_two_layers(SIZE, 4 * SIZE, SIZE))
        self.mhaBlockT, self.fnnBlockT = Residual(Attention()), Residual(_two_layers(SIZE, 4 * SIZE, SIZE))

    def forward(self, memory: torch.Tensor, first: int = 0) -> torch.Tensor:
        """[steps, tracks, size] -> the same of the tracks from `first` on."""
        x = self.fnnBlockF(self.mhaBlockF(memory[:, first:], memory))
        x = self.mhaBlockT(x.transpose(0, 1), memory[:, first:].transpose(0, 1))
        return self.fnnBlockT(x).transpose(0, 1)


class Backbone(nn.Module):
    """Convolutions of the spectra, and a transformer over their bands and one track for every pitch and pedal."""

    def __init__(self) -> None:
        super().__init__()
        self.posEmbedBuilder = PositionEmbedding(STEM, 1)
        self.inputConv = nn.Conv2d(N_TAPERS, STEM, 3, padding=1)
        self.downConv = nn.Sequential(
            nn.ConstantPad2d((2, 1, 4, 3), 0.0),
            *_convolution(STEM, 2 * STEM, (2, 1)),
            *_convolution(2 * STEM, SIZE, (2, 2)),
            *_convolution(SIZE, SIZE, (2, 2)),
            *_convolution(SIZE, SIZE, (1, 1))[:2],
        )
        self.upConv1dSkip = nn.ConvTranspose1d(SIZE, SIZE, FRAMES_A_STEP, stride=FRAMES_A_STEP)
        self.posEmbedBuilderAttnTF = PositionEmbedding(SIZE, 2)
        self.posEmbedBuilderAttnTE = PositionEmbedding(SIZE, 2)
        self.encoderLayers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """[windows, frames, mels] -> [tracks, frames, size]."""
        bands = self.posEmbedBuilder(torch.arange(N_MELS)).T[:, None]
        x = self.downConv(self.inputConv(mel[None]) + bands)[0].permute(1, 2, 0)  # [steps, bands, size]
        x = functional.pad(x, (0, 0, 1, 0, 1, 0))  # a band and a step that gather what holds of all
        steps, count = torch.arange(len(x)), x.shape[1]
        x = x + self.posEmbedBuilderAttnTF(steps, torch.arange(count))
        x = torch.cat([x, self.posEmbedBuilderAttnTE(steps, torch.tensor(TRACKS))], dim=1)
        for layer in self.encoderLayers[:-1]:
            x = layer(x)
        x = self.encoderLayers[-1](x, count)[1:]
        return self.upConv1dSkip(x.permute(1, 2, 0))[..., : mel.shape[1]].transpose(1, 2)


class IntervalScorer(nn.Module):
    """What an event from one frame to another is worth."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Sequential(nn.Linear(SIZE, 2 * SIZE + 1))

    def forward(self, context: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """[tracks, frames, size] -> vectors of ends and of begins, both so, and scores [tracks, frames] of one frame.

        An event from frame b to a later frame e is worth (e - b) times the product of begin b and end e.
        """
        end, begin, single = self.map(context).split([SIZE, SIZE, 1], dim=-1)
        return end / math.sqrt(SIZE), begin, single[..., 0]


class TranskunNetwork(nn.Module):
    """The whole network, as its weights name the parts."""

    def __init__(self) -> None:
        super().__init__()
        self.framewiseFeatureExtractor = MelSpectrum()
        self.backbone = Backbone()
        self.scorer = IntervalScorer()
        self.velocityPredictor = _two_layers(3 * SIZE, HIDDEN, VELOCITIES)
        self.refinedOFPredictor = _two_layers(3 * SIZE, HIDDEN, 4)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        """Context [tracks, frames, size] of a waveform [samples]; frame k is centred on sample k * HOP."""
        frames = framed(waveform)
        frames = (frames - frames.mean()) / (frames.std() + LEVEL_EPS)  # the level of a recording says nothing
        return self.backbone(self.framewiseFeatureExtractor(frames))

    def attributes(
        self, context: torch.Tensor, events: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of events [n, 3] (track, first and last frame): velocity, the places, and whether the ends are in the sound.

        Returns
        -------
        velocity : [n], the likeliest
        shift : [n, 2] frames, -0.5 to 0.5, of begin and end from their frames
        inside : [n, 2] bool, False where an event goes on beyond the sound that was given
        """
        begin, end = context[events[:, 0], events[:, 1]], context[events[:, 0], events[:, 2]]
        both = torch.cat([begin, end, begin * end], dim=-1)
        shift, inside = self.refinedOFPredictor(both).chunk(2, dim=-1)
        mean = torch.distributions.ContinuousBernoulli(logits=shift).mean
        velocity = self.velocityPredictor(both).argmax(dim=-1)
        return velocity, ((mean - 0.5) / 0.99).clamp(-0.5, 0.5), inside > 0


def framed(waveform: torch.Tensor) -> torch.Tensor:
    """Frames [n, WINDOW] of a waveform [samples], silence before and after it."""
    count = math.ceil(len(waveform) / HOP) + 1
    after = (count - 1) * HOP + WINDOW // 2 - len(waveform)
    return functional.pad(waveform, (WINDOW // 2, after)).unfold(0, WINDOW, HOP)


def _two_layers(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """The identity stands where training had dropout, so that the names are the released ones."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Identity(), nn.Linear(hidden, outputs))


def _convolution(inputs: int, outputs: int, stride: tuple[int, int]) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, stride=stride)
    return convolution, nn.GroupNorm(4, outputs), nn.GELU(), nn.Identity()
