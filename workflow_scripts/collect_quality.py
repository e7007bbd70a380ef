"""Join what every stage found wrong with single files into one list."""

from percepiano_core.job import logged
from percepiano_core.quality import collected, write_quality

with logged(snakemake.log[0]):
    lines = collected(snakemake.input)
    write_quality(snakemake.output[0], lines)
    print(f"{len(lines)} quality lines")
