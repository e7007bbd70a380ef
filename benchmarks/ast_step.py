"""CPU seconds of the spectrogram transformer: our step against that of the transformers library, and its floor.

    OMP_NUM_THREADS=1 XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" \
        taskset -c 0 python benchmarks/ast_step.py step [--sizes tiny small base] [--rounds 5]

    ... python benchmarks/ast_step.py pretraining [--sizes tiny] [--clips 4]
    ... python benchmarks/ast_step.py memory

step : forward and backward of 19 logits on clips of 1024 frames, stride 16 (514 tokens), float32; and the same with a
    step of AdamW, of either library's defaults. Both have the same weights, and their logits are compared first. They
    run in turns in one process; times are the least over rounds, a ratio is the median over rounds of paired times. The
    floor, as a share of our gradient, is the time of the products of large matrices of as many operations (2048 x 2048
    x 2048, three times those of the forward pass).
pretraining : forward and backward of both losses, 400 of 512 patches masked, encoder `full` and `visible`.
memory : that the compiled gradient of the base size needs at 1214 tokens, with blocks computed anew and without.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
from flax import nnx
from transformers import ASTConfig, ASTForAudioClassification

from percepiano_core.audio.ast.published.weights import published_of, take_over
from percepiano_core.audio.ast.rating_network import AstRatingNetwork
from percepiano_core.audio.ast.settings import AstSettings, AstSize
from percepiano_core.audio.ssast.losses import pretext_losses
from percepiano_core.audio.ssast.masking import mask_drawer
from percepiano_core.audio.ssast.network import SsastNetwork
from percepiano_core.audio.ssast.network_settings import Masking, PretextLosses, SsastSettings
from percepiano_core.training.jax_adapter import Structure
from percepiano_core.training.settings import built

FRAMES, MELS, TOKENS = 1024, 128, 514
CLIPS = {"tiny": 2, "small": 1, "base": 1}
PRODUCT = 2048

Tasks = dict[str, Callable[[], Any]]


def settings_of(size: str) -> AstSettings:
    """Of the network that is timed: the published head, nothing dropped."""
    given = {"size": {"preset": size}, "frames": FRAMES, "dropout": 0.0, "groups": "single", "pool": "cls_dist"}
    return built(AstSettings, given)


def theirs(settings: AstSettings) -> ASTForAudioClassification:
    """The same network of the library, with random weights."""
    size: AstSize = settings.size
    config = ASTConfig(
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=size.inner,
        frequency_stride=16,
        time_stride=16,
        max_length=FRAMES,
        layer_norm_eps=1e-6,
        num_labels=19,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    torch.manual_seed(0)
    return ASTForAudioClassification(config).train()


def compiled(function: Callable[..., Any], *given: Any) -> tuple[Callable[[], Any], float]:
    """A function compiled for what it is given, and the wall seconds of compiling it."""
    start = time.perf_counter()
    run = jax.jit(function).lower(*given).compile()
    return lambda: jax.block_until_ready(run(*given)), time.perf_counter() - start


def step_tasks(size: str) -> tuple[Tasks, float, float]:
    """Our step and theirs, the wall seconds of compiling ours, and how far logits lie apart."""
    settings, rng = settings_of(size), np.random.default_rng(0)
    x = rng.normal(size=(CLIPS[size], FRAMES, MELS)).astype(np.float32) / 2
    y = rng.random((CLIPS[size], 19)).astype(np.float32)
    model, network = theirs(settings), AstRatingNetwork(settings, nnx.Rngs(0))
    take_over(network, published_of({name: value.numpy() for name, value in model.state_dict().items()}))
    structure, parameters, _ = Structure.of(network)

    def loss(parameters: Any, x: jax.Array) -> jax.Array:
        logits = structure.module(parameters, jax.random.key(0))(x, train=True)
        return jnp.square(jax.nn.sigmoid(logits) - y).mean()

    def their_gradient() -> None:
        model.zero_grad()
        (torch.sigmoid(model(torch.from_numpy(x)).logits) - torch.from_numpy(y)).square().mean().backward()

    gradient, seconds = compiled(jax.value_and_grad(loss), parameters, jnp.asarray(x))
    found = jax.jit(lambda p, x: structure.module(p, jax.random.key(0))(x))(parameters, x)
    apart = np.abs(np.asarray(found) - model(torch.from_numpy(x)).logits.detach().numpy()).max()
    optimiser = torch.optim.AdamW(model.parameters())

    def their_step() -> None:
        their_gradient()
        optimiser.step()

    tasks = {"ours": gradient, "theirs": their_gradient, "our step": our_step(loss, parameters, jnp.asarray(x))}
    return tasks | {"their step": their_step, "floor": product_task()}, seconds, float(apart)


def our_step(loss: Callable[..., jax.Array], parameters: Any, x: jax.Array) -> Callable[[], Any]:
    """A step with AdamW, which keeps what it made."""
    transform = optax.adamw(1e-3)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(parameters: Any, state: Any, x: jax.Array) -> tuple[Any, Any]:
        updates, state = transform.update(jax.grad(loss)(parameters, x), state, parameters)
        return optax.apply_updates(parameters, updates), state

    kept = [jax.tree.map(jnp.copy, parameters)]
    kept.append(transform.init(kept[0]))

    def run() -> None:
        kept[:] = jax.block_until_ready(step(*kept, x))

    return run


def product_task() -> Callable[[], Any]:
    """One product of large matrices."""
    return compiled(jnp.matmul, *[jax.random.normal(jax.random.key(i), (PRODUCT, PRODUCT)) for i in range(2)])[0]


def products_of_a_step(size: AstSize, clips: int) -> float:
    """Operations of a step over those of the large product: L n (24 d^2 + 4 n d) a clip forward, three times that."""
    d, n = size.hidden, TOKENS
    return 3 * clips * size.layers * n * (24 * d**2 + 4 * n * d) / (2 * PRODUCT**3)


def pretraining_tasks(size: str, clips: int) -> tuple[Tasks, dict[str, float]]:
    """A step of pre-training with either encoder, and the wall seconds of compiling it."""
    tasks, seconds = {}, {}
    x = jnp.asarray(np.random.default_rng(0).normal(size=(clips, FRAMES, MELS)), jnp.float32) / 2
    for encoder in ("full", "visible"):
        settings = built(SsastSettings, {"size": {"preset": size}, "frames": FRAMES, "encoder": encoder})
        network = SsastNetwork(settings, nnx.Rngs(0))
        structure, parameters, _ = Structure.of(network)
        draw = mask_drawer(Masking(), network.encoder.grid)

        def loss(parameters: Any, x: jax.Array, key: jax.Array, structure: Structure = structure, draw: Any = draw):
            mask = jax.vmap(draw)(jax.random.split(key, clips))
            found = structure.module(parameters, key)(x, mask, train=True)
            return pretext_losses(found.c, found.r, found.patches, PretextLosses()).total.mean()

        tasks[encoder], seconds[encoder] = compiled(jax.value_and_grad(loss), parameters, x, jax.random.key(0))
    return tasks, seconds


def paired(tasks: Tasks, rounds: int) -> dict[str, np.ndarray]:
    """CPU seconds [rounds] of each task, in turns, after one warm-up each."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(rounds + 1):
        for name, task in tasks.items():
            start = time.process_time()
            task()
            if number:
                seconds[name].append(time.process_time() - start)
    return {name: np.array(values) for name, values in seconds.items()}


