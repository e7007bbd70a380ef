"""Listen to a folder of recordings with a trained network; predictions to be scored where beats are annotated."""

from pathlib import Path

from percepiano_core.dynamics.listen.folder import listen_to_folder, predict_annotated
from percepiano_core.dynamics.listen.heard_tables import write_beats
from percepiano_core.dynamics.network.weights import load_network, read_about
from percepiano_core.dynamics.predictions.predictions import write_run
from percepiano_core.job import logged
from percepiano_core.plan.job import job_of
from percepiano_core.quality import write_quality

with logged(snakemake.log[0]):
    params, outputs, given = snakemake.params, snakemake.output, dict(snakemake.input.items())
    root, folder = Path(params.root), Path(outputs.heard)
    folder.mkdir(parents=True, exist_ok=True)
    network, about = load_network(given["weights"]), read_about(given["weights"])
    lines = listen_to_folder(network, about, root, lambda name, heard: write_beats(folder / f"{name}.csv", heard))
    said, unscored = predict_annotated(network, about, root, params.protocol)
    write_quality(outputs.quality, [*lines, *unscored])
    job = job_of(params.job, given, outputs.run[-1:])
    for fold, run in job.folders.items():  # none where no recording is annotated
        write_run(run, said, said, job.finished(fold, chosen={"threshold": about["threshold"]}))
