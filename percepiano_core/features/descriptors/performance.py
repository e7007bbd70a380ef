"""All descriptor sets of one performance, under the column names of the table."""

from __future__ import annotations

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.features.descriptors.aligned import aligned_descriptors
from percepiano_core.features.descriptors.raw import raw_descriptors
from percepiano_core.features.descriptors.table import in_set
from percepiano_core.features.descriptors.tonality import tonal_descriptors


def performance_descriptors(performed: PerformedMidi, alignment: Alignment | None) -> dict[str, float]:
    """Columns of the sets `raw`, `tonal` and, if there is an alignment, `aligned`."""
    without_score = in_set("raw", raw_descriptors(performed)) | in_set("tonal", tonal_descriptors(performed))
    if alignment is None:
        return without_score
    return without_score | in_set("aligned", aligned_descriptors(alignment, performed))
