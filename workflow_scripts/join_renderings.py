"""Join the tables of the jobs that rendered a corpus."""

from percepiano_core.job import logged
from percepiano_core.sound.renderings import read_renderings, write_renderings

with logged(snakemake.log[0]):
    rendered = [each for path in snakemake.input for each in read_renderings(path)]
    write_renderings(snakemake.output[0], rendered)
    print(f"{len(rendered)} files, {sum(each.seconds for each in rendered):.0f} s of sound")
