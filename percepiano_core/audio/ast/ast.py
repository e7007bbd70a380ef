"""The spectrogram transformer (AST): patches of a log-mel spectrogram, encoded by a pre-norm transformer.

Source: Gong, Chung and Glass, "AST: audio spectrogram transformer" (Interspeech 2021), and its released code. Names are
the released ones (a DeiT's) where the layout is the same. It differs from the released code in that the twelve equal
blocks are one block with stacked weights, which is compiled once, and in that positions belong to one grid: another
length or stride is a matter of loading weights (positions.py).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.ad_checkpoint import checkpoint_name

from percepiano_core.audio.ast.positions import patch_grid
from percepiano_core.audio.ast.settings import PATCH, EncoderSettings
from percepiano_core.audio.ast.softmax_attention import KEPT as KEPT_OF_ATTENTION
from percepiano_core.audio.ast.softmax_attention import attention_weights, softmax_attention
from percepiano_core.errors import UserError

EPSILON = 1e-6  # of every layer normalisation: timm's, by which the released weights were trained
SPECIAL = 2  # tokens before the patches: class and distillation, both kept so that published weights fit
KEPT = ("qkv", "middle", "wide", *KEPT_OF_ATTENTION)
"""What a block keeps for its gradient: results of products. To compute the rest anew is faster than to store it."""

initial = nnx.initializers.normal(0.02)  # of all weights; the released cut at +-2 never cuts


def patches_of(x: jax.Array, stride: int) -> jax.Array:
    """Patches [B, N, 256] of a spectrogram [B, T, mels]: frequency-major, as are the pixels of each."""
    f, t = patch_grid(x.shape[1], x.shape[2], stride)
    within = np.arange(PATCH)
    rows = np.arange(f)[:, None] * stride + within  # [f, 16]
    frames = np.arange(t)[:, None] * stride + within  # [t, 16]
    pixels = jnp.asarray(x)[:, frames[None, :, None, :], rows[:, None, :, None]]  # [B, f, t, 16 rows, 16 frames]
    return pixels.reshape(len(x), f * t, PATCH * PATCH)


def dropped(x: jax.Array, rate: float, key: jax.Array | None) -> jax.Array:
    """`x` with a share of its numbers set to 0 and the others scaled up; unchanged without a key."""
    if key is None or rate == 0:
        return x
    kept = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(kept, x / (1 - rate), 0)


class Dense(nnx.Linear):
    """A linear layer over all tokens of a batch as the rows of one matrix: its gradient is then one product too."""

    def __call__(self, inputs: jax.Array, out_sharding: Any = None) -> jax.Array:
        """[..., outputs] of [..., inputs]."""
        rows = super().__call__(inputs.reshape(-1, inputs.shape[-1]), out_sharding)
        return rows.reshape(*inputs.shape[:-1], -1)


class Attention(nnx.Module):
    """Self-attention of all tokens to all."""

    def __init__(self, settings: EncoderSettings, rngs: nnx.Rngs) -> None:
        width, dtype = settings.size.hidden, jnp.dtype(settings.dtype)
        self.heads, self.kind = settings.size.heads, settings.attention
        self.qkv = Dense(width, 3 * width, dtype=dtype, kernel_init=initial, rngs=rngs)
        self.proj = Dense(width, width, dtype=dtype, kernel_init=initial, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """[B, n, d] of [B, n, d]."""
        q, k, v = self._parts(x)
        if self.kind == "cudnn":
            mixed = jax.nn.dot_product_attention(q, k, v, implementation="cudnn")
        else:
            mixed = _by_head(softmax_attention(_by_head(q), _by_head(k), _by_head(v)))
        return self.proj(mixed.reshape(x.shape))

    def weights(self, x: jax.Array) -> jax.Array:
        """How much each token attends to each other, [B, heads, n, n]; rows add up to 1."""
        q, k, _ = self._parts(x)
        return attention_weights(_by_head(q), _by_head(k))

    def _parts(self, x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Queries, keys and values [B, n, heads, width of a head] of [B, n, d]."""
        q, k, v = jnp.split(checkpoint_name(self.qkv(x), "qkv"), 3, axis=-1)
        shape = (*x.shape[:2], self.heads, -1)
        return q.reshape(shape), k.reshape(shape), v.reshape(shape)


def _by_head(x: jax.Array) -> jax.Array:
    """[B, heads, n, c] of [B, n, heads, c], and back."""
    return x.swapaxes(1, 2)


