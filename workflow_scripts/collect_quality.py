"""Join what every stage found wrong with single files into one list."""

from percepiano_core.job import logged
from percepiano_core.quality import read_quality, write_quality

with logged(snakemake.log[0]):
    lines = {line for path in snakemake.input for line in read_quality(path)}
    write_quality(snakemake.output[0], lines)
    print(f"{len(lines)} quality lines")
