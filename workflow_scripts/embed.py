"""Vectors of all performances by a frozen encoder, one row a performance; what cannot be used is listed."""

from pathlib import Path

from percepiano_core.job import logged
from percepiano_core.quality import write_quality
from percepiano_core.store.vectors import vectors_of, write_vectors
from percepiano_core.training.chosen_module import chosen_module

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    if params.module:
        module = chosen_module("percepiano_core", params.module, "embed", "embedding")
        vectors, lines = module.embed(list(given.mel), params.settings), []
    else:
        vectors, lines = vectors_of(dict(zip(params.own, map(Path, given.vectors), strict=True)))
    write_vectors(snakemake.output.table, vectors)
    write_quality(snakemake.output.quality, lines)
    print(f"{len(vectors)} performances, {len(lines)} lines of quality")
