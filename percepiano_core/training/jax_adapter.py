"""The one place where training meets JAX: modules and optimisers as named arrays, and steps by a recipe.

A step is compiled once and runs on any number of devices: each holds all weights and a share of the batch. It knows no
model: what a module and a batch are, the loss alone knows.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]
from flax import nnx
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from percepiano_core.errors import UserError
from percepiano_core.training.loop import WEIGHTS
from percepiano_core.training.named_arrays import below, prefixed
from percepiano_core.training.recipe import Recipe, learning_rate_factor
from percepiano_core.training.run import TrainingRun

OPTIMISER, PROGRESS = "optimiser/", "progress/"
GRADIENT = "gradient"  # with which the names of norms of gradients begin
EXAMPLES = "examples"  # name of the axis of the devices
ENDED = 128 + signal.SIGTERM  # exit code of a program that was asked to end

Numbers = dict[str, float]
Batches = Sequence[np.ndarray]  # indices of the examples of each
Leaves = dict[str, jax.Array]  # by name: the path in the module, joined by "."
Loss = Callable[[Any, Any, jax.Array], tuple[jax.Array, Leaves]]
"""Module, batch, key -> loss (mean over the batch's rows), and other numbers for the history."""
Factors = Callable[[str, tuple[int, ...]], float | np.ndarray]
"""Name and shape of a parameter -> factor on its learning rate (0: frozen), or one for each row (stacked layers)."""


def devices_of(run: TrainingRun) -> list[jax.Device]:
    """The devices of a training; its threads are set too, if JAX has not computed yet.

    UserError for a GPU that this machine, or this JAX, does not have.
    """
    if run.threads is not None:
        os.environ["NPROC"] = str(run.threads)  # read when the first computation makes the pool of threads
    try:
        return jax.devices(run.device)
    except RuntimeError:
        raise UserError(
            f"device: {run.device}", f"JAX sees no {run.device} here", "set `device: cpu`, or run where there is one"
        ) from None


def join_processes(environment: Mapping[str, str] = os.environ) -> int:
    """Join the processes of a training on several hosts, before anything is computed, and say how many they are.

    Slurm tells of them by its own variables; else JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID do.
    """
    address = environment.get("JAX_COORDINATOR_ADDRESS")
    count = int(environment.get("JAX_NUM_PROCESSES" if address else "SLURM_STEP_NUM_TASKS", "1"))
    if count > 1:
        named = (address, count, int(environment["JAX_PROCESS_ID"])) if address else ()
        jax.distributed.initialize(*named)
    return count


def module_arrays(module: nnx.Module) -> dict[str, np.ndarray]:
    """Copies of a module's parameters and statistics by name; the state of its random numbers is not among them."""
    _, parameters, others = Structure.of(module)
    return jax.tree.map(np.array, parameters | others)


def load_module(module: nnx.Module, arrays: Mapping[str, np.ndarray]) -> None:
    """Give a module its parameters and statistics; ValueError unless names and shapes are its own."""
    structure, parameters, others = Structure.of(module)
    loaded = {name: jnp.asarray(value) for name, value in fitting(arrays, parameters | others).items()}
    nnx.update(module, structure.parameters.tree(loaded), structure.others.tree(loaded))


def fitting(arrays: Mapping[str, np.ndarray], wanted: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The arrays in the order of `wanted`; ValueError unless they have its names and shapes."""
    strange = sorted(arrays.keys() ^ wanted.keys())
    strange += [name for name, value in wanted.items() if name in arrays and arrays[name].shape != value.shape]
    if strange:
        raise ValueError(f"{len(strange)} arrays are missing, unknown or of another shape, {strange[0]} among them")
    return {name: arrays[name] for name in wanted}


@dataclass(frozen=True)
class Layout:
    """The names of a tree's arrays, and how the tree is made of them."""

    names: tuple[str, ...]
    shape: Any

    @staticmethod
    def of(tree: Any, separator: str = ".") -> tuple[Layout, Leaves]:
        """The layout of a tree, and its arrays by name."""
        leaves, shape = jax.tree_util.tree_flatten_with_path(tree)
        named = {_path_name(path, separator): leaf for path, leaf in leaves}
        return Layout(tuple(named), shape), named

    def tree(self, named: Mapping[str, Any]) -> Any:
        """The tree of these arrays, which may be more than its own."""
        return jax.tree.unflatten(self.shape, [named[name] for name in self.names])


@dataclass(frozen=True)
class Structure:
    """How a module is made of its arrays: parameters, other variables (as running means), random numbers (`begun`)."""

    graph: Any
    parameters: Layout
    others: Layout
    random: Layout
    begun: Leaves

    @staticmethod
    def of(module: nnx.Module) -> tuple[Structure, Leaves, Leaves]:
        """The structure of a module, its parameters and its other variables by name."""
        graph, *states = nnx.split(module, nnx.Param, nnx.RngState, ...)
        (parameters, named), (random, begun), (others, rest) = map(Layout.of, states)
        return Structure(graph, parameters, others, random, begun), named, rest

    def module(self, named: Leaves, key: jax.Array) -> Any:
        """A module of these parameters and other variables, whose random numbers begin from a key."""
        keys = jax.random.split(key, len(self.begun) + 1)
        random = {name: _begun(self.begun[name], keys[i]) for i, name in enumerate(self.begun)}
        trees = (self.parameters.tree(named), self.random.tree(random), self.others.tree(named))
        return nnx.merge(self.graph, *trees)


@dataclass(frozen=True)
class Moving:
    """The rows of a parameter that are trained (`...`: all), and the factors [rows, 1, ...] on their learning rate."""

    rows: Any
    factors: np.ndarray

    @staticmethod
    def of(factors: float | np.ndarray, dimensions: int) -> Moving | None:
        """Of the factors of a parameter of so many dimensions (0: frozen); None if nothing of it is trained."""
        values = np.asarray(factors, dtype=np.float32)
        if not values.any():
            return None
        values = values.reshape(-1, *[1] * (dimensions - 1)) if values.ndim else values
        rows = ... if values.all() else np.flatnonzero(values)
        return Moving(rows, values[rows])


class Learner:
    """A module and its optimiser, stepped by a recipe: what every task of this framework has.

    The module that is given is copied: what has been learned is in `arrays`.

    loss : what is learned
    factors : on the learning rates of parameters; None: 1 for all
    micro_batches : parts that a batch is computed in, one after the other, to need less memory
    devices : that share each batch; None: all there are
    """

    def __init__(
        self,
        module: nnx.Module,
        recipe: Recipe,
        loss: Loss,
        *,
        factors: Factors = lambda name, shape: 1.0,
        micro_batches: int = 1,
        devices: Sequence[jax.Device] | None = None,
    ) -> None:
        self.recipe, self.loss, self.micro_batches = recipe, loss, micro_batches
        self.structure, parameters, others = Structure.of(module)
        devices = jax.devices() if devices is None else devices
        if recipe.batch_size % (micro_batches * len(devices)):
            shares = f"{recipe.batch_size} examples do not divide into {micro_batches} parts on {len(devices)} devices"
            raise UserError("recipe batch_size", shares, "take a multiple")
        mesh = Mesh(np.array(devices), (EXAMPLES,), axis_types=(AxisType.Auto,))
        self.whole, self.shared = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in ((), (None, EXAMPLES)))
        moving = {name: Moving.of(factors(name, value.shape), value.ndim) for name, value in parameters.items()}
        self.moving = {name: each for name, each in moving.items() if each is not None}
        self.transform = make_optimiser(recipe)
        self.weights = self._placed(parameters | others)
        self.state = self._placed(self.transform.init(self._trained(self.weights)))
        self.told: list[Leaves] = []  # numbers of the steps of an epoch that is not over
        self._compiled_step = jax.jit(self._step, donate_argnums=(0, 1), out_shardings=self.whole)

    def epoch(self, number: int, key: jax.Array, batches: Batches, batch_of: Callable[[int], Any]) -> Numbers:
        """Step through the batches of an epoch, from where it was broken off if it was; the numbers of it.

        Asked to end (SIGTERM), it ends after the step by SystemExit; `arrays` then has what the rest of it needs.

        number : of the epoch, from 0
        key : of everything random in the epoch that the loss draws
        batches : count in the means by their number of examples
        batch_of : place of a batch -> tree of arrays of as many rows as the recipe has in a batch

        UserError if the mean loss is no number.
        """
        n = len(batches)
        with _asked_to_end() as asked:
            for i in range(len(self.told), n):
                self.told.append(self.step(batch_of(i), number * n + i, n, jax.random.fold_in(key, i)))
                jax.block_until_ready(self.told[-2:-1])  # one step at work, one waiting: no more batches in memory
                if asked():
                    raise SystemExit(ENDED)
        told, self.told = self.told, []
        return _epoch_numbers(told, np.array([len(rows) for rows in batches]), number)

    def step(self, batch: Any, iteration: int, iterations_an_epoch: int, key: jax.Array) -> Leaves:
        """One step down the gradient of the loss; its numbers, and the norms of the gradient by part of the module.

        iteration : from 0 through all epochs, by which the recipe has a learning rate
        """
        rate = self.recipe.learning_rate * learning_rate_factor(self.recipe, iteration, iterations_an_epoch)
        shared = self._share(batch, self.micro_batches)
        self.weights, self.state, numbers = self._compiled_step(self.weights, self.state, shared, key, rate)
        return numbers

    def compiled(self, function: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
        """A function of module and batch, compiled: called with a batch, it has the weights of the moment.

        The number of devices must divide that of the rows in a batch.
        """

        def of_weights(weights: Leaves, batch: Any) -> Any:
            module = self.structure.module(weights, jax.random.key(0))
            return function(module, jax.tree.map(lambda parts: parts[0], batch))

        run = jax.jit(of_weights, out_shardings=self.whole)
        return lambda batch: jax.tree.map(np.asarray, run(self.weights, self._share(batch, 1)))

    def arrays(self) -> dict[str, np.ndarray]:
        """Copies of the weights and the optimiser's state, as the loop keeps them; and of an epoch that is not over."""
        weights, state = (jax.tree.map(np.array, each) for each in (self.weights, Layout.of(self.state, "/")[1]))
        told = {name: np.array([step[name] for step in self.told]) for step in self.told[:1] for name in step}
        return prefixed(weights, WEIGHTS) | prefixed(state, OPTIMISER) | prefixed(told, PROGRESS)

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put in place what `arrays` gave, or the weights among it alone."""
        self.weights = self._placed(fitting(below(arrays, WEIGHTS), self.weights))
        layout, state = Layout.of(self.state, "/")
        kept, told = below(arrays, OPTIMISER), below(arrays, PROGRESS)
        if kept:
            self.state = self._placed(layout.tree(fitting(kept, state)))
        steps = len(next(iter(told.values()), ()))
        self.told = [{name: jnp.asarray(values[i]) for name, values in told.items()} for i in range(steps)]

    def _step(self, weights: Leaves, state: Any, batch: Any, key: jax.Array, rate: float) -> tuple[Leaves, Any, Leaves]:
        trained = self._trained(weights)
        gradients, others, numbers = self._gradients(trained, weights, batch, key)
        updates, state = self.transform.update(gradients, state, trained)
        moved = {name: trained[name] - rate * each.factors * updates[name] for name, each in self.moving.items()}
        return self._put(weights | others, moved), state, numbers | gradient_norms(gradients)

    def _gradients(self, trained: Leaves, weights: Leaves, batch: Any, key: jax.Array) -> tuple[Leaves, Leaves, Leaves]:
        """Gradients and numbers, means over the micro-batches [m, b, ...], and the other variables after them."""

        def loss(trained: Leaves, others: Leaves, part: Any, key: jax.Array) -> tuple[jax.Array, tuple[Leaves, Leaves]]:
            of_module, of_loss = jax.random.split(key)
            module = self.structure.module(self._put(weights | others, trained), of_module)
            value, numbers = self.loss(module, part, of_loss)
            return value, (Structure.of(module)[2], numbers | {"loss": value})

        def add(carried: tuple[Leaves, Leaves], given: tuple[Any, jax.Array]) -> tuple[tuple[Leaves, Leaves], Leaves]:
            (sums, others), (part, place) = carried, given
            gradient = jax.grad(loss, has_aux=True)
            found, (others, numbers) = gradient(trained, others, part, jax.random.fold_in(key, place))
            return (jax.tree.map(jnp.add, sums, found), others), numbers

        begun = (jax.tree.map(jnp.zeros_like, trained), {name: weights[name] for name in self.structure.others.names})
        (sums, others), numbers = jax.lax.scan(add, begun, (batch, jnp.arange(self.micro_batches)))
        gradients = jax.tree.map(lambda total: total / self.micro_batches, sums)
        return gradients, others, jax.tree.map(lambda each: each.mean(axis=0), numbers)

    def _trained(self, weights: Leaves) -> Leaves:
        return {name: weights[name][each.rows] for name, each in self.moving.items()}

    def _put(self, weights: Leaves, moved: Leaves) -> Leaves:
        return weights | {name: weights[name].at[each.rows].set(moved[name]) for name, each in self.moving.items()}

    def _placed(self, tree: Any) -> Any:
        return jax.tree.map(lambda leaf: jax.device_put(np.array(leaf), self.whole), tree)

    def _share(self, batch: Any, count: int) -> Any:
        """Rows [B, ...] of a batch as micro-batches [m, b, ...], divided among the devices of all processes."""

        def share(rows: np.ndarray) -> jax.Array:
            parts = rows.reshape(count, -1, *rows.shape[1:])
            return jax.make_array_from_callback(parts.shape, self.shared, lambda place: parts[place])

        return jax.tree.map(share, batch)


def make_optimiser(recipe: Recipe) -> optax.GradientTransformation:
    """What the recipe makes of a gradient, before the learning rate; as PyTorch's optimisers of these names do."""
    decay = [optax.add_decayed_weights(recipe.weight_decay)] if recipe.weight_decay else []
    clip = [optax.clip_by_global_norm(recipe.clip)] if recipe.clip else []
    adam = optax.scale_by_adam()
    return optax.chain(*clip, *([*decay, adam] if recipe.optimiser == "adam" else [adam, *decay]))


def gradient_norms(gradients: Mapping[str, jax.Array]) -> Leaves:
    """L2 norm of all gradients, and of each part of the module (two steps below it)."""
    squares: Leaves = {}
    for name, value in gradients.items():
        part = "_".join([GRADIENT, *name.split(".")[:2]])
        squares[part] = squares.get(part, jnp.zeros(())) + jnp.square(value.astype(jnp.float32)).sum()
    return {name: jnp.sqrt(square) for name, square in (squares | {GRADIENT: sum(squares.values())}).items()}


def _epoch_numbers(told: Sequence[Leaves], counts: np.ndarray, number: int) -> Numbers:
    """Means over the steps of an epoch, "train_" before their names; of the gradients' norms the last."""
    names = told[0]
    means = {name: float(np.average([float(step[name]) for step in told], weights=counts)) for name in names}
    if not np.isfinite(means["loss"]):
        problem = f"the loss of epoch {number + 1} is no number"
        raise UserError("training", problem, "lower the recipe's learning_rate, or look for inputs that are no numbers")
    last = {name: float(told[-1][name]) for name in names if name.startswith(GRADIENT)}
    return {f"train_{name}": mean for name, mean in means.items() if name not in last} | last


@contextmanager
def _asked_to_end() -> Iterator[Callable[[], bool]]:
    """Whether the program has been asked to end (SIGTERM) within; outside the main thread nobody can be asked."""
    asked, here = threading.Event(), threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set()) if here else None
    try:
        yield asked.is_set
    finally:
        if here:
            signal.signal(signal.SIGTERM, before)


def _begun(like: jax.Array, key: jax.Array) -> jax.Array:
    """The state of a stream of random numbers at its beginning: its key, or the count of what was drawn."""
    if not jax.dtypes.issubdtype(like.dtype, jax.dtypes.prng_key):
        return jnp.zeros(like.shape, like.dtype)
    return jax.random.split(key, like.shape) if like.shape else key


def _path_name(path: tuple[Any, ...], separator: str) -> str:
    """Steps of a path joined; the last one into a variable's value is left out."""
    steps = [jax.tree_util.keystr((step,), simple=True) for step in path]
    return separator.join(steps[:-1] if steps[-1] == "value" else steps)