class Mlp(nnx.Module):
    """The feed-forward part of a block."""

    def __init__(self, settings: EncoderSettings, rngs: nnx.Rngs) -> None:
        width, inner, dtype = settings.size.hidden, settings.size.inner, jnp.dtype(settings.dtype)
        self.fc1 = Dense(width, inner, dtype=dtype, kernel_init=initial, rngs=rngs)
        self.fc2 = Dense(inner, width, dtype=dtype, kernel_init=initial, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """[B, n, d] of [B, n, d]."""
        wide = checkpoint_name(self.fc1(x), "wide")
        return self.fc2(jax.nn.gelu(wide, approximate=False))  # the erf form: tanh is 6e-5 off in logits


class Block(nnx.Module):
    """A pre-norm transformer block; what it adds is dropped in part in training."""

    def __init__(self, settings: EncoderSettings, rngs: nnx.Rngs) -> None:
        width, dtype, self.dropout = settings.size.hidden, jnp.dtype(settings.dtype), settings.dropout
        self.norm1 = nnx.LayerNorm(width, epsilon=EPSILON, dtype=dtype, rngs=rngs)
        self.attn = Attention(settings, rngs)
        self.norm2 = nnx.LayerNorm(width, epsilon=EPSILON, dtype=dtype, rngs=rngs)
        self.mlp = Mlp(settings, rngs)

    def __call__(self, x: jax.Array, key: jax.Array | None = None) -> jax.Array:
        """[B, n, d] of [B, n, d]; with a key, as in training."""
        first, second = (None, None) if key is None else jax.random.split(key)
        x = checkpoint_name(x + dropped(self.attn(self.norm1(x)), self.dropout, first), "middle")
        return x + dropped(self.mlp(self.norm2(x)), self.dropout, second)


class Blocks(nnx.Module):
    """Equal blocks in a row, kept as one whose weights have a leading axis of layers."""

    def __init__(self, settings: EncoderSettings, layers: int, rngs: nnx.Rngs) -> None:
        self.layers, self.remat, self.dropout = layers, settings.remat, settings.dropout
        self.stack = nnx.vmap(lambda each: Block(settings, each))(rngs.split(layers))
        self.stream = rngs.dropout.fork()

    def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        """[B, n, d] of [B, n, d]."""
        block, weights = nnx.split(self.stack)
        keys = jax.random.split(self.stream(), self.layers) if train and self.dropout else None

        def apply(x: jax.Array, layer: tuple[nnx.State, jax.Array | None]) -> tuple[jax.Array, None]:
            return nnx.merge(block, layer[0])(x, layer[1]), None

        policy = jax.checkpoint_policies.save_only_these_names(*(() if self.remat else KEPT))
        # A scan keeps its order anyway: to forbid common subexpressions would only slow it down.
        step = jax.checkpoint(apply, prevent_cse=False, policy=policy)
        return jax.lax.scan(step, x, (weights, keys))[0]


class AstEncoder(nnx.Module):
    """Tokens of a spectrogram: class, distillation, then one a patch, frequency-major."""

    def __init__(self, settings: EncoderSettings, rngs: nnx.Rngs) -> None:
        width, dtype = settings.size.hidden, jnp.dtype(settings.dtype)
        self.frames, self.mels, self.stride = settings.frames, settings.mels, settings.stride
        self.grid = patch_grid(settings.frames, settings.mels, settings.stride)
        positions = SPECIAL + self.grid[0] * self.grid[1]
        self.patch_embed = Dense(PATCH * PATCH, width, dtype=dtype, kernel_init=initial, rngs=rngs)
        self.tokens = nnx.Param(initial(rngs.params(), (SPECIAL, width)))
        self.pos_embed = nnx.Param(initial(rngs.params(), (positions, width)))
        self.blocks = Blocks(settings, settings.size.layers, rngs)
        self.norm = nnx.LayerNorm(width, epsilon=EPSILON, rngs=rngs)

    def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        """Tokens [B, 2 + N, d] of normalised log-mel spectrograms [B, T, mels], after the last normalisation."""
        return self.encoded(self.placed(self.embedded(x)), train=train)

    def embedded(self, x: jax.Array) -> jax.Array:
        """Embeddings [B, N, d] of the patches of [B, T, mels], without their positions."""
        if x.shape[1:] != (self.frames, self.mels):
            expected = f"[B, {self.frames} frames, {self.mels} mels]"
            raise UserError(
                "spectrograms", f"are {list(x.shape)}, not {expected}", "cut or pad to the model's `frames`"
            )
        return self.patch_embed(patches_of(x, self.stride))

    def placed(self, patches: jax.Array) -> jax.Array:
        """The special tokens and all patches [B, N, d] at their positions: [B, 2 + N, d], float32."""
        tokens = jnp.broadcast_to(self.tokens[...], (len(patches), *self.tokens.shape))
        return jnp.concatenate([tokens, patches], axis=1) + self.pos_embed[...]

    def encoded(self, tokens: jax.Array, *, train: bool = False) -> jax.Array:
        """Any tokens [B, n, d] through the blocks and the last normalisation."""
        return self.norm(self.blocks(tokens, train=train))
