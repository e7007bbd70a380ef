"""Masked pre-training of the encoder of spectrograms that networks of ratings begin from: on unlabelled recordings.

The recordings of the validation role are of other pieces than those of the train role, by which alone clips are
normalised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from percepiano_core.audio.ssast.settings import PretrainingSettings as Settings
from percepiano_core.errors import UserError
from percepiano_core.training.run import Trained, TrainingRun
from percepiano_core.training.settings import built

if TYPE_CHECKING:
    from percepiano_core.audio.mel_cache.cache import MelCache
    from percepiano_core.plan.job import Job

INPUTS = "mel"
NEEDS = ("jax",)


def read_given(job: Job) -> MelCache:
    """The spectrograms of the performances to learn from."""
    from percepiano_core.audio.mel_cache.cache import MelCache
    from percepiano_core.audio.mel_cache.front_ends import front_end

    return MelCache(job.paths("mel"), front_end(job.run.settings["front_end"]))


def pretrain(mels: MelCache, settings: Mapping[str, Any], seed: int, run: TrainingRun) -> Trained[Any]:
    """Weights of an encoder that has learned to tell and redraw hidden patches; predictions are empty.

    mels : of performances that are named "piece/performance"

    UserError if there are too few pieces for a validation role beside the train role.
    """
    from percepiano_core.audio.networks.clip_form import fitted_form
    from percepiano_core.audio.ssast.pretext_file import pretrained_file
    from percepiano_core.audio.ssast.pretraining_task import pretraining_task

    chosen = built(Settings, settings)
    train, valid = pretraining_roles({name: name.rpartition("/")[0] for name in mels.names}, chosen.valid_share)
    form = fitted_form(mels, train, chosen.network.frames, as_published=False)
    run.report(f"masked pre-training: {len(train)} recordings to train on, {len(valid)} to validate on")
    task = pretraining_task(mels.views(train), mels.views(valid), form, chosen, seed, run)
    result = run.train(task, chosen.recipe)
    weights, header = pretrained_file(result.best_weights, chosen, form)
    return Trained([], [], weights, header, result.chosen, result)


def pretraining_roles(pieces: Mapping[str, str], valid_share: float) -> tuple[Sequence[str], Sequence[str]]:
    """Performances of the train role, and of the validation role, in order of name.

    The validation role has a share of the pieces, at even distances in order of name. UserError if none is left.
    """
    names = sorted(set(pieces.values()))
    held = max(1, round(valid_share * len(names)))
    if len(names) <= held:
        raise UserError("pre-training", f"there is no more than {len(names)} piece to learn from", "add recordings")
    held_out = {names[round(i * (len(names) - 1) / max(1, held - 1))] for i in range(held)}
    roles: tuple[list[str], list[str]] = [], []
    for name in sorted(pieces):
        roles[pieces[name] in held_out].append(name)
    return roles
