"""The spectrogram transformer (AST) as a network of ratings: it hears recordings, and reads no notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from percepiano_core.audio.ast.settings import AstSettings
from percepiano_core.audio.networks.settings import AudioNetworkSettings
from percepiano_core.training.settings import built, setting

if TYPE_CHECKING:
    from percepiano_core.audio.networks.clip_form import ClipForm
    from percepiano_core.audio.networks.network import AudioNetwork, HeardPerformances
    from percepiano_core.perception.folds import Roles
    from percepiano_core.plan.job import Job
    from percepiano_core.training.run import Trained, TrainingRun

INPUTS = ("mel",)
NEEDS = ("jax",)
MODULE = "audio.networks.ast_ratings"
NETWORK, FORM = "network", "form"  # keys of the description


@dataclass(frozen=True)
class Settings(AudioNetworkSettings):
    """Settings of the spectrogram transformer."""

    network: AstSettings = setting(AstSettings, "encoder and heads")


def read_given(job: Job) -> HeardPerformances:
    """The spectrograms of the performances."""
    from percepiano_core.audio.mel_cache.front_ends import front_end
    from percepiano_core.audio.networks.network import read_heard

    return read_heard(job, front_end(job.run.settings["front_end"]))


def train_fold(
    roles: Roles, given: HeardPerformances, settings: Mapping[str, Any], seed: int, run: TrainingRun
) -> Trained:
    """Train on one fold and predict it; `given` are the spectrograms of the performances by name."""
    from percepiano_core.audio.networks.fold import train_network

    chosen = built(Settings, settings)

    def prepare(form: ClipForm) -> AudioNetwork:
        return begun_network(chosen, form, seed)

    return train_network(MODULE, prepare, roles, given, chosen, chosen.network.frames, seed, run)


def begun_network(settings: Settings, form: ClipForm, seed: int) -> AudioNetwork:
    """The network before it has learned ratings: its encoder pre-trained where the settings name a file of it."""
    from percepiano_core.audio.ast.published.weights import read_published, take_over
    from percepiano_core.audio.networks.encoder_weights import load_encoder

    network = _network(settings.network, form, seed)
    if settings.pretrained is not None and settings.as_published:
        take_over(network.module, read_published(settings.pretrained))
    elif settings.pretrained is not None:
        load_encoder(settings.pretrained, network.module.encoder, form)
    return network


def restore(description: Mapping[str, Any]) -> AudioNetwork:
    """Build as described, randomly initialised."""
    from percepiano_core.audio.networks.clip_form import restored_form

    return _network(built(AstSettings, description[NETWORK]), restored_form(description[FORM]), seed=0)


def _network(settings: AstSettings, form: ClipForm, seed: int) -> AudioNetwork:
    from flax import nnx

    from percepiano_core.audio.ast.rating_network import AstRatingNetwork
    from percepiano_core.audio.networks.network import AudioNetwork

    module = AstRatingNetwork(settings, nnx.Rngs(seed))
    description = {NETWORK: asdict(settings), FORM: form.description}
    return AudioNetwork(module, form, description, AstRatingNetwork.error, layers=settings.size.layers)
