"""Hash every file of the corpus, note what it holds, and list what is irregular about it."""

from pathlib import Path

from percepiano_core.corpus.content import write_content
from percepiano_core.corpus.irregularities import find_irregularities, write_irregularities
from percepiano_core.corpus.manifest import corpus_hash, with_hashes, write_manifest
from percepiano_core.corpus.readers import list_performances, ratings_path
from percepiano_core.files import write_text
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    root = Path(snakemake.params.root)
    reader = snakemake.params.reader
    performances = with_hashes(list_performances(reader, root), root)
    write_manifest(snakemake.output.table, performances)
    write_content(snakemake.output.content, performances, root)
    write_irregularities(snakemake.output.irregularities, find_irregularities(reader, performances, root))
    write_text(snakemake.output.corpus_hash, corpus_hash(performances, ratings_path(reader, root)) + "\n")
