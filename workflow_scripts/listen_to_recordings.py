"""Listen to a folder of recordings with a trained network; predictions to be scored where beats are annotated."""

from pathlib import Path

from percepiano_core.dynamics.examples.recordings_examples import annotated_pieces, recording_examples, sound_files
from percepiano_core.dynamics.listen.heard_tables import write_beats
from percepiano_core.dynamics.listen.listening import listen
from percepiano_core.dynamics.network.fold import predicted_by
from percepiano_core.dynamics.network.weights import load_network, read_about
from percepiano_core.dynamics.predictions.predictions import write_run
from percepiano_core.errors import DataError
from percepiano_core.job import logged
from percepiano_core.quality import from_error, write_quality

with logged(snakemake.log[0]):
    params, root = snakemake.params, Path(snakemake.params.root)
    network, about = load_network(snakemake.input.weights), read_about(snakemake.input.weights)
    unusable = []
    for name, path in sound_files(root).items():
        try:
            heard = listen(network, path, about["threshold"], about["input"])
        except DataError as error:
            unusable.append(from_error("dynamics", name, error, "is not listened to", root))
            continue
        write_beats(Path(snakemake.output.heard) / f"{name}.csv", heard)
        print(f"{name}: {len(heard.beats)} beats")
    pieces, said = annotated_pieces(root), []
    for piece in pieces:
        for each in recording_examples(root, piece, [about["input"]], params.protocol):
            if isinstance(each, DataError):
                unusable.append(from_error("dynamics", piece, each, "is not scored", root))
            else:
                said.append(predicted_by(network, each, about))
    write_quality(snakemake.output.quality, unusable)
    if pieces:
        run = {**params.info, "fold": 0, "chosen": {"threshold": about["threshold"]}}
        write_run(params.folder, said, said, run)
