"""JAX modules step as PyTorch's do, share batches among devices, and go on from named arrays to the last bit."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from killed_runs import run_to_the_end, run_until_killed

pytest.importorskip("jax", reason="needs the jax extra")

import jax
import jax.numpy as jnp
from flax import nnx

from percepiano_core.errors import UserError
from percepiano_core.training.jax_adapter import (
    ENDED,
    Learner,
    devices_of,
    join_processes,
    load_module,
    module_arrays,
)
from percepiano_core.training.loop import train
from percepiano_core.training.named_arrays import read_arrays, write_arrays
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run import TrainingRun

ROWS, STEPS = 8, 3
RECIPE = Recipe(batch_size=ROWS, learning_rate=0.05, weight_decay=0.1, epochs=3)


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled is kept for the session, also for the programs that tests start."""
    settings = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            jax.config.update(name, value)
            patch.setenv(name.upper(), str(value))
        yield


class Small(nnx.Module):
    """Two layers, in between running means and dropout; stacked weights [3, 4] scale what comes out."""

    def __init__(self, dropout: float = 0.5) -> None:
        rngs = nnx.Rngs(0)
        # No bias before a normalisation: its gradient is rounding alone, of which Adam makes steps.
        self.first, self.last = nnx.Linear(3, 4, use_bias=False, rngs=rngs), nnx.Linear(4, 2, rngs=rngs)
        self.norm = nnx.BatchNorm(4, rngs=rngs)
        self.dropout = nnx.Dropout(dropout, rngs=rngs)
        self.stacked = nnx.Param(jnp.ones((3, 4)))

    def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        x = self.norm(self.first(x), use_running_average=not train) * self.stacked[...].prod(axis=0)
        return self.last(self.dropout(x, deterministic=not train))


class Line(nnx.Module):
    """A linear layer: nothing in it is random."""

    def __init__(self) -> None:
        self.layer = nnx.Linear(3, 2, rngs=nnx.Rngs(1))

    def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        return self.layer(x)


