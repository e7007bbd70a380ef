"""Statistics of the spectrograms of all performances on an instrument, one row a performance."""

from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.front_ends import front_end
from percepiano_core.audio.mel_cache.mel_statistics import statistic_names, statistics_of
from percepiano_core.job import logged
from percepiano_core.table_io import write_rows

with logged(snakemake.log[0]):
    names, matrix = statistics_of(MelCache(snakemake.input.shards, front_end(snakemake.wildcards.front_end)))
    rows = (
        [name, *(f"{value:.6g}" for value in row)] for name, row in sorted(zip(names, matrix.tolist(), strict=True))
    )
    write_rows(snakemake.output[0], ["performance", *statistic_names()], rows)
    print(f"{len(names)} performances")
