"""What is scored together, and how the scores of folds, draws and seeds become one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluation_cases import FOLDS, blocks, cohort, predictions, targets
from sklearn.metrics import r2_score

from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.scores import score_split
from percepiano_core.evaluation.ratings.test_sets import scored_test_sets, split_family
from percepiano_core.metrics.ratings import within_segment_r_per_dimension


def fold_r2(split: str, fold: str, seed: int = 0) -> float:
    names = FOLDS[split][fold]
    return r2_score(targets(names), predictions("ridge", names, seed, fold))


def test_fold_models_on_a_fixed_test_set_are_averaged() -> None:
    scores = score_split(blocks("ridge", ["performer"]), cohort())
    folds = [fold_r2("performer", fold) for fold in "0123"]
    assert scores.reported.r2.mean() == pytest.approx(np.mean(folds))
    assert scores.r2_sd == pytest.approx(np.std(folds))
    assert (scores.n_folds, scores.n_seeds, scores.n_test) == (4, 1, 12)


def test_out_of_fold_predictions_are_pooled_and_scored_once() -> None:
    found = score_split(blocks("ridge", ["work"]), cohort())
    names = [name for fold in FOLDS["work"].values() for name in fold]
    joined = np.concatenate([predictions("ridge", members, 0, fold) for fold, members in FOLDS["work"].items()])
    folds = [fold_r2("work", fold) for fold in "ab"]
    assert found.reported.r2.mean() == pytest.approx(r2_score(targets(names), joined))
    assert found.reported.r2.mean() != pytest.approx(np.mean(folds), abs=1e-4)
    assert found.by_fold["work", "a"].r2.mean() == pytest.approx(folds[0])
    assert (found.n_folds, found.n_test) == (2, 24)


def test_draws_are_averaged_and_their_spread_is_the_sd() -> None:
    found = score_split(blocks("ridge", ["segment_seed42", "segment_seed43"]), cohort())
    draws = [np.mean([fold_r2(split, fold) for fold in "01"]) for split in ("segment_seed42", "segment_seed43")]
    assert found.reported.r2.mean() == pytest.approx(np.mean(draws))
    assert found.r2_sd == pytest.approx(np.std(draws))
    assert (found.n_folds, found.n_test) == (4, 10)  # test sets of 12 and 8


@pytest.mark.parametrize("split", ["performer", "work"])
def test_seeds_are_averaged(split: str) -> None:
    alone = [score_split(blocks("ridge", [split], seeds=[seed]), cohort()).reported for seed in (1, 2)]
    both = score_split(blocks("ridge", [split], seeds=[1, 2]), cohort())
    for name in ("r2", "r2_humans", "mse", "pearson", "within_segment_r", "ceiling"):
        mean = np.mean([getattr(each, name) for each in alone], axis=0)
        np.testing.assert_allclose(getattr(both.reported, name), mean, atol=1e-12)
    assert both.n_seeds == 2


def test_the_humans_score_leaves_deadpan_performances_out() -> None:
    found = score_split(blocks("ridge", ["work"]), cohort())
    names = [name for fold in FOLDS["work"].values() for name in fold]
    joined = np.concatenate([predictions("ridge", members, 0, fold) for fold, members in FOLDS["work"].items()])
    human = ["Score" not in name for name in names]
    assert found.reported.r2_humans.mean() == pytest.approx(r2_score(targets(names)[human], joined[human]))


def test_within_segment_r_is_the_mean_over_folds_of_people_alone() -> None:
    found = score_split(blocks("ridge", ["work"]), cohort())
    folds = []
    for fold, members in FOLDS["work"].items():
        names = [name for name in members if "Score" not in name]
        values = predictions("ridge", members, 0, fold)[["Score" not in name for name in members]]
        segments = np.array([name.split("_")[-1] for name in names])
        folds.append(within_segment_r_per_dimension(targets(names), values, segments))
    np.testing.assert_allclose(found.reported.within_segment_r, np.mean(folds, axis=0))


def test_a_test_set_without_people_has_no_human_scores() -> None:
    block = blocks("ridge", ["work"])[0]
    rows = [i for i, name in enumerate(block.performances) if "Score" in name]
    deadpan = replace(
        block,
        performances=tuple(block.performances[i] for i in rows),
        targets=block.targets[rows],
        predictions=block.predictions[rows],
    )
    found = score_split([deadpan], cohort()).reported
    assert np.isnan(found.r2_humans).all()
    assert np.isnan(found.within_segment_r).all()
    assert np.isfinite(found.r2).all()


def test_one_fold_has_no_spread() -> None:
    assert np.isnan(score_split(blocks("ridge", ["work"])[:1], cohort()).r2_sd)


def test_the_order_of_runs_does_not_matter() -> None:
    given = blocks("ridge", ["segment_seed42", "segment_seed43"], seeds=[0, 1])
    first, second = score_split(given, cohort()), score_split(given[::-1], cohort())
    np.testing.assert_allclose(first.reported.r2, second.reported.r2, rtol=1e-12)
    assert list(first.by_fold) == list(second.by_fold)


def test_folds_that_overlap_in_part_are_refused() -> None:
    first, second = blocks("ridge", ["work"])
    overlapping = replace(second, performances=(first.performances[0], *second.performances[1:]))
    with pytest.raises(UserError, match="in common, but not all"):
        scored_test_sets([first, overlapping], cohort())


def test_an_unfinished_seed_is_refused() -> None:
    whole = blocks("ridge", ["work"], seeds=[0, 1])
    with pytest.raises(UserError, match="seeds that test different performances"):
        scored_test_sets(whole[:-1], cohort())


def test_folds_with_different_labels_are_refused() -> None:
    first, *rest = blocks("ridge", ["performer"])
    with pytest.raises(UserError, match="different labels"):
        scored_test_sets([replace(first, targets=first.targets + 0.1), *rest], cohort())


def test_a_performance_that_the_manifest_lacks_is_named() -> None:
    first = blocks("ridge", ["performer"])[0]
    unknown = replace(first, performances=("nobody_plays", *first.performances[1:]))
    with pytest.raises(UserError, match="nobody_plays: has predictions but is not in the manifest"):
        scored_test_sets([unknown], cohort())


def test_a_draw_belongs_to_its_split() -> None:
    assert split_family("segment_seed42") == "segment"
    assert split_family("segment_clean") == "segment_clean"
