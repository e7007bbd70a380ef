"""Settings of the spectrogram transformer, of its size and of the network of ratings on top of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from percepiano_core.audio.ast.groups import GROUPINGS, Groups, checked_groups, named_groups
from percepiano_core.errors import UserError
from percepiano_core.training.settings import check_choices, setting

PATCH = 16  # rows and frames of a patch: Gong et al. (2021), section 2


@dataclass(frozen=True)
class AstSize:
    """Sizes of the encoder."""

    PRESETS: ClassVar[str] = "sizes.yaml"

    hidden: int = setting(192, "width of the encoder", unit="units", least=1)
    layers: int = setting(12, "of the encoder", least=1)
    heads: int = setting(3, "of each attention; they divide the width", least=1)
    inner: int = setting(768, "width of the feed-forward part", unit="units", least=1)

    def __post_init__(self) -> None:
        if self.hidden % self.heads:
            problem = f"{self.heads} heads do not divide a width of {self.hidden}"
            raise UserError("heads", problem, "choose a divisor of the width")


@dataclass(frozen=True)
class EncoderSettings:
    """Settings of the encoder."""

    size: AstSize = setting({"preset": "tiny"}, "sizes of the encoder")
    stride: int = setting(
        16,
        "rows and frames from one patch to the next: 16 lays them side by side, 10 overlaps them (published results)",
        choices=(10, 16),
    )
    frames: int = setting(256, "length of a clip", unit="frames", least=PATCH)
    mels: int = setting(128, "mel bands of a frame", unit="bands", least=PATCH)
    dropout: float = setting(0.1, "share of what a block adds that is dropped in training", least=0, below=1)
    remat: bool = setting(
        False, "the backward pass computes each block anew: a third more time, a fraction of the memory"
    )
    dtype: str = setting(
        "float32",
        "numbers that products are computed in; weights, norms and softmax stay float32. bfloat16 is for accelerators",
        choices=("float32", "bfloat16"),
    )
    attention: str = setting(
        "xla",
        "xla runs everywhere; cudnn never holds the attention matrix (NVIDIA, bfloat16)",
        choices=("xla", "cudnn"),
    )

    def __post_init__(self) -> None:
        check_choices(self)
        if self.attention == "cudnn" and self.dtype != "bfloat16":
            raise UserError("attention", "cudnn computes in bfloat16 alone", "set dtype: bfloat16, or attention: xla")


@dataclass(frozen=True)
class AstSettings(EncoderSettings):
    """Settings of the network of ratings."""

    pool: str = setting(
        "mean",
        "what the head reads: the mean of the patches (encoder from scratch or self-supervised) or of the two special "
        "tokens (published AudioSet weights)",
        choices=("mean", "cls_dist"),
    )
    groups: str = setting(
        "groups4", "how dimensions are divided among heads (groups.yaml); single: one linear head", choices=GROUPINGS
    )
    own_groups: dict[str, list[str]] | None = setting(
        None, "group -> keys of its dimensions, instead of a named division; null: the named one"
    )
    group_attention: bool = setting(False, "groups attend to one another before their outputs")
    group_weights: str = setting(
        "equal",
        "equal: the mean over dimensions; learnt: each group's loss is weighted by an uncertainty that is learnt",
        choices=("equal", "learnt"),
    )
    head_dropout: float = setting(0.3, "share of units dropped in heads", least=0, below=1)

    def __post_init__(self) -> None:
        if self.own_groups is not None:
            checked_groups(self.own_groups)
        super().__post_init__()

    @property
    def heads(self) -> Groups:
        """The groups, each of which has a head."""
        return named_groups(self.groups) if self.own_groups is None else checked_groups(self.own_groups)
