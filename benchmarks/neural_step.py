"""CPU seconds of a training step and of evaluation: our models against a literal loop form of the published ones.

    OMP_NUM_THREADS=1 python benchmarks/neural_step.py [--rounds 5] [--hidden 256] [--levels note measure ...]

Both have the same weights, and their logits are compared first. They run in turns in one process; times are the least
over rounds, a ratio is the median over rounds of paired times. Ours includes laying the batch out. The floor is the
time of the matrix products that the recurrences on the way to the head need, alone: for each layer and direction one
over all rows, one a step over the sequences that still run, and their gradients'.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from neural_loop_form import LoopModel, padded
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.nn.utils import clip_grad_norm_

from percepiano_core.symbolic.han.architecture import Architecture, Options
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.layers.recurrence import SequenceLSTM
from percepiano_core.symbolic.han.notes.note_sequences import NoteBatch, NoteSequence, Rows, collate, note_sequence
from percepiano_core.training.batching import sorted_batches

LENGTHS = (51, 88, 106, 131, 150, 169, 255, 413)  # from the shortest performance to the longest
WIDTH = 101
RATE, DECAY, CLIP = 2.5e-5, 1e-5, 2.0  # the published recipe: docs/symbolic_training.md
EVALUATED = 64  # performances of the evaluation of many
SIDE_BY_SIDE = 32  # performances that ours evaluates at once
VALIDATED, TESTED = 8, 1  # performances that the published code evaluates at once, in validation and in its test

Tasks = dict[str, Callable[[], None]]


def performance(rng: np.random.Generator, notes: int, width: int) -> NoteSequence:
    """As dense as the corpus: about 3 notes a beat, 4 beats a measure, 4 voices at most, 3 % without one."""
    beat = np.cumsum(rng.random(notes) < 1 / 3)
    voice = rng.choice(5, notes, p=[0.03, 0.4, 0.25, 0.22, 0.1])
    return note_sequence("random", rng.normal(size=(notes, width)), beat, beat // 4, voice)


def training_step(model: nn.Module, optimiser: torch.optim.Optimizer, inputs: tuple, target: Tensor) -> None:
    """One step of the published recipe."""
    optimiser.zero_grad()
    mse_loss(torch.sigmoid(model(*inputs)), target).backward()
    clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step()


def evaluation(model: nn.Module, batches: list[tuple]) -> None:
    """Logits of every batch, without gradients."""
    with torch.no_grad():
        for inputs in batches:
            model(*inputs)


def recurrence_products(model: HierarchicalModel, batch: NoteBatch, train: bool) -> Callable[[], None]:
    """The matrix products of all recurrences of `model` on `batch`, and nothing else."""
    rows = {"note": batch.notes, "voice": batch.voices, "beat": batch.beats, "measure": batch.measures}
    stages = [(stage.rnn, rows[name]) for name, stage in model.stages.items() if name in rows]
    shapes = [shape for rnn, of_level in stages for shape in product_shapes(rnn, of_level, train)]
    kept: dict[tuple[int, int], Tensor] = {}

    def matrix(*shape: int) -> Tensor:
        if shape not in kept:
            kept[shape] = torch.randn(shape)
        return kept[shape]

    operands = {(a, b, c): (matrix(a, b), matrix(b, c), torch.empty(a, c)) for a, b, c in shapes}

    def run() -> None:
        for shape in shapes:
            left, right, out = operands[shape]
            torch.mm(left, right, out=out)

    return run


def product_shapes(rnn: SequenceLSTM, rows: Rows, train: bool) -> list[tuple[int, int, int]]:
    """Shapes (a, b, c) of the products [a, b] x [b, c] of one recurrence over `rows`, both directions."""
    hidden, lengths = rnn.lstm.hidden_size, rows.lengths
    gates, n = 4 * hidden, int(lengths.sum())
    running = [int((lengths > step).sum()) for step in range(lengths.max())]
    made = []
    for layer in range(rnn.lstm.num_layers):
        width = rnn.lstm.input_size if layer == 0 else 2 * hidden
        made += 2 * [(n, width, gates), *((b, hidden, gates) for b in running)]
        if train:
            made += 2 * [
                (n, gates, width),
                (width, n, gates),
                (hidden, n, gates),
                *((b, gates, hidden) for b in running),
            ]
    return made


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


def models(level: str, hidden: int) -> tuple[LoopModel, HierarchicalModel, float]:
    """The loop form and ours with the same weights, and how far their logits lie apart on a mixed batch."""
    torch.manual_seed(0)
    legacy = Options(padding="legacy", span_length="legacy")
    published = HierarchicalModel(WIDTH, Architecture(level, hidden, options=legacy))
    loop, ours = LoopModel(published, WIDTH), HierarchicalModel(WIDTH, Architecture(level, hidden))
    ours.load_state_dict(published.state_dict())
    batch = collate(performances(LENGTHS))
    return loop, ours, (published.eval()(batch) - loop.eval()(*padded(batch))).abs().max().item()


def performances(lengths: Sequence[int]) -> list[NoteSequence]:
    """Random performances of these lengths."""
    rng = np.random.default_rng(0)
    return [performance(rng, n, WIDTH) for n in lengths]


def step_tasks(loop: LoopModel, ours: HierarchicalModel) -> Tasks:
    """One training step on performances of very different lengths."""
    sequences, target = performances(LENGTHS), torch.rand(len(LENGTHS), 19)
    published = torch.optim.Adam(loop.parameters(), RATE, weight_decay=DECAY)
    fused = torch.optim.Adam(ours.parameters(), RATE, weight_decay=DECAY, fused=True)
    batch = padded(collate(sequences))
    return {
        "loop": lambda: training_step(loop.train(), published, batch, target),
        "ours": lambda: training_step(ours.train(), fused, (collate(sequences),), target),
        "floor": recurrence_products(ours, collate(sequences), train=True),
    }


def evaluation_tasks(loop: LoopModel, ours: HierarchicalModel, lengths: Sequence[int], at_once: int) -> Tasks:
    """Evaluation of performances of these lengths: the loop form `at_once` in their order, ours sorted by length."""
    sequences = performances(lengths)
    batches = [padded(collate(sequences[i : i + at_once])) for i in range(0, len(sequences), at_once)]

    def sorted_by_length() -> None:
        chosen = sorted_batches(np.array(lengths), SIDE_BY_SIDE)
        evaluation(ours.eval(), [(collate([sequences[i] for i in batch]),) for batch in chosen])

    return {
        "loop": lambda: evaluation(loop.eval(), batches),
        "ours": sorted_by_length,
        "floor": recurrence_products(ours, collate(sequences), train=False),
    }


def report(level: str, hidden: int, rounds: int) -> list[str]:
    """Rows of the table for the head over `level`."""
    loop, ours, apart = models(level, hidden)
    lengths = np.exp(np.random.default_rng(1).normal(np.log(110), 0.45, EVALUATED)).clip(51, 413).astype(int).tolist()
    tables = {
        "training step of 8": step_tasks(loop, ours),
        "evaluation of the same 8": evaluation_tasks(loop, ours, LENGTHS, VALIDATED),
        "the same, one by one": evaluation_tasks(loop, ours, LENGTHS, TESTED),
        f"evaluation of {EVALUATED}": evaluation_tasks(loop, ours, lengths, VALIDATED),
        f"{EVALUATED}, one by one": evaluation_tasks(loop, ours, lengths, TESTED),
    }
    lines = []
    for name, tasks in tables.items():
        s = paired(tasks, rounds)
        ratio, above = np.median(s["loop"] / s["ours"]), np.median(s["ours"] / s["floor"])
        times = " | ".join(f"{s[task].min():.3f}" for task in ("loop", "ours", "floor"))
        lines.append(f"| {level} | {name} | {times} | {ratio:.2f} | {above:.2f} | {apart:.0e} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--levels", nargs="+", default=["note", "measure", "total_note_cat"])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| head | what | loop, CPU s | ours, CPU s | floor, CPU s | loop / ours | ours / floor | logits apart |")
    print("|---|---|---|---|---|---|---|---|")
    for level in arguments.levels:
        print("\n".join(report(level, arguments.hidden, arguments.rounds)), flush=True)


if __name__ == "__main__":
    main()
