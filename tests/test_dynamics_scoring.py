"""Metrics in both modes: what they are by definition, and the floors that were measured on the real labels."""

from __future__ import annotations

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.corpus.mazurkabl import UNRELIABLE, Mazurka
from percepiano_core.dynamics.examples.labels import BeatLabels, beat_labels
from percepiano_core.dynamics.predictions.scoring import (
    ScoredRecording,
    as_published_scores,
    choose_threshold,
    per_recording_scores,
)
from percepiano_core.metrics.levels_and_beats import (
    CLASSES,
    Counts,
    best_threshold,
    change_point_counts,
    event_counts,
    level_f1,
    published_event_counts,
)
from percepiano_core.sound.frame_grid import event_frames, frame_count
from percepiano_core.splits.piece_folds import FOLDS, read_blocks

times = st.lists(st.integers(0, 400), max_size=25, unique=True).map(lambda frames: np.sort(frames) / 50)


@given(reference=times, estimated=times)
def test_beat_f1_is_that_of_mir_eval(reference: np.ndarray, estimated: np.ndarray) -> None:
    expected = mir_eval.beat.f_measure(reference, estimated) if len(reference) and len(estimated) else 0
    assert event_counts(reference, estimated).f1 == pytest.approx(expected)


@given(reference=times, estimated=times)
def test_published_matching_counts_every_event_once(reference: np.ndarray, estimated: np.ndarray) -> None:
    counts = published_event_counts(reference, estimated)
    assert counts.hits + counts.false == len(estimated)
    assert counts.hits + counts.missed == len(reference)


def test_the_published_tolerance_is_four_frames() -> None:
    assert published_event_counts(np.array([1.0]), np.array([1.08])).hits == 1
    assert published_event_counts(np.array([1.0]), np.array([1.10])).hits == 0
    assert event_counts(np.array([1.0]), np.array([1.08])).hits == 0


@given(reference=times, estimated=times)
def test_published_matching_finds_as_many_as_the_best(reference: np.ndarray, estimated: np.ndarray) -> None:
    best = mir_eval.util.match_events(reference, estimated, 0.081) if len(reference) and len(estimated) else []
    assert published_event_counts(reference, estimated).hits == len(best)


def test_a_predicted_blank_is_wrong_and_weighs_nothing() -> None:
    target, predicted = np.array([1, 1, 2, 2]), np.array([1, 0, 2, 2])
    assert level_f1(target, predicted, "weighted") == pytest.approx((2 / 3 + 1) / 2)
    assert level_f1(target, predicted, "macro") == pytest.approx((2 / 3 + 1) / 5)


def test_change_points_without_the_first_beat() -> None:
    target, predicted = np.array([1, 0, 1, 0], dtype=bool), np.array([1, 1, 1, 0], dtype=bool)
    assert change_point_counts(target, predicted) == Counts(2, 1, 0)
    assert change_point_counts(target, predicted, first_beat=False) == Counts(1, 1, 0)


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=30))
def test_the_best_threshold_beats_every_other(pairs: list[tuple[int, bool]]) -> None:
    evidence, target = np.array([p[0] for p in pairs], dtype=float), np.array([p[1] for p in pairs])
    if not target.any():
        with pytest.raises(ValueError, match="no change point"):
            best_threshold(evidence, target)
        return
    chosen = change_point_counts(target, evidence >= best_threshold(evidence, target)).f1
    assert chosen == max(change_point_counts(target, evidence >= value).f1 for value in evidence)


