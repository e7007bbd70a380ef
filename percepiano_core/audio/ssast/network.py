"""The self-supervised network (SSAST): an encoder that must tell and draw the patches that it cannot see.

Source: Gong et al., "SSAST: self-supervised audio spectrogram transformer" (AAAI 2022), section 3, and its released
code. It differs in that both losses come from one pass over one set of masks. `encoder: visible` is not in the paper:
it encodes the visible patches alone and fills in with a small decoder, after He et al., "Masked autoencoders are
scalable vision learners" (CVPR 2022).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from percepiano_core.audio.ast.ast import EPSILON, SPECIAL, AstEncoder, Blocks, initial, patches_of
from percepiano_core.audio.ast.settings import PATCH
from percepiano_core.audio.ssast.masking import is_masked, visible
from percepiano_core.audio.ssast.network_settings import SsastSettings


class SsastOutputs(NamedTuple):
    """What a batch of B clips with K masked patches each gives, in the order of the masks' ids."""

    c: jax.Array  # [B, K, 256], to be told by
    r: jax.Array  # [B, K, 256], drawn
    patches: jax.Array  # [B, K, 256], the masked patches of the input, without a gradient
    encoded: jax.Array  # [B, 2 + N, d], what the pretext heads read


class PretextHead(nnx.Module):
    """d -> d -> pixels of a patch, with a ReLU between (`cpredlayer`, `gpredlayer`)."""

    def __init__(self, width: int, rngs: nnx.Rngs) -> None:
        self.fc1 = nnx.Linear(width, width, kernel_init=initial, rngs=rngs)
        self.fc2 = nnx.Linear(width, PATCH * PATCH, kernel_init=initial, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        """[..., 256] of [..., d]."""
        return self.fc2(nnx.relu(self.fc1(x)))


class Decoder(nnx.Module):
    """Blocks over all positions, visible ones as encoded and masked ones as the mask vector."""

    def __init__(self, settings: SsastSettings, rngs: nnx.Rngs) -> None:
        self.blocks = Blocks(settings, settings.decoder_layers, rngs)
        self.norm = nnx.LayerNorm(settings.size.hidden, epsilon=EPSILON, rngs=rngs)

    def __call__(self, tokens: jax.Array, *, train: bool = False) -> jax.Array:
        """[B, 2 + N, d] of the same."""
        return self.norm(self.blocks(tokens, train=train))


class SsastNetwork(nnx.Module):
    """Encoder, mask vector and pretext heads; the encoder is what fine-tuning takes over."""

    def __init__(self, settings: SsastSettings, rngs: nnx.Rngs) -> None:
        width = settings.size.hidden
        self.encoder = AstEncoder(settings, rngs)
        self.mask_embed = nnx.Param(rngs.params.normal((width,)) * width**-0.5)  # Xavier, as released
        self.cpredlayer, self.gpredlayer = PretextHead(width, rngs), PretextHead(width, rngs)
        self.decoder = Decoder(settings, rngs) if settings.encoder == "visible" else None

    def __call__(self, x: jax.Array, mask: jax.Array, *, train: bool = False) -> SsastOutputs:
        """Predictions for the masked patches of normalised log-mel spectrograms [B, T, mels].

        mask : ids [B, K] of the masked patches, frequency-major, none twice (masking.py)
        """
        encoded = self._all_encoded(x, mask, train) if self.decoder is None else self._seen_encoded(x, mask, train)
        masked = _taken(encoded, SPECIAL + mask)  # [B, K, d]
        patches = jax.lax.stop_gradient(_taken(patches_of(x, self.encoder.stride), mask))
        return SsastOutputs(self.cpredlayer(masked), self.gpredlayer(masked), patches, encoded)

    def _all_encoded(self, x: jax.Array, mask: jax.Array, train: bool) -> jax.Array:
        """Tokens [B, 2 + N, d] of all patches, the mask vector in place of the masked ones."""
        embedded = self.encoder.embedded(x)
        hidden = is_masked(mask, embedded.shape[1])[:, :, None]
        # Replaced before positions are added: a masked token knows where it is.
        placed = self.encoder.placed(jnp.where(hidden, self.mask_embed[...], embedded))
        return self.encoder.encoded(placed, train=train)

    def _seen_encoded(self, x: jax.Array, mask: jax.Array, train: bool) -> jax.Array:
        """Tokens [B, 2 + N, d] after the decoder; the encoder has read the visible patches alone."""
        seen = self.visible_tokens(x, mask, train=train)
        places = _with_special(visible(mask, self.encoder.pos_embed.shape[0] - SPECIAL))
        clips = jnp.arange(len(x))[:, None]
        filled = jnp.broadcast_to(self.mask_embed[...], (len(x), *self.encoder.pos_embed.shape))
        assert self.decoder is not None
        return self.decoder(filled.at[clips, places].set(seen) + self.encoder.pos_embed[...], train=train)

    def visible_tokens(self, x: jax.Array, mask: jax.Array, *, train: bool = False) -> jax.Array:
        """Encoded special tokens and visible patches [B, 2 + N - K, d]."""
        placed = self.encoder.placed(self.encoder.embedded(x))
        places = _with_special(visible(mask, placed.shape[1] - SPECIAL))
        return self.encoder.encoded(_taken(placed, places), train=train)


def _taken(rows: jax.Array, ids: jax.Array) -> jax.Array:
    """Rows [B, K, d] of [B, n, d] by their ids [B, K]."""
    return jnp.take_along_axis(rows, ids[:, :, None], axis=1)


def _with_special(ids: jax.Array) -> jax.Array:
    """Places among all tokens of patches [B, K], the special tokens before them."""
    special = jnp.broadcast_to(jnp.arange(SPECIAL), (len(ids), SPECIAL))
    return jnp.concatenate([special, SPECIAL + ids], axis=1)
