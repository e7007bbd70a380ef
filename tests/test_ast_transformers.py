"""The spectrogram transformer beside the implementation of the transformers library, in both directions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from flax import nnx

from percepiano_core.audio.ast.published.parameters import to_published
from percepiano_core.audio.ast.published.weights import arrays_for_publishing, published_of, take_over
from percepiano_core.audio.ast.rating_network import AstRatingNetwork
from percepiano_core.audio.ast.settings import AstSettings, AstSize
from percepiano_core.training.jax_adapter import Structure
from percepiano_core.training.settings import built

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SMALL = AstSettings(
    size=AstSize(hidden=32, layers=2, heads=4, inner=48),
    stride=10,
    frames=96,
    mels=64,
    groups="single",
    pool="cls_dist",
)
BASE = replace(SMALL, size=built(AstSize, {"preset": "base"}), frames=1024, mels=128)


def theirs(settings: AstSettings) -> Any:
    """A random instance, biases and scales too; the library's own normalisations have another epsilon (1e-12)."""
    size = settings.size
    config = transformers.ASTConfig(
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=size.inner,
        frequency_stride=settings.stride,
        time_stride=settings.stride,
        max_length=settings.frames,
        num_mel_bins=settings.mels,
        layer_norm_eps=1e-6,
        num_labels=19,
    )
    torch.manual_seed(0)
    model = transformers.ASTForAudioClassification(config).eval()
    model.classifier.layernorm.eps = 1e-6
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return model


def ours(settings: AstSettings, seed: int) -> AstRatingNetwork:
    """A network of random arrays."""
    structure, parameters, _ = Structure.of(nnx.eval_shape(lambda: AstRatingNetwork(settings, nnx.Rngs(0))))
    rng = np.random.default_rng(seed)
    drawn = {k: rng.normal(k.endswith("scale"), 0.02, v.shape).astype(np.float32) for k, v in parameters.items()}
    return structure.module(drawn, jax.random.key(0))


def check_both_ways(settings: AstSettings) -> None:
    model, x = theirs(settings), np.random.default_rng(0).normal(size=(1, settings.frames, settings.mels))
    x = x.astype(np.float32) / 2
    answer = jax.jit(lambda arrays, x: structure.module(arrays, jax.random.key(0))(x))
    network = ours(settings, seed=1)
    structure, own, _ = Structure.of(network)
    model_answer = lambda: model(torch.from_numpy(x)).logits.detach().numpy()  # noqa: E731
    tensors = {name: value.numpy() for name, value in model.state_dict().items()}
    taken = ours(settings, seed=2)
    transfer = take_over(taken, published_of(tensors, heads=settings.size.heads, mels=settings.mels, stride=10))
    assert (transfer.resized, transfer.own) == ((), ())
    np.testing.assert_allclose(answer(Structure.of(taken)[1], x), model_answer(), atol=1e-4)
    given = to_published(arrays_for_publishing(network), "transformers5")
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in given.items()})
    np.testing.assert_allclose(answer(own, x), model_answer(), atol=1e-4)


def test_a_small_instance_gives_the_same_logits_both_ways():
    check_both_ways(SMALL)


@pytest.mark.slow
def test_the_published_size_gives_the_same_logits_both_ways():
    check_both_ways(BASE)