def report_step(size: str, rounds: int) -> str:
    """Row of the table of steps."""
    tasks, compiling, apart = step_tasks(size)
    seconds = paired(tasks, rounds)
    floor = seconds["floor"] * products_of_a_step(settings_of(size).size, CLIPS[size])
    times = " | ".join(f"{seconds[name].min():.3f}" for name in ("theirs", "ours", "their step", "our step"))
    ratio, of_step = (np.median(seconds[a] / seconds[b]) for a, b in (("theirs", "ours"), ("their step", "our step")))
    share = np.median(floor / seconds["ours"])
    shares = f"{ratio:.2f} | {of_step:.2f} | {share:.0%}"
    return f"| {size} | {CLIPS[size]} | {times} | {shares} | {compiling:.1f} | {apart:.0e} |"


def report_pretraining(size: str, clips: int, rounds: int) -> str:
    """Row of the table of pre-training."""
    tasks, compiling = pretraining_tasks(size, clips)
    seconds = paired(tasks, rounds)
    times = " | ".join(f"{seconds[name].min():.3f}" for name in tasks)
    ratio = np.median(seconds["full"] / seconds["visible"])
    return f"| {size} | {clips} | {times} | {ratio:.2f} | {compiling['full']:.1f} | {compiling['visible']:.1f} |"


def report_memory(remat: bool) -> str:
    """Row of the table of memory."""
    given = {"size": {"preset": "base"}, "frames": FRAMES, "stride": 10, "dropout": 0.0, "remat": remat}
    made = nnx.eval_shape(lambda: AstRatingNetwork(built(AstSettings, given), nnx.Rngs(0)))
    structure, parameters, _ = Structure.of(made)

    def loss(parameters: Any, x: jax.Array) -> jax.Array:
        return jnp.square(structure.module(parameters, jax.random.key(0))(x, train=True)).mean()

    clip = jax.ShapeDtypeStruct((1, FRAMES, MELS), jnp.float32)
    needs = jax.jit(jax.value_and_grad(loss)).lower(parameters, clip).compile().memory_analysis()
    parts = needs.argument_size_in_bytes, needs.output_size_in_bytes, needs.temp_size_in_bytes
    return f"| {remat} | " + " | ".join(f"{size / 2**30:.2f}" for size in (*parts, sum(parts))) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("step", "pretraining", "memory"))
    parser.add_argument("--sizes", nargs="+", default=["tiny", "small", "base"])
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.what == "step":
        print("| size | clips | theirs | ours | + AdamW | + AdamW | ratio | + AdamW | floor | compiling, s | apart |")
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for size in arguments.sizes:
            print(report_step(size, arguments.rounds), flush=True)
        return
    if arguments.what == "memory":
        print("| remat | weights, GiB | gradients, GiB | other, GiB | together, GiB |")
        print("|---|---|---|---|---|")
        print("\n".join(report_memory(remat) for remat in (True, False)))
        return
    print("| size | clips | full | visible | full / visible | compiling full, s | visible, s |")
    print("|---|---|---|---|---|---|---|")
    for size in arguments.sizes:
        print(report_pretraining(size, arguments.clips, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
