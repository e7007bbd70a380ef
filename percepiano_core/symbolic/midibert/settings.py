"""Settings of the MidiBERT-style model, of its size and of its pre-training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from percepiano_core.symbolic.networks.settings import RatingNetworkSettings
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.settings import setting

LONGEST = 512  # notes that the encoder sees at once: rows of its table of positions


@dataclass(frozen=True)
class BertSize:
    """Sizes of encoder and head."""

    PRESETS: ClassVar[str] = "sizes.yaml"

    hidden: int = setting(768, "width of the encoder", unit="units", least=1)
    layers: int = setting(12, "of the encoder", least=1)
    heads: int = setting(12, "of each attention; they divide the width", least=1)
    inner: int = setting(3072, "width of the feed-forward part", unit="units", least=1)
    dropout: float = setting(0.1, "share of units dropped in training", least=0, below=1)
    pool_hidden: int = setting(128, "hidden units of the pooling attention", unit="units", least=1)
    pool_rows: int = setting(4, "rows that a performance is pooled into", least=1)
    head_hidden: int = setting(256, "hidden units of the head", unit="units", least=1)


@dataclass(frozen=True)
class WordNetworkSettings(RatingNetworkSettings):
    """Settings of the MidiBERT-style model."""

    size: BertSize = setting({"preset": "tiny"}, "sizes of encoder and head")
    pretrained: str | None = setting(
        None, "file of encoder weights of the same size that it starts from; null: random initialisation", file=True
    )
    attend_padding: bool = setting(False, "padding to 512 notes is attended and pooled, as the published row did")
    legacy_ticks: bool = setting(False, "ticks of another resolution are taken as they are, as the published row did")


@dataclass(frozen=True)
class PretrainingSettings:
    """Settings of the masked pre-training of the encoder on unlabelled performances."""

    size: BertSize = setting({"preset": "tiny"}, "size of the encoder")
    recipe: Recipe = setting({"preset": "masked_pretraining"}, "how it is pre-trained")
    notes: int = setting(128, "longest part of a performance", unit="notes", least=1, most=LONGEST)
    valid_share: float = setting(
        0.05, "share of the pieces that validate and are not learned from; at least one piece", above=0, below=1
    )
