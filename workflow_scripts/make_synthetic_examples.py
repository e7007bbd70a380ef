"""Inputs and labels of a piece of the synthetic corpus, one example a simulated pianist."""

from percepiano_core.corpus.readers import survey
from percepiano_core.dynamics.examples import write_examples
from percepiano_core.dynamics.synthetic_examples import synthetic_examples
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    performances, _ = survey("manifest", snakemake.params.root)
    examples = list(synthetic_examples(snakemake.params.root, snakemake.wildcards.piece, performances))
    write_examples(snakemake.output.store, examples)
    print(f"{len(examples)} examples, {sum(each.duration for each in examples):.0f} s")