def recording(beats: int = 40, shift: float = 0.0, sign: float = 1.0) -> ScoredRecording:
    """A recording of a beat each half second, and logits that say the truth, `shift` seconds late."""
    beat_times = 0.5 + 0.5 * np.arange(beats)
    level = np.where(np.arange(beats) < beats // 2, CLASSES["p"], CLASSES["f"])
    index = np.arange(beats)
    labels = BeatLabels(level, np.isin(index, [0, beats // 2]), index % 3 == 0, index % 3 == 0)
    frames = frame_count(0.5 * beats + 1)
    logits = {"dynamic": np.zeros((frames, 6))}
    logits["dynamic"][event_frames(beat_times), level] = 5
    for task, chosen in (
        ("beat", beat_times > 0),
        ("downbeat", labels.downbeat),
        ("change_point", labels.change_point),
    ):
        logits[task] = np.full((frames, 1), -5.0)
        logits[task][event_frames(beat_times[chosen] + shift)] = 5 * sign
    return ScoredRecording(beat_times, labels, logits)


def test_a_perfect_network_scores_one_per_recording() -> None:
    scores = per_recording_scores([recording(40), recording(55)])
    assert scores.pop("dynamic_macro") == pytest.approx(2 / 5)  # three of five levels are not there
    assert set(scores.values()) == {1.0}
    assert len(scores) == 9


def test_a_change_point_at_the_first_beat_counts_in_one_score_and_not_in_the_other() -> None:
    """The recording changes at its first beat and in its middle; the network says the first alone."""
    first_alone = recording(40)
    first_alone.logits["change_point"][event_frames(first_alone.beat_times[1:])] = -5
    scores = per_recording_scores([first_alone])
    assert scores["change_point"] == pytest.approx(2 / 3)
    assert scores["change_point_after_beat_1"] == 0


def test_negative_change_points_score_zero_per_recording_but_not_as_published() -> None:
    silent = [recording(40, sign=-1), recording(55, sign=-1)]
    assert per_recording_scores(silent)["change_point"] == 0
    assert (
        as_published_scores(silent)["change_point"] > 0
    )  # padding fires at the last beat of the shorter and the first after


def test_a_network_80_ms_late_is_right_as_published_and_wrong_per_recording() -> None:
    late = [recording(40, shift=0.08)]
    assert as_published_scores(late)["beat"] == 1
    assert per_recording_scores(late)["beat"] == 0


def test_a_single_task_network_is_scored_on_its_task_alone() -> None:
    whole = recording()
    alone = ScoredRecording(whole.beat_times, whole.labels, {"downbeat": whole.logits["downbeat"]})
    assert per_recording_scores([alone]) == {"downbeat": 1, "downbeat_trimmed": 1, "downbeat_pooled": 1}
    assert as_published_scores([alone]) == {"downbeat": 1}


def test_the_threshold_is_chosen_by_the_recordings_given() -> None:
    raised = recording()
    raised.logits["change_point"][:] -= 20
    assert per_recording_scores([raised])["change_point"] == 0
    assert per_recording_scores([raised], choose_threshold([raised]))["change_point"] == 1


# --- on the real labels: floors and padding of docs/dynamics.md ---


@pytest.fixture(scope="module")
def blocks(marked_mazurkas: list[Mazurka]) -> list[list[Mazurka]]:
    return [[mazurka for mazurka in marked_mazurkas if read_blocks()[mazurka.name] == block] for block in range(FOLDS)]


def percents(values: list[float]) -> list[float]:
    return [round(100 * value, 1) for value in values]


def test_floors_of_dynamics_are_the_measured_ones(blocks: list[list[Mazurka]]) -> None:
    weighted, macro = [], []
    for block in blocks:
        level = np.concatenate([np.tile(beat_labels(m).level, len(m.beats.columns)) for m in block])
        always = np.full_like(level, CLASSES["p"])
        weighted.append(level_f1(level, always, "weighted"))
        macro.append(level_f1(level, always, "macro"))
    assert percents(weighted) == [43.6, 36.3, 68.8, 18.6, 37.4]
    assert round(100 * np.mean(macro), 1) == 14.1


@pytest.mark.parametrize(
    "step, first_beat, floors",
    [
        (1, True, [6.0, 6.3, 4.2, 3.3, 7.4]),
        (None, True, [9.6, 10.0, 22.2, 21.1, 15.0]),
        (24, True, [16.8, 12.5, 24.4, 10.7, 25.7]),
        (24, False, [13.2, 8.3, 17.6, 4.2, 19.6]),
        (1, False, [5.7, 6.0, 3.7, 2.9, 6.8]),
    ],
)
def test_floors_of_change_points_are_the_measured_ones(
    blocks: list[list[Mazurka]], step: int | None, first_beat: bool, floors: list[float]
) -> None:
    found = []
    for block in blocks:
        counts = Counts()
        for mazurka in block:
            target = beat_labels(mazurka).change_point
            predicted = np.zeros_like(target)
            predicted[:: step or len(target)] = True
            for _ in mazurka.beats.columns:
                counts += change_point_counts(target, predicted, first_beat)
        found.append(counts.f1)
    assert percents(found) == floors


def test_padding_alone_scores_what_was_measured_on_the_published_fold(
    durations: dict[str, float], blocks: list[list[Mazurka]]
) -> None:
    silent, perfect = [], []
    for mazurka in blocks[0]:
        labels = beat_labels(mazurka)
        for pid, beat_times in mazurka.beats.columns.items():
            if pid in UNRELIABLE.get(mazurka.name, ()):
                continue
            frames = frame_count(durations[f"{mazurka.name}/{pid}"])
            logits = np.full((frames, 1), -1.0)
            silent.append(ScoredRecording(beat_times, labels, {"change_point": logits}))
            known = logits.copy()
            known[event_frames(beat_times[labels.change_point])] = 1
            perfect.append(ScoredRecording(beat_times, labels, {"change_point": known}))
    assert 100 * as_published_scores(silent)["change_point"] == pytest.approx(8.92, abs=0.02)
    assert 100 * as_published_scores(perfect)["change_point"] == pytest.approx(94.61, abs=0.02)
    assert per_recording_scores(silent)["change_point"] == 0
    assert per_recording_scores(perfect)["change_point"] == 1
