"""Draw how the networks were trained, from the histories of all their runs."""

from percepiano_core.evaluation.learning.histories import read_histories
from percepiano_core.evaluation.learning.learning_curves import draw_diagnostics, draw_learning_curves
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    histories = read_histories(snakemake.input.histories)
    titles, synthetic = snakemake.params.titles, snakemake.params.synthetic
    draw_learning_curves(histories, titles, snakemake.output.curves, synthetic)
    draw_diagnostics(histories, titles, snakemake.output.diagnostics, synthetic)
    print(f"{len(snakemake.input.histories)} runs, {len(histories)} epochs")
