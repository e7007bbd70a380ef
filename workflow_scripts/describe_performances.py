"""One vector of descriptors a performance, for the whole corpus."""

from percepiano_core.features.descriptors.table import write_descriptors
from percepiano_core.job import logged
from percepiano_core.perception.description import describe_segments
from percepiano_core.quality import write_quality

if __name__ == "__main__":  # the process pool imports this file again where processes are spawned
    with logged(snakemake.log[0]):
        rows, lines = describe_segments(snakemake.input.alignments, snakemake.threads)
        write_descriptors(snakemake.output.table, rows)
        write_quality(snakemake.output.quality, lines)
        print(f"{len(rows)} performances, {len(next(iter(rows.values()), {}))} descriptors each")
