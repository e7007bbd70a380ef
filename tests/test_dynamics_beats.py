"""Models of beats: their features, what they learn, and baselines that learn nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dynamics_cases import pieces, recording

from percepiano_core.dynamics.beat_models import baselines, beat_models
from percepiano_core.dynamics.beat_models.beat_features import PLACES, beat_features
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import Fitted, Roles, every_nth_of_each_group, load_model, make_roles
from percepiano_core.errors import DataError, UserError
from percepiano_core.metrics.levels_and_beats import level_f1
from percepiano_core.splits.piece_folds import make_split

SMALL = {"recordings": 1, "level_beats": 20, "change_point_beats": 20, "features_a_split": 1.0}
BLOCKS = {f"p{i}": i % 5 for i in range(10)}


def described(example: Example, loudness: np.ndarray | None = None) -> dict[str, np.ndarray]:
    return beat_features(
        example.inputs["curves8"][0] if loudness is None else loudness, example.beat_times, example.labels.downbeat
    )


def fitted(
    found: list[Example], settings: dict, module: object = beat_models, kind: str | None = "curves8"
) -> tuple[Roles, Fitted]:
    roles = make_roles(found, make_split("T1", found, BLOCKS, [0]).folds["0"])
    return roles, module.prepare(found, kind, settings)(roles, 0)


def weighted(role: list[Example], said: list) -> float:
    return level_f1(
        np.concatenate([each.labels.level for each in role]), np.concatenate([each.levels for each in said]), "weighted"
    )


def test_features_do_not_depend_on_the_level_of_the_recording() -> None:
    one = recording("p/r", "p")
    soft, loud = described(one), described(one, 40 * one.inputs["curves8"][0])
    assert set(PLACES) < set(soft)
    for name, values in soft.items():
        assert np.isfinite(values).all() and len(values) == 96
        assert loud[name] == pytest.approx(values, abs=0.05), name


def test_features_of_a_step() -> None:
    one = recording("p/r", "p", noise=0)
    frames = one.inputs["curves8"].shape[1]
    step = np.where(np.arange(frames) / 50 < one.beat_times[48] - 0.01, 1.0, 2.0)
    features = described(one, step)
    assert np.argmax(features["rank_change_8"]) == 48
    assert features["rank_before_8"][48] < 0.3 < 0.7 < features["rank_after_8"][48]
    assert features["beat_in_bar"][:6].tolist() == [0, 1, 2, 0, 1, 2]


def test_silence_and_broken_alignments_give_finite_features() -> None:
    one = recording("p/r", "p", beats=12)
    close = replace(one, beat_times=np.sort(np.r_[one.beat_times[:11], one.beat_times[10] + 1e-7]))
    for features in (described(one, np.zeros(one.inputs["curves8"].shape[1])), described(close)):
        assert all(np.isfinite(values).all() for values in features.values())


@pytest.mark.parametrize("levels", [["trees"], ["logistic"], ["trees", "logistic"]], ids="+".join)
def test_levels_and_changes_are_learned_where_loudness_follows_them(levels: list[str]) -> None:
    roles, said = fitted(pieces(10, 2), {**SMALL, "levels": levels})
    assert weighted(roles.test, said.test) > 0.5
    flags = np.concatenate([each.change_points for each in said.test])
    true = np.concatenate([each.labels.change_point for each in roles.test])
    assert (flags & true).sum() > 0.5 * true.sum()


def test_nothing_is_learned_from_labels_of_other_pieces() -> None:
    found = pieces(10, 2)
    rng = np.random.default_rng(0)
    shuffled = [replace(each, labels=replace(each.labels, level=rng.permutation(each.labels.level))) for each in found]
    roles, said = fitted(shuffled, SMALL)
    assert weighted(roles.test, said.test) < 0.35


def test_the_labels_of_the_test_role_change_no_prediction() -> None:
    found = pieces(10, 1)
    _, said = fitted(found, SMALL)
    lied = [
        replace(each, labels=replace(each.labels, level=np.full(96, 5), change_point=np.ones(96, dtype=bool)))
        if BLOCKS[each.group] == 0
        else each
        for each in found
    ]
    _, again = fitted(lied, SMALL)
    for first, second in zip(said.test, again.test, strict=True):
        assert np.array_equal(first.scores, second.scores)
        assert np.array_equal(first.change_points, second.change_points)


def test_rare_levels_are_said_more_often_when_balanced() -> None:
    found = pieces(10, 2, noise=0.8)
    said = {power: fitted(found, {**SMALL, "logit_adjustment": power})[1] for power in (0.0, 1.0)}
    counts = {p: np.bincount(np.concatenate([e.levels for e in f.test]), minlength=6)[1:] for p, f in said.items()}
    rarest = int(np.argmin(said[0.0].chosen["level_shares"]))
    assert counts[1.0][rarest] >= counts[0.0][rarest]


def test_a_train_role_without_a_level_or_a_change_is_learned_from() -> None:
    found = [
        replace(each, labels=replace(each.labels, level=np.full(96, 2), change_point=np.zeros(96, dtype=bool)))
        if BLOCKS[each.group] > 1
        else each
        for each in pieces(10, 1)
    ]
    _, said = fitted(found, SMALL)
    assert all((each.levels == 2).all() for each in said.test)


def test_baselines_say_what_they_are_named_after() -> None:
    found = pieces(10, 1)
    said = {
        name: fitted(found, {"baseline": name}, baselines, kind)[1].test[0]
        for name, kind in dict.fromkeys(("constant", "first_beat", "every_beat", "periodic"), None).items()
        | {"pelt": "curves8"}.items()
    }
    assert len(set(said["constant"].levels)) == 1 and said["constant"].change_points is None
    assert np.flatnonzero(said["first_beat"].change_points).tolist() == [0]
    assert said["every_beat"].change_points.all()
    assert np.flatnonzero(said["periodic"].change_points).tolist() == [0, 24, 48, 72]
    assert not said["pelt"].change_points[0]


def test_models_of_loudness_say_that_they_need_it() -> None:
    found = pieces(10, 1)
    for module, settings in (
        (baselines, {"baseline": "pelt"}),
        (baselines, {"baseline": "librosa"}),
        (beat_models, {}),
    ):
        with pytest.raises(UserError, match="needs the loudness of recordings; name an input for it"):
            fitted(found, settings, module, kind=None)


@pytest.mark.slow
def test_librosa_hears_beats_and_nothing_else() -> None:
    said = fitted(pieces(10, 1), {"baseline": "librosa"}, baselines)[1].test[0]
    assert len(said.events["beat"]) > 50 and set(said.events) == {"beat"}
    assert said.levels is None and said.change_points is None


def test_every_nth_recording_is_taken_piece_by_piece() -> None:
    kept = every_nth_of_each_group(pieces(2, 5), 3)
    assert [each.name for each in kept] == ["p0/r0", "p0/r3", "p1/r0", "p1/r3"]


def test_no_piece_is_in_two_roles_and_every_role_has_recordings() -> None:
    found = pieces(10, 2)
    split = make_split("T1", found, BLOCKS, range(5))
    for fold in split.folds.values():
        groups = [{name.split("/")[0] for name in role} for role in (fold.train, fold.valid, fold.test)]
        assert sum(map(len, groups)) == 10 and len(set.union(*groups)) == 10
    with pytest.raises(UserError, match="fold 3 has no recording in its valid role"):
        make_split("T1", found, {name: block % 4 for name, block in BLOCKS.items()}, [3])
    with pytest.raises(DataError, match="p9: is in no fold"):
        make_split("T1", found, {name: block for name, block in BLOCKS.items() if name != "p9"}, [0])


def test_doubtful_recordings_are_tested_but_not_trained_on() -> None:
    found = [replace(each, unreliable=each.name.endswith("r1")) for each in pieces(10, 2)]
    fold = make_split("T1", found, BLOCKS, [0]).folds["0"]
    assert not any(name.endswith("r1") for name in fold.train) and "p0/r1" in fold.test
    assert "p2/r1" in make_split("T1", found, BLOCKS, [0], leave_out_unreliable=False).folds["0"].train


def test_a_module_that_is_no_model_is_named() -> None:
    for module in ("dynamics.nothing", "dynamics.examples.labels"):
        with pytest.raises(UserError, match=f"model {module}"):
            load_model(module)
