"""Settings of the masked pre-training of the spectrogram transformer."""

from __future__ import annotations

from dataclasses import dataclass

from percepiano_core.audio.ssast.network_settings import Masking, PretextLosses, SsastSettings
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.settings import check_choices, setting


@dataclass(frozen=True)
class PretrainingSettings:
    """Settings of the masked pre-training of an encoder on unlabelled recordings."""

    network: SsastSettings = setting(SsastSettings, "what is pre-trained")
    masking: Masking = setting(Masking, "what is hidden of a clip")
    losses: PretextLosses = setting(PretextLosses, "how hidden patches are told and redrawn")
    recipe: Recipe = setting({"preset": "audio_pretraining"}, "how it is pre-trained")
    front_end: str = setting(
        "piano22k",
        "how recordings become spectrograms; that of the networks which begin from the encoder",
        choices=("piano22k", "ast16k", "piano22k_peak"),
    )
    micro_batches: int = setting(
        1, "parts that a batch is computed in, one after the other, to need less memory; they divide the batch", least=1
    )
    valid_share: float = setting(
        0.05, "share of the pieces that validate and are not learned from; at least one piece", above=0, below=1
    )

    def __post_init__(self) -> None:
        check_choices(self)
