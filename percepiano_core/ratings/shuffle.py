"""Labels dealt out at random: a control. On them no model can do better than the mean, whatever the split."""

from __future__ import annotations

import numpy as np

from percepiano_core.ratings.labels import Labels


def shuffled(labels: Labels, random: np.random.Generator) -> Labels:
    """The same label rows, dealt to the performances anew; order of performances and all distributions stay."""
    rows = random.permutation(len(labels.performances))
    return Labels(labels.performances, labels.n_raters[rows], labels.mean[rows], labels.std[rows])
