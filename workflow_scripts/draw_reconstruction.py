"""Draw what a pre-trained encoder of spectrograms sees of clips, and what it draws in place of the rest."""

from percepiano_core.audio.ssast.reconstruction import draw_reconstruction, reconstructed
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    found = reconstructed(snakemake.input.weights, list(snakemake.input.mel))
    draw_reconstruction(found, snakemake.output[0])
    print(f"{len(found.names)} clips, mean squared error {found.error.mean():.3f}")
