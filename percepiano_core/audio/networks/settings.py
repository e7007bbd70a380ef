"""Settings that every network of ratings from recordings has, whatever its architecture."""

from __future__ import annotations

from dataclasses import dataclass

from percepiano_core.errors import UserError
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.settings import check_choices, setting


@dataclass(frozen=True)
class Augmentation:
    """What is changed in training clips, anew at each step."""

    mixup: float = setting(
        0.0,
        "parameter a of the distribution Beta(a, a) of the share of a clip's power that is mixed with another clip of "
        "the batch, and its ratings likewise; 0: none. 0.2 to 0.4 is usual",
        least=0,
    )
    masked_bands: int = setting(
        0, "most neighbouring mel bands that are silenced in a clip; 24 as published", unit="bands", least=0
    )
    masked_frames: int = setting(
        0, "most neighbouring frames that are silenced in a clip; 96 of 1024 as published", unit="frames", least=0
    )
    gain: float = setting(
        0.0, "largest change of level, up or down; loudness is rated, so that little is right", unit="dB", least=0
    )
    noise_snr: float = setting(
        0.0, "lowest signal-to-noise ratio of added noise, drawn up to 20 dB above; 0: none", unit="dB", least=0
    )


@dataclass(frozen=True)
class FineTuning:
    """What of a network's encoder is trained, and at which learning rates; the head always is."""

    mode: str = setting(
        "full",
        "full trains all; last the uppermost layers of the encoder alone; frozen leaves the encoder as it was",
        choices=("full", "last", "frozen"),
    )
    layers: int = setting(2, "layers of the encoder that are trained, for last", unit="layers", least=1)
    layer_decay: float = setting(
        1.0,
        "factor on the learning rate from each layer of the encoder to the one below it; 1: all at the recipe's. 0.75 "
        "is usual with pre-trained weights",
        above=0,
        most=1,
    )

    def __post_init__(self) -> None:
        check_choices(self)


@dataclass(frozen=True)
class AudioNetworkSettings:
    """How a network of ratings learns from spectrograms."""

    recipe: Recipe = setting({"preset": "audio"}, "how it is trained")
    front_end: str = setting(
        "piano22k",
        "how recordings become spectrograms; ast16k is for published weights",
        choices=("piano22k", "ast16k", "piano22k_peak"),
    )
    as_published: bool = setting(
        False,
        "pretrained are published weights, and clips are normalised and padded as these expect, not by the train role "
        "and with silence; for ast16k",
    )
    pretrained: str | None = setting(
        None, "file of encoder weights that it starts from, of the same size; null: random initialisation", file=True
    )
    fine_tuning: FineTuning = setting(FineTuning, "what is trained, and at which rates")
    augmentation: Augmentation = setting(Augmentation, "what is changed in training clips")
    crops: str = setting(
        "all",
        "what a prediction hears: all is clips half a clip apart, whose ratings are averaged; centre one clip",
        choices=("all", "centre"),
    )
    micro_batches: int = setting(
        1, "parts that a batch is computed in, one after the other, to need less memory; they divide the batch", least=1
    )
    rater_exponent: float = setting(
        0.0, "power of the number of raters by which a performance counts in the loss (sample weights); 0: all alike"
    )

    def __post_init__(self) -> None:
        check_choices(self)
        if self.as_published and self.front_end != "ast16k":
            problem = f"published weights hear spectrograms of ast16k, not of {self.front_end}"
            raise UserError("as_published", problem, "set front_end: ast16k")
