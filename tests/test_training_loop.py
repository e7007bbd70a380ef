"""The training loop, with a task of plain NumPy: which epoch it keeps, when it stops, what it resumes."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from killed_runs import run_to_the_end, run_until_killed
from numpy_task import Walk

from percepiano_core.errors import UserError
from percepiano_core.training.checkpoint import FILE, TrainingResult, forget_checkpoints
from percepiano_core.training.loop import epoch_seed, train
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run import TrainingRun

FIVE = Recipe(epochs=5)


def trained(task: Walk, recipe: Recipe = FIVE, told: list[str] | None = None, **kept: object) -> TrainingResult:
    return train(task, recipe, report=(told if told is not None else []).append, **kept)


def weight_after(epochs: int) -> np.ndarray:
    task = Walk()
    for number in range(epochs):
        task.epoch(number)
    return task.weight


def test_the_best_epoch_is_kept_and_not_the_last() -> None:
    task = Walk(valid=[0.5, 0.2, 0.1, 0.3, 0.4])
    result = trained(task)
    assert (result.best_epoch, result.best_score) == (3, -0.1)
    assert result.chosen == {"epoch": 3, "valid_score": -0.1}
    np.testing.assert_array_equal(result.best_weights["w"], weight_after(3))
    np.testing.assert_array_equal(task.weight, weight_after(3))


def test_validation_and_not_training_chooses_the_epoch() -> None:
    task = Walk(valid=[0.5, 0.1, 0.2, 0.3, 0.4], train=[0.9, 0.8, 0.7, 0.1, 0.6])
    assert trained(task).best_epoch == 2


def test_the_first_of_equal_epochs_is_kept() -> None:
    assert trained(Walk(valid=[0.5, 0.1, 0.1, 0.1, 0.4])).best_epoch == 2


def test_a_loss_is_chosen_low_and_any_other_number_high() -> None:
    valid = [0.5, 0.1, 0.2, 0.3, 0.4]
    by_loss, by_r2 = (trained(Walk(valid=valid), replace(FIVE, select_on=name)) for name in ("loss", "r2"))
    assert by_loss.best_epoch == by_r2.best_epoch == 2
    assert (by_loss.best_score, by_r2.best_score) == (-0.1, 0.9)


def test_a_number_that_the_task_does_not_give_is_named() -> None:
    with pytest.raises(UserError, match="no 'score'; choose one of loss, r2"):
        trained(Walk(), replace(FIVE, select_on="score"))


def test_a_training_without_any_score_is_a_clear_error() -> None:
    with pytest.raises(UserError, match="no epoch has a valid_loss"):
        trained(Walk(valid=[float("nan")] * 5))


def test_patience_ends_the_training_so_many_epochs_after_the_best() -> None:
    valid = [0.5, 0.2, 0.3, 0.4, 0.3, 0.1, 0.1]
    assert len(trained(Walk(valid=valid), Recipe(epochs=7, patience=3)).history) == 5
    assert len(trained(Walk(valid=valid), Recipe(epochs=7, patience=4)).history) == 7
    assert len(trained(Walk(valid=valid), Recipe(epochs=7)).history) == 7


def test_only_the_epochs_that_the_recipe_names_are_validated_and_may_be_kept() -> None:
    task = Walk(valid=[0.0, 0.0, 0.0, 0.3, 0.0, 0.2, 0.0, 0.4])
    result = trained(task, Recipe(epochs=7, validate_every=2, first_selected=4))
    assert task.validated == [4, 6, 7]
    assert result.best_epoch == 7
    assert ["valid_loss" in numbers for numbers in result.history] == [False, False, False, True, False, True, True]


def test_the_history_has_a_row_an_epoch(tmp_path: Path) -> None:
    result = trained(Walk(), Recipe(epochs=3, validate_every=3), history=tmp_path / "history.csv")
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [row["train_loss"] for row in rows] == [f"{numbers['train_loss']:.6g}" for numbers in result.history]
    assert [bool(row["valid_loss"]) for row in rows] == [False, False, True]


def test_progress_tells_loss_score_the_best_epoch_and_the_time_left() -> None:
    told: list[str] = []
    trained(Walk(valid=[0.5, 0.25, 0.3], train=[0.3, 0.2, 0.125]), Recipe(epochs=3, select_on="r2"), told)
    assert told[1].startswith(
        "epoch 2/3, train loss 0.20000, valid loss 0.25000, valid r2 0.75000 (best), 0 s, at most"
    )
    assert told[1].endswith("min left") and "(best)" not in told[2]


def test_a_finished_training_is_taken_from_its_checkpoint(tmp_path: Path) -> None:
    kept = {"checkpoint": tmp_path / FILE, "key": "a"}
    first, task, told = trained(Walk(), **kept), Walk(), []
    again = trained(task, told=told, **kept)
    assert told == ["resumed after epoch 5"] and not task.validated
    assert (again.history, again.chosen) == (first.history, first.chosen)
    np.testing.assert_array_equal(task.weight, first.best_weights["w"])


def test_a_training_resumes_where_it_was_with_all_that_it_needs(tmp_path: Path) -> None:
    kept, told = {"checkpoint": tmp_path / FILE, "history": tmp_path / "history.csv", "key": "a"}, []
    trained(Walk(), Recipe(epochs=2), **kept)
    resumed, whole = trained(Walk(), told=told, **kept), trained(Walk())
    assert told[0] == "resumed after epoch 2" and len(told) == 4
    assert (resumed.history, resumed.chosen) == (whole.history, whole.chosen)
    np.testing.assert_array_equal(resumed.best_weights["w"], whole.best_weights["w"])


def test_the_best_epoch_before_a_break_stays_the_best(tmp_path: Path) -> None:
    kept, task = {"checkpoint": tmp_path / FILE}, Walk(valid=[0.5, 0.1, 0.4, 0.4, 0.4])
    trained(Walk(valid=[0.5, 0.1, 0.4]), Recipe(epochs=3), **kept)
    assert trained(task, **kept).best_epoch == 2
    np.testing.assert_array_equal(task.weight, weight_after(2))


def test_a_checkpoint_of_another_key_is_not_resumed(tmp_path: Path) -> None:
    told: list[str] = []
    trained(Walk(), checkpoint=tmp_path / FILE, key="a")
    assert len(trained(Walk(), told=told, checkpoint=tmp_path / FILE, key="b").history) == 5
    assert "other settings, data or code" in told[0] and told[1].startswith("epoch 1/5")


@pytest.mark.parametrize("keep", [0, 5, 200, -1], ids=["empty", "five bytes", "cut in the header", "a byte short"])
def test_a_truncated_checkpoint_is_not_resumed_and_said_in_one_line(keep: int, tmp_path: Path) -> None:
    trained(Walk(), checkpoint=tmp_path / FILE)
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes()[:keep])
    told: list[str] = []
    result = trained(Walk(), told=told, checkpoint=tmp_path / FILE)
    assert "cannot be read as a checkpoint" in told[0] and "\n" not in told[0]
    assert result.history == trained(Walk()).history


def test_a_file_of_something_else_is_not_resumed(tmp_path: Path) -> None:
    from percepiano_core.training.named_arrays import write_arrays

    write_arrays(tmp_path / FILE, {"a": np.ones(1)}, {"module": "han"})
    told: list[str] = []
    assert len(trained(Walk(), told=told, checkpoint=tmp_path / FILE).history) == 5
    assert "cannot be read as a checkpoint" in told[0]


def test_no_two_epochs_of_any_seed_share_their_random_numbers() -> None:
    seeds = [epoch_seed(seed, epoch) for seed in range(5) for epoch in range(200)]
    assert len(set(seeds)) == len(seeds)


def test_a_part_of_a_run_keeps_its_files_beside_and_all_checkpoints_go_in_the_end(tmp_path: Path) -> None:
    run = TrainingRun(tmp_path / FILE, tmp_path / "history.csv", report=lambda line: None)
    part = run.part("masked_notes")
    assert (part.checkpoint, part.history) == (
        tmp_path / "masked_notes_checkpoint.safetensors",
        tmp_path / "masked_notes_history.csv",
    )
    for each in (run, part):
        each.train(Walk(), FIVE)
    forget_checkpoints(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.csv", "masked_notes_history.csv"]
    assert TrainingRun().part("a") == TrainingRun()


RUN = """
import sys, time
from pathlib import Path
from numpy_task import Walk
from percepiano_core.training.loop import train
from percepiano_core.training.recipe import Recipe
class Slow(Walk):
    def epoch(self, number):
        time.sleep(0.2)
        return super().epoch(number)
folder, task = Path(sys.argv[1]), Slow()
told = lambda line: print(line, flush=True)
train(task, Recipe(epochs=6), checkpoint=folder / "c", history=folder / "h", report=told)
(folder / "end").write_bytes(task.weight.tobytes())
"""


def test_killed_and_resumed_gives_the_same_weights_and_history(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run_to_the_end(RUN, whole)
    run_until_killed(RUN, killed, "epoch 3", seconds=0.1)
    assert not (killed / "end").exists()
    assert run_to_the_end(RUN, killed).startswith("resumed after epoch 3")
    for name in ("end", "h"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
