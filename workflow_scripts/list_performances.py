"""Write the list of performances, and what is wrong with the corpus's files."""

from pathlib import Path

from percepiano_core.corpus.manifest import write_manifest
from percepiano_core.corpus.readers import survey
from percepiano_core.job import logged
from percepiano_core.quality import write_quality

with logged(snakemake.log[0]):
    root = Path(snakemake.params.root)
    performances, lines = survey(snakemake.params.reader, root)
    write_manifest(snakemake.output.table, performances)
    write_quality(snakemake.output.quality, lines)
    print(f"{len(performances)} performances, {len(lines)} quality lines")
