"""Settings of the self-supervised network: how its encoder is fed, what is masked, and what its losses are."""

from __future__ import annotations

from dataclasses import dataclass

from percepiano_core.audio.ast.settings import EncoderSettings
from percepiano_core.training.settings import check_choices, setting


@dataclass(frozen=True)
class Masking:
    """Which patches of a clip are masked."""

    count: int = setting(400, "patches masked of 512, the published choice; of another grid, the same share", least=0)
    ratio: float | None = setting(None, "share of the patches masked, instead of count", above=0, below=1)
    shape: str = setting(
        "clusters",
        "clusters of 3, 4 or 5 by as many patches, as published, or single patches",
        choices=("clusters", "single"),
    )

    def __post_init__(self) -> None:
        check_choices(self)

    def of(self, patches: int) -> int:
        """Patches masked of a grid of so many."""
        return round((self.count / PUBLISHED_PATCHES if self.ratio is None else self.ratio) * patches)


PUBLISHED_PATCHES = 512  # 8 x 64: Gong et al. (2022), section 3.1


@dataclass(frozen=True)
class PretextLosses:
    """How a masked patch is told from the others, and how it is drawn."""

    nce: str = setting(
        "paper",
        "paper: patches compete for a prediction (equation 1); released: predictions compete for a patch",
        choices=("paper", "released"),
    )
    normalize: bool = setting(False, "patches and predictions are scaled to length 1 before they are compared")
    temperature: float = setting(1.0, "by which similarities are divided", above=0)
    reconstruction: float = setting(10.0, "weight of the error of the drawn patches; the paper's lambda", least=0)

    def __post_init__(self) -> None:
        check_choices(self)


@dataclass(frozen=True)
class SsastSettings(EncoderSettings):
    """Settings of the network; its patches lie side by side (stride 16), so that none shows through its neighbour."""

    dropout: float = setting(0.0, "share of what a block adds that is dropped in training", least=0, below=1)
    encoder: str = setting(
        "full",
        "full: masked patches are replaced before the encoder, as published; visible: the encoder reads the others "
        "alone and a small decoder fills in, at a third of the cost",
        choices=("full", "visible"),
    )
    decoder_layers: int = setting(2, "blocks of the decoder, for visible", least=1)
