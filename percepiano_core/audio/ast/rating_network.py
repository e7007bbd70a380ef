"""Ratings of a clip: the spectrogram transformer, pooled, with one head a group of dimensions.

The published head (`single`) is a layer normalisation and a linear layer. Grouped heads each have two hidden layers and
give the logits of their group, which are put into the canonical order; the sigmoid is applied outside.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import nnx

from percepiano_core.audio.ast.ast import EPSILON, SPECIAL, AstEncoder, dropped, initial
from percepiano_core.audio.ast.groups import SINGLE, Groups, canonical_order, group_of_each
from percepiano_core.audio.ast.settings import AstSettings
from percepiano_core.dimensions import DIMENSION_KEYS

HIDDEN = (256, 128)  # units of a grouped head
ATTENDING = 4  # heads of the attention between groups


class SingleHead(nnx.Module):
    """The published head: Gong et al. (2021), released code (`mlp_head`)."""

    def __init__(self, width: int, rngs: nnx.Rngs) -> None:
        self.layernorm = nnx.LayerNorm(width, epsilon=EPSILON, rngs=rngs)
        self.dense = nnx.Linear(width, len(DIMENSION_KEYS), kernel_init=initial, rngs=rngs)

    def __call__(self, pooled: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Logits [B, 19] of [B, d]; nothing is dropped."""
        return self.dense(self.layernorm(pooled))


class Trunk(nnx.Module):
    """Two hidden layers of a group."""

    def __init__(self, width: int, dropout: float, rngs: nnx.Rngs) -> None:
        self.dropout = dropout
        self.fc1 = nnx.Linear(width, HIDDEN[0], rngs=rngs)
        self.fc2 = nnx.Linear(*HIDDEN, rngs=rngs)

    def __call__(self, pooled: jax.Array, key: jax.Array | None) -> jax.Array:
        """[B, 128] of [B, d]."""
        return nnx.relu(self.fc2(dropped(nnx.relu(self.fc1(pooled)), self.dropout, key)))


class GroupAttention(nnx.Module):
    """Each group's hidden units, and what it takes over from the other groups."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(HIDDEN[1], epsilon=EPSILON, rngs=rngs)
        self.attn = nnx.MultiHeadAttention(ATTENDING, HIDDEN[1], decode=False, rngs=rngs)

    def __call__(self, hidden: jax.Array) -> jax.Array:
        """[B, groups, 128] of the same."""
        return hidden + self.attn(self.norm(hidden))


class GroupedHeads(nnx.Module):
    """One head a group, in the canonical order of dimensions."""

    def __init__(self, settings: AstSettings, rngs: nnx.Rngs) -> None:
        width, self.names = settings.size.hidden, tuple(name for name, _ in settings.heads)
        self.order = canonical_order(settings.heads)
        self.trunks = nnx.Dict({name: Trunk(width, settings.head_dropout, rngs) for name in self.names})
        self.attention = GroupAttention(rngs) if settings.group_attention else None
        self.outputs = nnx.Dict({name: nnx.Linear(HIDDEN[1], len(keys), rngs=rngs) for name, keys in settings.heads})

    def __call__(self, pooled: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """Logits [B, 19] of [B, d]; with a key, as in training."""
        keys = [None] * len(self.names) if key is None else jax.random.split(key, len(self.names))
        hidden = jnp.stack([self.trunks[name](pooled, each) for name, each in zip(self.names, keys, strict=True)], 1)
        if self.attention is not None:
            hidden = self.attention(hidden)  # [B, groups, 128]
        logits = [self.outputs[name](hidden[:, place]) for place, name in enumerate(self.names)]
        return jnp.concatenate(logits, axis=-1)[:, jnp.array(self.order)]


class AstRatingNetwork(nnx.Module):
    """Logits of the 19 dimensions of a clip."""

    def __init__(self, settings: AstSettings, rngs: nnx.Rngs) -> None:
        self.pool, self.groups = settings.pool, settings.heads
        self.encoder = AstEncoder(settings, rngs)
        linear = settings.own_groups is None and settings.groups == SINGLE
        self.head = SingleHead(settings.size.hidden, rngs) if linear else GroupedHeads(settings, rngs)
        learnt = settings.group_weights == "learnt"
        self.log_variances = nnx.Param(jnp.zeros(len(self.groups))) if learnt else None
        self.stream = rngs.dropout.fork()

    def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        """Logits [B, 19] of normalised log-mel spectrograms [B, T, mels]."""
        return self.head(self.pooled(x, train=train), self.stream() if train else None)

    def pooled(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        """One vector a clip [B, d], which heads read: of the patches, or of the two special tokens."""
        tokens = self.encoder(x, train=train)
        chosen = tokens[:, SPECIAL:] if self.pool == "mean" else tokens[:, :SPECIAL]
        return chosen.mean(axis=1)

    def error(self, errors: jax.Array) -> jax.Array:
        """What a clip adds to the loss [B], of errors [B, 19] of its dimensions: their mean, or weighted by group."""
        if self.log_variances is None:
            return errors.mean(axis=-1)
        return uncertainty_weighted(group_means(errors, self.groups), self.log_variances[...])


def group_means(errors: jax.Array, groups: Groups) -> jax.Array:
    """Mean error over the dimensions of each group, [B, groups], of errors [B, 19]."""
    members = jax.nn.one_hot(jnp.array(group_of_each(groups)), len(groups))  # [19, groups]
    return errors @ (members / members.sum(0))


def uncertainty_weighted(losses: jax.Array, log_variances: jax.Array) -> jax.Array:
    """Sum [B] of losses [B, groups], each weighted by a learnt log-variance s: L exp(-s) / 2 + s / 2.

    Source: Kendall, Gal and Cipolla, "Multi-task learning using uncertainty to weigh losses" (2018), equation 7.
    """
    return (0.5 * jnp.exp(-log_variances) * losses + 0.5 * log_variances).sum(axis=-1)