def squares(module: Any, batch: Any, key: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
    loss = ((module(batch["x"], train=True) - batch["y"]) ** 2).mean()
    return loss, {"drawn": jax.random.uniform(key)}


def batch_of(i: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(i)
    return {"x": rng.normal(size=(ROWS, 3)).astype(np.float32), "y": rng.normal(size=(ROWS, 2)).astype(np.float32)}


def learner(module: nnx.Module, recipe: Recipe = RECIPE, **given: Any) -> Learner:
    return Learner(module, recipe, squares, **{"devices": jax.devices()[:1], **given})


def step(learning: Learner, i: int) -> dict[str, float]:
    return {name: float(value) for name, value in learning.step(batch_of(i), i, STEPS, jax.random.key(i)).items()}


def assert_equal(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


class Task:
    """A task of the loop whose epochs are made of the batches above."""

    def __init__(self, seed: int = 0, ended_after: int | None = None) -> None:
        self.learner, self.seed, self.ended_after = learner(Small()), seed, ended_after
        self.say = self.learner.compiled(lambda module, batch: module(batch["x"]))

    def epoch(self, number: int) -> dict[str, float]:
        key = jax.random.fold_in(jax.random.key(self.seed), number)
        return self.learner.epoch(number, key, [np.arange(ROWS)] * STEPS, lambda i: self.batch(number, i))

    def batch(self, number: int, i: int) -> dict[str, np.ndarray]:
        if number * STEPS + i == self.ended_after:
            os.kill(os.getpid(), signal.SIGTERM)
        print(f"step {number * STEPS + i}", flush=True)
        return batch_of(number * STEPS + i)

    def validate(self) -> dict[str, float]:
        batch = batch_of(99)
        return {"valid_loss": float(((self.say(batch) - batch["y"]) ** 2).mean())}

    def arrays(self) -> dict[str, np.ndarray]:
        return self.learner.arrays()

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.learner.load(arrays)


@pytest.mark.parametrize("optimiser", ["adam", "adamw"])
def test_steps_are_those_of_pytorch(optimiser: str) -> None:
    torch = pytest.importorskip("torch", reason="needs the torch extra")
    from percepiano_core.training import torch_adapter

    recipe = Recipe(
        optimiser=optimiser,
        batch_size=ROWS,
        learning_rate=0.01,
        weight_decay=0.1,
        clip=0.5,
        epochs=9,
        schedule="cosine",
    )
    mine, theirs = learner(Line(), recipe), torch.nn.Linear(3, 2)
    layer = module_arrays(Line())
    torch_adapter.load_module(theirs, {"weight": layer["layer.kernel"].T, "bias": layer["layer.bias"]})
    other = torch_adapter.Learner(theirs, recipe)
    for i in range(12):
        batch = batch_of(i)
        found = step(mine, i)["loss"]
        other.set_rates(i, STEPS)
        loss = ((theirs(torch.from_numpy(batch["x"])) - torch.from_numpy(batch["y"])) ** 2).mean()
        other.step(loss)
        assert found == pytest.approx(float(loss.detach()), rel=2e-6)
    found = mine.arrays()
    np.testing.assert_allclose(found["weights/layer.kernel"], theirs.weight.detach().numpy().T, atol=1e-6)
    np.testing.assert_allclose(found["weights/layer.bias"], theirs.bias.detach().numpy(), atol=1e-6)


def test_a_batch_in_parts_gives_the_same_step() -> None:
    whole, parts = learner(Line()), learner(Line(), micro_batches=4)
    for i in range(5):
        numbers, others = step(whole, i), step(parts, i)
        assert others["loss"] == pytest.approx(numbers["loss"], abs=1e-6)
        assert others["gradient"] == pytest.approx(numbers["gradient"], abs=1e-6)
    for name, value in whole.arrays().items():
        np.testing.assert_allclose(parts.arrays()[name], value, atol=1e-6, err_msg=name)


def test_what_is_frozen_stays_and_has_no_state_and_layers_have_rates_of_their_own() -> None:
    rates = {"first.kernel": 0.0, "stacked": np.array([0.0, 0.5, 1.0])}
    learning = learner(Small(), Recipe(batch_size=ROWS, weight_decay=0), factors=lambda name, _: rates.get(name, 1.0))
    before = learning.arrays()
    step(learning, 0)
    after = learning.arrays()
    moved = {name: np.abs(after[name] - before[name]).max() for name in before if name.startswith("weights/")}
    assert moved["weights/first.kernel"] == 0 < moved["weights/last.kernel"]
    layers = np.abs(after["weights/stacked"] - before["weights/stacked"]).max(axis=1)
    assert layers[0] == 0
    assert layers[1] == pytest.approx(0.5 * layers[2], rel=1e-3)  # a first step of Adam is as long as the rate
    assert not [name for name in after if name.startswith("optimiser/") and "first.kernel" in name]
    assert {value.shape for name, value in after.items() if name.endswith("/stacked")} == {(3, 4), (2, 4)}


def test_rates_follow_the_schedule_of_the_recipe() -> None:
    recipe = Recipe(
        batch_size=ROWS,
        learning_rate=1.0,
        weight_decay=0,
        schedule="steps",
        decay=0.5,
        decay_every=2,
        decay_unit="step",
    )
    learning = learner(Line(), recipe)
    before = learning.arrays()["weights/layer.bias"]
    learning.step(batch_of(0), 4, 10, jax.random.key(0))
    np.testing.assert_allclose(np.abs(learning.arrays()["weights/layer.bias"] - before), 0.25, rtol=1e-4)


def test_gradients_are_clipped_only_if_the_recipe_says_so() -> None:
    moved = {}
    for clip in (0.0, 1e-9):  # so short a gradient is nothing beside Adam's 1e-8
        learning = learner(Line(), Recipe(batch_size=ROWS, weight_decay=0, learning_rate=0.1, clip=clip))
        before = learning.arrays()["weights/layer.bias"]
        assert step(learning, STEPS)["gradient"] > 0.01  # told as it was before
        moved[clip] = np.abs(learning.arrays()["weights/layer.bias"] - before).max()
    assert moved[1e-9] < 0.1 * moved[0.0]


def test_a_training_goes_on_from_its_arrays_as_if_nothing_had_been(tmp_path: Path) -> None:
    learning, resumed = learner(Small()), learner(Small())
    for i in range(3):
        step(learning, i)
    write_arrays(tmp_path / "c", learning.arrays(), {})
    expected = [step(learning, i) for i in range(3, 6)]
    resumed.load(read_arrays(tmp_path / "c", "a checkpoint", "")[0])
    assert [step(resumed, i) for i in range(3, 6)] == expected
    assert_equal(resumed.arrays(), learning.arrays())
    assert learning._compiled_step._cache_size() == 1


def test_the_arrays_are_copies_and_the_module_that_was_given_stays() -> None:
    module = Small()
    given, learning = module_arrays(module), learner(module)
    before = learning.arrays()
    copies = {name: value.copy() for name, value in before.items()}
    step(learning, 0)
    assert_equal(before, copies)
    assert_equal(module_arrays(module), given)


def test_weights_alone_are_put_in_place_and_those_of_another_module_refused() -> None:
    learning, module = learner(Small()), Small()
    step(learning, 0)
    weights = {name: value for name, value in learning.arrays().items() if name.startswith("weights/")}
    other = learner(Small())
    other.load(weights)
    assert_equal({name: other.arrays()[name] for name in weights}, weights)
    load_module(module, {name.removeprefix("weights/"): value for name, value in weights.items()})
    np.testing.assert_array_equal(module.norm.mean[...], weights["weights/norm.mean"])
    with pytest.raises(ValueError, match="missing, unknown or of another shape"):
        load_module(module, module_arrays(Line()))


def test_draws_differ_from_step_to_step_and_follow_from_the_seed() -> None:
    tasks = [Task(seed) for seed in (0, 0, 1)]
    drawn = [[task.epoch(number)["train_drawn"] for number in range(2)] for task in tasks]
    assert drawn[0] == drawn[1] and len({*drawn[0], *drawn[2]}) == 4


@pytest.mark.slow
def test_a_training_that_was_killed_ends_with_the_same_bits(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from percepiano_core.training.run import TrainingRun\n"
        "from test_training_jax_adapter import RECIPE, Task\n"
        "result = TrainingRun.within(Path(sys.argv[1]), 'k').train(Task(), RECIPE)\n"
        "print('told', result.history, {n: v.tobytes().hex() for n, v in result.best_weights.items()})"
    )
    run_until_killed(code, tmp_path / "killed", "step 4")
    resumed = run_to_the_end(code, tmp_path / "killed")
    assert "resumed after epoch 1" in resumed
    result = train(Task(), RECIPE, report=lambda line: None)
    told = f"told {result.history} { {n: v.tobytes().hex() for n, v in result.best_weights.items()} }"
    assert resumed.splitlines()[-1].replace(" ", "") == told.replace(" ", "")


def test_a_program_that_is_asked_to_end_finishes_its_step_and_can_go_on_from_there() -> None:
    whole, ended, resumed = Task(), Task(ended_after=1), Task()
    expected = whole.epoch(0)
    with pytest.raises(SystemExit) as end:
        ended.epoch(0)
    assert end.value.code == ENDED == 143
    arrays = ended.arrays()
    assert len(arrays["progress/loss"]) == 2
    resumed.load(arrays)
    assert resumed.epoch(0) == expected
    assert_equal(resumed.arrays(), whole.arrays())
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_training_that_was_asked_to_end_is_taken_up_again(tmp_path: Path) -> None:
    run = TrainingRun.within(tmp_path, "k")
    with pytest.raises(SystemExit):
        run.train(Task(ended_after=4), RECIPE)
    resumed, whole = run.train(Task(), RECIPE), train(Task(), RECIPE, report=lambda line: None)
    assert resumed.history == whole.history
    assert_equal(resumed.best_weights, whole.best_weights)


def test_a_loss_that_is_no_number_ends_the_training_with_one_line(tmp_path: Path) -> None:
    task = Task()
    task.batch = lambda number, i: {**batch_of(i), "x": np.full((ROWS, 3), np.nan if number else 1, np.float32)}
    with pytest.raises(UserError, match="the loss of epoch 2 is no number") as error:
        TrainingRun.within(tmp_path, "k").train(task, RECIPE)
    assert "\n" not in str(error.value)


EIGHT = """
import jax, numpy as np
from test_training_jax_adapter import Small, learner, step
assert len(jax.devices()) == 8
one, eight = learner(Small(dropout=0.0)), learner(Small(dropout=0.0), devices=jax.devices())
for i in range(4):
    assert abs(step(one, i)["loss"] - step(eight, i)["loss"]) < 1e-5
for name, value in one.arrays().items():
    np.testing.assert_allclose(eight.arrays()[name], value, atol=2e-4, err_msg=name)
shared = eight._share({"x": np.zeros((8, 3), np.float32)}, 1)["x"]
assert {part.data.shape for part in shared.addressable_shards} == {(1, 1, 3)}
assert all(value.sharding.is_fully_replicated for value in eight.weights.values())
"""


def test_eight_devices_give_the_step_of_one() -> None:
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8"
    subprocess.run(
        [sys.executable, "-c", EIGHT],
        cwd=Path(__file__).parent,
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        check=True,
    )


TWO = """
from percepiano_core.training.jax_adapter import join_processes
assert join_processes() == 2
import jax
from test_training_jax_adapter import Small, batch_of, learner, step
assert len(jax.devices()) == 2 and len(jax.local_devices()) == 1
learning = learner(Small(dropout=0.0), devices=jax.devices())
losses = [step(learning, i)["loss"] for i in range(3)]
arrays = learning.arrays()
learning.load(arrays)
said = learning.compiled(lambda module, batch: module(batch["x"]))(batch_of(0))
print(losses[-1], arrays["weights/last.kernel"].sum(), said.sum())
"""


@pytest.mark.slow
def test_two_processes_give_the_step_of_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    shared = os.environ | {"JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": "2", "JAX_PLATFORMS": "cpu"}
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", TWO],
            cwd=Path(__file__).parent,
            env=shared | {"JAX_PROCESS_ID": str(place)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for place in range(2)
    ]
    told = [[float(word) for word in program.communicate(timeout=120)[0].split()[-3:]] for program in programs]
    one = learner(Small(dropout=0.0))
    losses = [step(one, i)["loss"] for i in range(3)]
    said = one.compiled(lambda module, batch: module(batch["x"]))(batch_of(0))
    expected = [losses[-1], one.arrays()["weights/last.kernel"].sum(), said.sum()]
    assert told[0] == told[1] == pytest.approx(expected, abs=1e-5)


def test_a_batch_that_does_not_divide_is_a_clear_error() -> None:
    with pytest.raises(UserError, match="8 examples do not divide into 3 parts on 1 devices"):
        learner(Line(), micro_batches=3)


def test_a_single_process_joins_no_others() -> None:
    assert join_processes({}) == 1
    assert join_processes({"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"}) == 1
    assert join_processes({"JAX_COORDINATOR_ADDRESS": "host:1", "JAX_NUM_PROCESSES": "1"}) == 1


def test_a_device_that_is_not_there_is_a_clear_error() -> None:
    assert devices_of(TrainingRun()) == jax.devices("cpu")
    if jax.default_backend() == "cpu":
        with pytest.raises(UserError, match="JAX sees no gpu here"):
            devices_of(TrainingRun(device="gpu"))


THREADS = """
import os, sys
from pathlib import Path
import jax.numpy as jnp
from percepiano_core.training.jax_adapter import devices_of
from percepiano_core.training.run import TrainingRun
devices_of(TrainingRun(threads=int(sys.argv[1])))
(jnp.ones((9, 9)) @ jnp.ones((9, 9))).block_until_ready()
names = [Path(f"/proc/self/task/{task}/comm").read_text() for task in os.listdir("/proc/self/task")]
print(sum("XLAEigen" in name for name in names))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_threads_of_a_run_are_those_that_compute(threads: str) -> None:
    program = [sys.executable, "-c", THREADS, threads]
    assert subprocess.run(program, capture_output=True, text=True, check=True).stdout == f"{threads}\n"
