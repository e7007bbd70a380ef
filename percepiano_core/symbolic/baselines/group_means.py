"""Mean ratings of groups of performances, with a fall-back for groups that were never seen."""

from __future__ import annotations

import numpy as np


def group_means(train_groups: np.ndarray, labels: np.ndarray, groups: np.ndarray, fallback: np.ndarray) -> np.ndarray:
    """Mean of labels [n, k] over the train rows of each group [m]; `fallback` [m, k] where there are none."""
    names, index = np.unique(train_groups, return_inverse=True)
    counts = np.bincount(index, minlength=len(names))
    sums = np.zeros((len(names), labels.shape[1]))
    np.add.at(sums, index, labels)
    place = np.minimum(np.searchsorted(names, groups), len(names) - 1)
    known = names[place] == groups
    return np.where(known[:, None], (sums / counts[:, None])[place], fallback)


def work_means(train_works: np.ndarray, labels: np.ndarray, works: np.ndarray) -> np.ndarray:
    """Mean of labels [n, k] over the work's train rows, over all train rows for a work that has none; [m, k]."""
    overall = np.repeat(labels.mean(axis=0, keepdims=True), len(works), axis=0)
    return group_means(train_works, labels, works, overall)
