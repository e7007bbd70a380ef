"""Draw how the networks were trained, from the histories of all their runs."""

from pathlib import Path

from percepiano_core.evaluation.learning.histories import read_histories
from percepiano_core.evaluation.learning.learning_curves import draw_diagnostics, draw_learning_curves
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    # Beside the history of a training lie those of what came before it, as masked_notes_history.csv.
    paths = [path for given in snakemake.input.histories for path in sorted(Path(given).parent.glob("*history.csv"))]
    histories = read_histories(paths)
    titles, synthetic = snakemake.params.titles, snakemake.params.synthetic
    draw_learning_curves(histories, titles, snakemake.output.curves, synthetic)
    draw_diagnostics(histories, titles, snakemake.output.diagnostics, synthetic)
    print(f"{len(paths)} trainings, {len(histories)} epochs")
